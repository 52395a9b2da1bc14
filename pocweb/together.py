"""Rows of several tables in one query: a page that tells a little of many kinds asks the database once.

Each part hands over its rows as one JSON value per row; the records are built anew from it. What a part did not name is
fetched when it is asked for, as with `only()`, so that forgetting a column costs a query and never shows a wrong value.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import F, QuerySet, Value, Window
from django.db.models.functions import JSONObject, RowNumber

MOST_COLUMNS = 49
"""PostgreSQL takes a hundred arguments of a function: fifty pairs, one of them the rank."""


@dataclass(frozen=True)
class Part:
    """Rows of one kind, in their order, and the columns wanted: their own, and "office__name" of those they lead to.

    `most` bounds the number of rows; it goes with orders by columns and expressions, not by names of annotations.
    """

    rows: QuerySet[Any]
    columns: tuple[str, ...]
    most: int | None = None


def read_together(parts: Mapping[str, Part], *, given: Iterable[models.Model | None] = ()) -> dict[str, list[Any]]:
    """Return the records of each part under its name. One query, none where there is no part.

    Records of `given`, which the caller holds already, stand where foreign keys lead to them.
    """
    found: dict[str, list[Any]] = {name: [] for name in parts}
    if not parts:
        return found
    known = {(type(one), one.pk): one for one in given if one is not None}
    first, *others = [_asked(name, part) for name, part in parts.items()]
    answers = list(first.union(*others, all=True) if others else first)
    for name, rank, data in sorted(answers, key=lambda answer: (answer[0], answer[1])):
        del rank
        values = data if isinstance(data, dict) else json.loads(data)
        found[name].append(_record(parts[name].rows.model, values, known))
    return found


def _asked(name: str, part: Part) -> QuerySet[Any, Any]:
    """Return the rows of a part as (name, rank, JSON), the shape that all parts share."""
    rows, model = part.rows, part.rows.model
    order: list[Any] = list(rows.query.order_by) or list(model._meta.ordering)
    if part.most is not None:
        rows = model._base_manager.filter(pk__in=rows.order_by(*order).values("pk")[: part.most])
    rank = Window(RowNumber(), order_by=[*order, "pk"])
    wanted = _columns(model, part.columns)
    if len(wanted) > MOST_COLUMNS:
        raise ValueError(f"{name} asks for {len(wanted)} columns; {MOST_COLUMNS} go into one row.")
    data = JSONObject(**{column: F(column) for column in wanted})
    return rows.order_by().values_list(Value(name, output_field=models.CharField()), rank, data)


def _columns(model: type[models.Model], columns: Iterable[str]) -> list[str]:
    """Return the columns to read: those named, the key, and the foreign keys on the way to what was named."""
    found = dict.fromkeys([model._meta.pk.attname])
    for column in columns:
        *way, last = column.split("__")
        at, prefix = model, ""
        for step in way:
            field: Any = at._meta.get_field(step)
            found[prefix + field.attname] = None
            prefix, at = f"{prefix}{step}__", field.related_model
        found[prefix + at._meta.get_field(last).attname] = None  # type: ignore[union-attr]
    return list(found)


def _record(model: type[models.Model], values: Mapping[str, Any], known: Mapping[Any, Any]) -> Any:
    """Return one record, with the records it leads to as far as they were asked for or are known."""
    own, beyond = {}, dict[str, dict[str, Any]]()
    for column, value in values.items():
        step, apart, rest = column.partition("__")
        if apart:
            beyond.setdefault(step, {})[rest] = value
        else:
            own[column] = value
    fields = [field for field in model._meta.concrete_fields if field.attname in own]
    names = [field.attname for field in fields]
    record = model.from_db("default", names, [_python(field, own[field.attname]) for field in fields])
    for field in fields:
        if isinstance(field, models.ForeignKey):
            _lead(record, field, beyond.get(field.name), known)
    return record


def _lead(record: Any, field: Any, values: dict[str, Any] | None, known: Mapping[Any, Any]) -> None:
    """Put the record that a foreign key leads to in its place."""
    key = getattr(record, field.attname)
    if key is None:
        return
    other = known.get((field.related_model, key))
    if other is None and values is not None:
        pk = field.related_model._meta.pk.attname
        other = _record(field.related_model, {pk: key, **values}, known)
    if other is not None:
        setattr(record, field.name, other)


def _python(field: Any, value: Any) -> Any:
    """Return a value out of JSON as the field keeps it; moments without their zone, as from SQLite, are in UTC."""
    if isinstance(field, models.JSONField) and isinstance(value, str):
        return json.loads(value)
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.to_python(value)
