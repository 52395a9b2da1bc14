"""Frozen content is decoded once, is shared, and cannot be changed by whoever reads it."""

import json
from typing import Any

import pytest
from django.db import connection

from pocweb.audit import fingerprint
from pocweb.frozen import LARGE, FrozenJSONField

FIELD = FrozenJSONField()
CONTENT: dict[str, Any] = {"rows": [{"pk": 1, "text": "x" * LARGE, "cells": {"risk": "High"}}], "closed": []}


def read(text: str) -> Any:
    return FIELD.from_db_value(text, None, connection)


def test_large_content_is_decoded_once_and_equal_to_what_was_stored() -> None:
    """Two readings share one object; its content, fingerprint and JSON text are those of the stored text."""
    text = json.dumps(CONTENT)
    found = read(text)
    assert read(str(text)) is found
    assert found == CONTENT
    assert fingerprint(found) == fingerprint(CONTENT)
    assert json.loads(json.dumps(found)) == CONTENT


def test_small_content_is_everybodys_own() -> None:
    assert read('{"a": 1}') is not read('{"a": 1}')
    assert read("null") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.update(text="other"),
        lambda row: row.__setitem__("text", "other"),
        lambda row: row.pop("text"),
        lambda row: row["cells"].clear(),
        lambda row: row.setdefault("new", 1),
    ],
)
def test_shared_content_cannot_be_changed(change: Any) -> None:
    row = read(json.dumps(CONTENT))["rows"][0]
    with pytest.raises(TypeError, match="cannot be changed"):
        change(row)
    assert row == CONTENT["rows"][0]
