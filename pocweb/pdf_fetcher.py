"""The only door through which a document reaches a file; apart from `pdf`, so that WeasyPrint loads when drawing."""

from typing import Any

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from pocweb.pdf import ForeignResourceError, open_static


class OwnFilesFetcher(URLFetcher):
    """Serve our own static files from disk and stop the drawing at any other address."""

    def __init__(self, *, static_url: str) -> None:
        """Take `static_url`, the absolute address under which the static files stand."""
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self.static_url = static_url

    def fetch(self, url: str, headers: dict[str, Any] | None = None) -> URLFetcherResponse:
        """Return the file at `url`; raise FatalURLFetchingError for any other address."""
        try:
            body, media_type = open_static(url, static_url=self.static_url)
        except ForeignResourceError as error:
            raise FatalURLFetchingError(str(error)) from error
        return URLFetcherResponse(url, body=body, headers={"Content-Type": media_type})
