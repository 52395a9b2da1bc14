"""What every request passes."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import brotli  # type: ignore[import-untyped]  # ships no types
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from pocweb.errors import RuleError
from pocweb.glossary import once_per_page


class RuleErrorMiddleware:
    """Show a refused rule that no form has caught as a page of its own, with the rule's status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RuleError):
            return None
        return render(request, "refused.html", {"error": exception}, status=exception.status)


class GlossaryMiddleware:
    """Explain each acronym once in a page, where it stands first (CO-12)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with once_per_page():
            return self.get_response(request)


class NullCharacterMiddleware:
    """Refuse addresses and forms that hold a null character: no person writes one, and PostgreSQL stores none.

    The API judges the bodies that it is sent by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.holds_null(request):
            return self.get_response(request)
        error = RuleError("null_character", _("The request holds a null character, which is no text. Remove it."))
        if request.path.startswith("/api/"):
            return JsonResponse({"code": error.code, "message": error.message}, status=error.status)
        return render(request, "refused.html", {"error": error}, status=error.status)

    @staticmethod
    def holds_null(request: HttpRequest) -> bool:
        """Say whether a name or value of the address or of the form holds one."""
        given = [request.GET] if request.path.startswith("/api/") else [request.GET, request.POST]
        return any("\0" in text for part in given for name, values in part.lists() for text in (name, *values))


class CompressionMiddleware(GZipMiddleware):
    """Compress pages with Brotli where the browser takes it, a seventh smaller than gzip in the same time.

    Fragments and everything else go on as Django's own middleware does it. As there, a stretch of random length makes
    the size of an answer no measure of what stands in it (the BREACH attack): here a comment at the end of the page.
    """

    QUALITY = 5
    TAKES_BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        takes_brotli = self.TAKES_BROTLI.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        if not takes_brotli or not _is_whole_page(response):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        padding = secrets.token_urlsafe(secrets.randbelow(self.max_random_bytes - 8)).encode()
        content = response.content + b"<!-- " + padding + b" -->"
        response.content = brotli.compress(content, mode=brotli.MODE_TEXT, quality=self.QUALITY)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = "br"
        if (etag := response.get("ETag")) and etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"
        return response


def _is_whole_page(response: Any) -> bool:
    """Say whether the answer is a page up to its end, not encoded yet."""
    if response.streaming or response.has_header("Content-Encoding"):
        return False
    return response.get("Content-Type", "").startswith("text/html") and response.content.rstrip().endswith(b"</html>")
