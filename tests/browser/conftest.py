"""The browser: the distribution's Chromium against a server with the real, hashed and compressed static files."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

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
def live_server(_collected_static: None) -> Iterator[LiveServer]:
    """Serve pocweb on a free port, static files through WhiteNoise as in an installation."""
    server = LiveServer("127.0.0.1", start=False)
    # Django would wrap the application to serve static files from their sources; ours serves them itself.
    server.thread.static_handler = _bare
    server.start()
    yield server
    server.stop()


def _bare(media_handler: Any) -> Any:
    """Return the application inside Django's handler of uploaded files, which pocweb never serves that way."""
    return media_handler.application
