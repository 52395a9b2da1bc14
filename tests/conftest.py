"""What every test has: a database, cache and file store of its own, quick passwords, plain static files.

The database is the one that `DATABASE_URL` names: a file of SQLite, so that its locking is real, when nothing is set;
PostgreSQL under `make test`. Tests marked `postgres` or `worker` are skipped where their services are not configured.
"""

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import override_settings
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests.processes import CeleryWorker, JobProcess

# Playwright's own event loop runs in the thread of the test, and Django would refuse the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytest_plugins = ["tests.cast"]
_numbers = itertools.count(1)


def pytest_sessionstart() -> None:
    """Collect garbage seldom: what is loaded at the start stays, and the rest is small."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to leave out what touches no database: it gives the same answer on every one of them."""
    parser.addoption("--database-only", action="store_true", help="run just the tests that use a database")


def _uses_database(item: pytest.Item) -> bool:
    named = {"db", "transactional_db", "django_db_setup", "live_server"}
    return bool(named & set(getattr(item, "fixturenames", ()))) or item.get_closest_marker("django_db") is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what lies in tests/browser, and skip what the configured services cannot run."""
    if config.getoption("--database-only"):
        left_out = [item for item in items if not _uses_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _uses_database(item)]
    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("browser")
        if {"job_runner", "celery_worker"} & set(getattr(item, "fixturenames", ())):
            # of processes that share a broker only one may have a worker, or one does the jobs of the other
            item.add_marker(pytest.mark.xdist_group("jobs"))
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="needs DATABASE_URL of PostgreSQL"))
        if item.get_closest_marker("worker") and not (on_postgres and settings.REDIS_URL):
            item.add_marker(pytest.mark.skip(reason="needs DATABASE_URL of PostgreSQL and REDIS_URL"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give SQLite a file, and PostgreSQL UTF-8 whatever the cluster's own encoding is, without waiting for the disk."""
    test = settings.DATABASES["default"].setdefault("TEST", {})
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0  # a thread of the live server must not keep the database busy
    if connection.vendor == "sqlite":
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
    else:
        test.update(CHARSET="UTF8", TEMPLATE="template0")
        settings.DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """Empty PostgreSQL's tables by DELETE after tests with real transactions.

    Django truncates, which writes new files for every table and index and takes seconds with a hundred tables. All its
    foreign keys are checked at the end of the transaction, so the order of the tables does not matter.
    """
    if connection.vendor != "postgresql":
        yield
        return

    def delete_all(style: Any, tables: list[str], **_options: Any) -> list[str]:
        return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]  # noqa: S608 - names of tables

    truncate = connection.ops.sql_flush
    connection.ops.sql_flush = delete_all  # type: ignore[method-assign]  # of this connection alone, for the session
    yield
    connection.ops.sql_flush = truncate  # type: ignore[method-assign]


def _end_sessions() -> None:
    """End what other threads left connected: a server's thread that answered the last request may still hold one."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_use_migrations: bool,
) -> Iterator[None]:
    """Make the test database, whatever asks for it; with `--nomigrations` straight from the models.

    pytest-django's own fixture makes it for marked tests alone: a fixture of a module that unblocks the database by
    itself would, run first or alone, write into the database that the settings name.
    """
    keep = django_db_keepdb and not django_db_createdb
    if not django_db_use_migrations:
        settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}
    only: Any = {"default"}  # any collection of names will do, whatever the stubs say
    with django_db_blocker.unblock():
        made = setup_databases(0, interactive=False, keepdb=keep, aliases=only, serialized_aliases=set())
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            _end_sessions()
            teardown_databases(made, 0)


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep files of tests apart, hash passwords quickly, and name static files without a manifest."""
    if not settings.REDIS_URL:
        settings.CACHES["default"]["LOCATION"] = str(tmp_path_factory.mktemp("cache"))
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(
        MEDIA_ROOT=tmp_path_factory.mktemp("files"),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES=storages,
    ):
        yield


@pytest.fixture(autouse=True)
def _own_cache() -> None:
    """Start every test with an empty cache: keys get a prefix that no other test or process uses."""
    settings.CACHES["default"]["KEY_PREFIX"] = f"test-{os.getpid()}-{next(_numbers)}"
    for alias in settings.CACHES:
        if hasattr(caches._connections, alias):
            del caches[alias]


@pytest.fixture
def celery_worker(transactional_db: None, tmp_path: Path) -> Iterator[CeleryWorker]:
    """Start a real Celery worker on the test database; for tests marked `worker`."""
    worker = CeleryWorker(tmp_path / "worker.log")
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def job_runner(transactional_db: None, tmp_path: Path) -> Iterator[CeleryWorker | JobProcess]:
    """Start what does the jobs in this configuration: a Celery worker where Redis is set, else `run_jobs`."""
    runner = CeleryWorker(tmp_path / "worker.log") if settings.REDIS_URL else JobProcess(tmp_path / "jobs.log")
    runner.start()
    yield runner
    runner.stop()
