"""Asked of every page: it fits the window, axe finds nothing, it complains of nothing, it asks no other host."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Error, Page, Response

WIDTHS = (1280, 360)
HEIGHT = 800
axe = Axe()
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then(results => results.violations)"


class Witness:
    """Hears what a page complains of and whom it asks, from the moment that it is made."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.heard: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("response", self._response)

    def told(self) -> list[str]:
        """Return what was heard since the last time, and forget it."""
        heard, self.heard = self.heard, []
        return heard

    def _error(self, error: Error) -> None:
        self.heard.append(f"error: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"{message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        if not response.url.startswith((self.url, "data:")):
            self.heard.append(f"other host: {response.url}")
        elif response.status >= 400:
            self.heard.append(f"{response.status}: {response.url}")


def faults_of(page: Page) -> list[str]:
    """Return what is wrong with the page as it stands, on a desk and on a phone, one line per fault."""
    found: list[str] = []
    page.evaluate(axe.axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"at {width}: scrolls sideways, {wide} px wide")
        for fault in page.evaluate(VIOLATIONS):
            found.append(f"at {width}: {fault['id']}, {len(fault['nodes'])} times: {fault['nodes'][0]['html'][:300]}")
    return found
