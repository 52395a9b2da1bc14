"""People at the demo mission's pages: each has a browser context of their own, as on a machine of their own."""

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from pocweb.models import Person


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    """Sign a person in through the sign-in page, which leads to their desk."""
    page.goto(f"{url}/account/login/?next=/")
    page.fill("#id_login", username)
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


class Demo:
    """The demo mission on the server; `browser_of` gives a person's own browser."""

    def __init__(self, url: str, browser: Browser, context_args: dict[str, Any]) -> None:
        self.url = url
        self._browser, self._context_args = browser, context_args
        self._contexts: list[BrowserContext] = []

    def browser_of(self, username: str | None, **context_args: Any) -> Page:
        """Return an empty page in a new context, with a session of the person where one is named."""
        context = self._browser.new_context(base_url=self.url, **(self._context_args | context_args))
        self._contexts.append(context)
        if username is not None:
            client = Client()
            client.force_login(
                Person.objects.get(username=username), backend="allauth.account.auth_backends.AuthenticationBackend"
            )
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.url}])
        return context.new_page()

    def close(self) -> None:
        """Close every person's browser."""
        for context in self._contexts:
            context.close()
