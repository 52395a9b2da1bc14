"""The one call to WeasyPrint: a template and its data in, the bytes of a tagged PDF out.

The same data gives the same bytes: no clock enters (a document's date comes from its template's `dcterms.created`),
and nothing is fetched but our own static files. Drawing takes seconds, so it belongs in a job, never in a request;
the job sets the limits of time and memory.
"""

import io
import mimetypes
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation
from django.template.loader import render_to_string
from pypdf import PdfReader

from pocweb.glossary import used_in_html, without_hints

BASE_URL = "https://documents.invalid/"
"""Where documents pretend to live; the reserved top level `.invalid` (RFC 2606) can never be reached."""

FONT_EPOCH = "315532800"
"""1 January 1980: the moment written into embedded fonts where fontTools makes the subset."""

NAMED_SVG = re.compile(r'<svg\b[^>]*\saria-label="([^"]*)"[^>]*>')

_font_clock = threading.Lock()


class PdfError(Exception):
    """A document could not be drawn."""


class ForeignResourceError(PdfError):
    """A template asked for something that is not one of our own static files."""


def render_pdf(
    template_name: str, context: Mapping[str, Any], *, base: str | None = None, variant: str | None = "pdf/ua-1"
) -> bytes:
    """Return the PDF of a template drawn with `context`.

    `base` is the address that relative links start from; without one they start from `BASE_URL`. `variant` is a
    standard that WeasyPrint knows ("pdf/ua-1", "pdf/a-2u"), or None for a plain PDF. The acronyms that occur are
    explained at the end (CO-12), unless the context holds `acronyms`: such a document lists them itself.
    Raises ForeignResourceError when the document asks for anything but an existing static file of ours.
    """
    with without_hints():
        html = render_to_string(template_name, dict(context))
    return html_to_pdf(html if "acronyms" in context else with_acronyms(html), base=base, variant=variant)


def with_acronyms(html: str) -> str:
    """Return the document with a list of the acronyms that occur in it, before the end of its `main`."""
    found = used_in_html(html)
    body, end, rest = html.rpartition("</main>")
    if not found or not end:
        return html
    return f"{body}{render_to_string('pocweb/pdf/_acronyms.html', {'acronyms': found})}{end}{rest}"


def html_to_pdf(html: str, *, base: str | None = None, variant: str | None = "pdf/ua-1") -> bytes:
    """Return the PDF of finished HTML, under the same rules as `render_pdf`."""
    # Imported here: WeasyPrint takes half a second to load and web processes never draw.
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    from pocweb.pdf_fetcher import OwnFilesFetcher

    address = base or BASE_URL
    fetcher = OwnFilesFetcher(static_url=urljoin(address, settings.STATIC_URL))
    try:
        with _fixed_font_clock():
            pdf: bytes = HTML(string=name_drawings(html), base_url=address, url_fetcher=fetcher).write_pdf(
                pdf_variant=variant
            )
    except FatalURLFetchingError as error:
        raise ForeignResourceError(str(error)) from error
    return pdf


def name_drawings(html: str) -> str:
    """Return the HTML with each SVG's `aria-label` as its title too, where WeasyPrint looks for alternate text.

    Pages do without the title, which browsers show as a tooltip over the whole drawing.
    """
    return NAMED_SVG.sub(lambda found: f"{found.group()}<title>{found.group(1)}</title>", html)


def count_pages(pdf: bytes) -> int:
    """Return the number of pages of a PDF."""
    return len(PdfReader(io.BytesIO(pdf)).pages)


def open_static(url: str, *, static_url: str) -> tuple[bytes, str]:
    """Return the bytes and the media type of the static file of ours that `url` names.

    The source folders are tried first, then the collected files. Raises ForeignResourceError for every other address:
    another host, a file outside the static folders, a file that does not exist.
    """
    wanted, own = urlsplit(url), urlsplit(static_url)
    inside = (wanted.scheme, wanted.netloc) == (own.scheme, own.netloc) and wanted.path.startswith(own.path)
    name = unquote(wanted.path[len(own.path) :])
    if not inside or not name or ".." in PurePosixPath(name).parts:
        raise ForeignResourceError(f"A document may use our own static files only, not {url}")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    try:
        # Source folders first: names with a hash exist only among the collected files, plain names may be stale there.
        if found := finders.find(name):
            with open(found, "rb") as source:
                return source.read(), media_type
        if settings.STATIC_ROOT and staticfiles_storage.exists(name):
            with staticfiles_storage.open(name) as stored:
                return stored.read(), media_type
    except SuspiciousFileOperation as error:
        raise ForeignResourceError(f"A document may use our own static files only, not {url}") from error
    raise ForeignResourceError(f"There is no static file {name}")


@contextmanager
def _fixed_font_clock() -> Iterator[None]:
    """Hold the clock of fontTools, which writes the time into fonts where libharfbuzz-subset is not installed."""
    with _font_clock:
        before = os.environ.get("SOURCE_DATE_EPOCH")
        os.environ["SOURCE_DATE_EPOCH"] = FONT_EPOCH
        try:
            yield
        finally:
            if before is None:
                del os.environ["SOURCE_DATE_EPOCH"]
            else:
                os.environ["SOURCE_DATE_EPOCH"] = before
