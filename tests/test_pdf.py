"""The door to WeasyPrint: own files only, the same bytes for the same data, fonts of ours inside."""

import io
import os
import time
from collections.abc import Iterator

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from pocweb.pdf import BASE_URL, ForeignResourceError, count_pages, html_to_pdf, open_static

PAGE = '<!doctype html><html lang="en"><head><title>Paper</title>{head}</head><body>{body}</body></html>'
STATIC = f"{BASE_URL}static/"


def paper(*, head: str = "", body: str = "<p>Text</p>") -> str:
    """Return a small HTML document."""
    return PAGE.format(head=head, body=body)


def structure(part: DictionaryObject) -> Iterator[DictionaryObject]:
    """Yield each part of a tagged document, from the root down."""
    yield part
    children = part.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        found = child.get_object()
        if isinstance(found, DictionaryObject):
            yield from structure(found)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/logo.png",
        "http://localhost/static/css/print.css",
        "//example.org/static/css/print.css",
        "file:///etc/hostname",
        "data:image/png;base64,iVBORw0KGgo=",
        "/media/report.png",
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static/css/%2Fetc/hostname",
        "/static/",
        "/static/css/no-such-file.css",
    ],
)
@pytest.mark.parametrize("markup", ['<img src="{}" alt="">', '<link rel="stylesheet" href="{}">'])
def test_document_refuses_everything_but_own_static_files(address, markup):
    with pytest.raises(ForeignResourceError):
        html_to_pdf(paper(body=markup.format(address) + "<p>Text</p>"))


def test_style_sheets_refuse_foreign_files_too():
    html = paper(head="<style>@font-face{font-family:F;src:url(https://example.org/f.woff2)}p{font-family:F}</style>")
    with pytest.raises(ForeignResourceError, match=r"example\.org"):
        html_to_pdf(html)


def test_open_static_gives_bytes_and_media_type():
    body, media_type = open_static(f"{STATIC}css/print.css", static_url=STATIC)
    assert body.startswith(b"/* What all documents share")
    assert media_type == "text/css"


def test_document_embeds_our_own_fonts():
    html = paper(head='<link rel="stylesheet" href="/static/css/print.css">', body="<p>Text <b>bold</b> Łódź</p>")
    page = PdfReader(io.BytesIO(html_to_pdf(html))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    names = {font["/BaseFont"].split("+")[-1] for font in fonts}
    assert {name for name in names if "Plex" in name} == names
    assert len(names) >= 2
    assert "Łódź" in page.extract_text()


def test_count_pages_counts():
    assert count_pages(html_to_pdf(paper(body='<p>1</p><p style="break-before:page">2</p>'))) == 2


def test_document_is_tagged_for_accessibility():
    reader = PdfReader(io.BytesIO(html_to_pdf(paper())))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Paper"
    assert reader.metadata.creation_date is None


def test_drawing_in_a_document_has_alternate_text():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Killed &amp; injured: 3" width="9" height="9">'
    )
    html = paper(body=f'<p>Text</p>{svg}<rect width="9" height="9"/></svg>')
    reader = PdfReader(io.BytesIO(html_to_pdf(html)))
    figures = [part for part in structure(reader.trailer["/Root"]["/StructTreeRoot"]) if part.get("/S") == "/Figure"]
    assert [figure["/Alt"] for figure in figures] == ["Killed & injured: 3"]


@pytest.mark.parametrize("subsetter", ["harfbuzz", "fontTools"])
def test_same_html_gives_the_same_bytes_at_another_moment(subsetter, monkeypatch):
    if subsetter == "fontTools":
        monkeypatch.setattr("weasyprint.pdf.fonts.harfbuzz_subset", None)
    html = paper(head='<link rel="stylesheet" href="/static/css/print.css">')
    first = html_to_pdf(html)
    time.sleep(1.1)  # font tables count whole seconds
    assert html_to_pdf(html) == first


def test_drawing_leaves_the_environment_as_it_was(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "7")
    html_to_pdf(paper())
    assert os.environ["SOURCE_DATE_EPOCH"] == "7"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    html_to_pdf(paper())
    assert "SOURCE_DATE_EPOCH" not in os.environ
