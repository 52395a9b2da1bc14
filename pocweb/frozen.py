"""A JSON column for content that was frozen: read often, never changed, and too large to be read anew each time."""

import json
from functools import lru_cache
from typing import Any, NoReturn

from django.db import models

KEPT = 4
LARGE = 50_000
"""The most contents that a process keeps, and the size in characters from which one is kept at all."""


class FrozenDict(dict[str, Any]):
    """A mapping that nobody can change, since several requests share it."""

    def _refuse(self, *_args: Any, **_named: Any) -> NoReturn:
        raise TypeError("Frozen content cannot be changed.")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


@lru_cache(maxsize=KEPT)
def _decoded(text: str) -> Any:
    return json.loads(text, object_pairs_hook=FrozenDict)


class FrozenJSONField(models.JSONField):
    """A JSON column whose large contents are decoded once per process; the whole text is the key, so none is stale."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(value, str) and len(value) >= LARGE and self.decoder is None:
            return _decoded(value)
        return super().from_db_value(value, expression, connection)

    def deconstruct(self) -> Any:
        """Return the plain JSON column, which it is to the database."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
