"""Loading of shipped reference data, which can run twice without harm and leaves local edits alone.

Each app registers its loaders in `AppConfig.ready()`; `manage.py load_reference` runs them all.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import models

Counts = dict[str, tuple[int, int]]
_loaders: dict[str, Callable[[], Counts]] = {}


def register_loader(app: str, loader: Callable[[], Counts]) -> None:
    """Add an app's loader, which returns (created, present) by table; a second one of the app replaces the first."""
    _loaders[app] = loader


def load_all() -> Counts:
    """Run every registered loader, in the order of the apps, and return (created, present) by app and table."""
    return {f"{app}.{table}": counts for app, loader in _loaders.items() for table, counts in loader().items()}


def read_yaml(path: Path) -> Any:
    """Return the content of a shipped YAML file, a copy of one's own."""
    return deepcopy(_parsed(path, path.stat().st_mtime_ns))


@cache
def _parsed(path: Path, changed_at: int) -> Any:
    """Parse a file once for each time that it was changed: parsing takes tens of milliseconds."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def load_rows(model: type[models.Model], rows: list[dict[str, Any]], *, key: tuple[str, ...]) -> tuple[int, int]:
    """Create the rows whose key is not there yet and return (created, present); what stands is left as it is.

    Two queries. Of two who load at once the second breaks off at the key and loads again.
    """
    present = set(model._default_manager.values_list(*key))
    missing = [row for row in rows if tuple(row[name] for name in key) not in present]
    model._default_manager.bulk_create(model(**row) for row in missing)
    return len(missing), len(rows) - len(missing)
