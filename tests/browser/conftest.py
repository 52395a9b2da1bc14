"""The browser: the distribution's Chromium against a server with the real, hashed and compressed static files."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.browser.keeping import KeptRows
from tests.browser.people import Demo

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use Chromium from the distribution's package; `CHROMIUM` names another one."""
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return {**browser_type_launch_args, "executable_path": chromium, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Speak the language of the pages' source, so that tests can name buttons by their text."""
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture(scope="session")
def _collected_static(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Collect static files as an installation does, so that a reference to a missing file fails."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    folder: Path = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="session")
def served(_collected_static: None) -> Iterator[LiveServer]:
    """Serve pocweb on a free port, static files through WhiteNoise as in an installation."""
    server = LiveServer("127.0.0.1", start=False)
    # Django would wrap the application to serve static files from their sources; ours serves them itself.
    server.thread.static_handler = _bare
    server.start()
    yield server
    server.stop()


@pytest.fixture
def live_server(served: LiveServer, transactional_db: None) -> LiveServer:
    """Return the server, on a database that is emptied after the test."""
    return served


@pytest.fixture(scope="session")
def _kept_demo(tmp_path_factory: pytest.TempPathFactory) -> KeptRows:
    """Hold the rows of the demo mission, which takes seconds to build and a moment to put back."""
    return KeptRows(tmp_path_factory.mktemp("demo") / "kept.sqlite3")


@pytest.fixture
def demo(
    live_server: LiveServer, browser: Browser, browser_context_args: dict[str, Any], _kept_demo: KeptRows
) -> Iterator[Demo]:
    """Give the demo mission, as fresh as `make run` builds it, on the server."""
    _build(_kept_demo)
    demo = Demo(live_server.url, browser, browser_context_args)
    yield demo
    demo.close()


@pytest.fixture(scope="module")
def shown_demo(
    served: LiveServer,
    browser: Browser,
    browser_context_args: dict[str, Any],
    _kept_demo: KeptRows,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Demo]:
    """Give the demo mission to all tests of a module that look and change nothing; the tables are emptied after it."""
    with django_db_blocker.unblock():
        _build(_kept_demo)
        demo = Demo(served.url, browser, browser_context_args)
        yield demo
        demo.close()
        call_command("flush", verbosity=0, interactive=False)


def _build(kept: KeptRows) -> None:
    """Make the tables hold the demo mission, the first time by building it."""
    if kept.are_kept:
        kept.put_back()
        return
    call_command("load_reference", verbosity=0)
    call_command("seed_demo", verbosity=0)
    kept.keep()


def _bare(media_handler: Any) -> Any:
    """Return the application inside Django's handler of uploaded files, which pocweb never serves that way."""
    return media_handler.application
