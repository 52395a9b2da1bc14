"""Tests never touch the database that the settings name."""

import environ
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker


def test_a_fixture_that_unblocks_the_database_itself_gets_the_test_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Without the mark of pytest-django, as the worlds of the access walk and of the budgets do; also run alone."""
    named = environ.Env().db_url("DATABASE_URL", default=f"sqlite:///{settings.BASE_DIR / 'var' / 'pocweb.sqlite3'}")
    with django_db_blocker.unblock():
        assert "threats_threat" in connection.introspection.table_names()
        assert str(connection.settings_dict["NAME"]) != str(named["NAME"])
        assert "test" in str(connection.settings_dict["NAME"])
