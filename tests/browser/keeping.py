"""Rows that many tests begin with, built once: kept beside the tables and put back into them, on SQLite and PostgreSQL.

What stands in MEDIA_ROOT stays there for the whole run and needs no keeping.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction


class KeptRows:
    """A copy of all rows of the test database, in a schema named `kept` (SQLite: in a file of its own)."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.are_kept = False

    def keep(self) -> None:
        """Copy what the tables hold now."""
        with self._kept_schema():
            for table in self._tables():
                self._do(f"CREATE TABLE kept.{table} AS SELECT * FROM {table}")  # noqa: S608 - names of our own tables
        self.are_kept = True

    def put_back(self) -> None:
        """Make the tables hold exactly what was kept."""
        with self._kept_schema(), transaction.atomic():
            for table in self._tables():
                self._do(f"DELETE FROM {table}")  # noqa: S608 - as above
                self._do(f"INSERT INTO {table} SELECT * FROM kept.{table}")  # noqa: S608 - as above
            for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models(include_auto_created=True)):
                self._do(statement)

    @contextmanager
    def _kept_schema(self) -> Iterator[None]:
        if connection.vendor != "sqlite":
            self._do("CREATE SCHEMA IF NOT EXISTS kept")
            yield
            return
        self._do(f"ATTACH DATABASE '{self.file}' AS kept")
        yield
        self._do("DETACH DATABASE kept")

    def _tables(self) -> list[str]:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        return [connection.ops.quote_name(name) for name in sorted(set(names))]

    def _do(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)
