"""Boundary files of OCHA's COD-AB as GeoJSON, in each of the layouts in which they are published.

Levels are told by the names of the properties: `ADM2_PCODE` with `ADM2_FR` (or EN, ES, AR), `adm2_pcode` with
`adm2_name`, `admin2Pcode` with `admin2Name`. Plain values out; storing is `geography.load_division`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from pocweb.errors import RuleError
from pocweb.place_files import PlaceRecord

_PCODE = re.compile(r"^adm(?:in)?(\d)_?pcode$", re.IGNORECASE)
_NAME = re.compile(r"^adm(?:in)?(\d)_?(?:name_?)?(fr|en|es|pt|ar)?$", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"^adm(?:in)?(\d)_?name$", re.IGNORECASE)
LANGUAGES = ("", "fr", "en", "es", "pt", "ar")


def read_boundaries(paths: Sequence[Path], *, valid_from: date) -> list[PlaceRecord]:
    """Return the areas of all files, the country first. Raises `RuleError` naming the file that cannot be read."""
    records = [record for path in paths for record in _read_file(path, valid_from)]
    seen: set[str] = set()
    for record in records:
        if record.pcode in seen:
            raise RuleError("twice", _("The p-code %(pcode)s stands twice in the files.") % {"pcode": record.pcode})
        seen.add(record.pcode)
    return sorted(records, key=lambda record: (record.level, record.pcode))


def _read_file(path: Path, valid_from: date) -> list[PlaceRecord]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RuleError(
            "no_file", _("%(file)s cannot be read: %(why)s") % {"file": path.name, "why": error.strerror}
        ) from error
    except ValueError as error:  # not UTF-8, or not JSON
        raise RuleError("not_json", _("%(file)s is not a GeoJSON file.") % {"file": path.name}) from error
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not features:
        raise RuleError("no_features", _("%(file)s holds no areas.") % {"file": path.name})
    return [_record(feature, path, valid_from) for feature in features]


def _record(feature: Mapping[str, Any], path: Path, valid_from: date) -> PlaceRecord:
    """Return one feature; its level is the deepest one that has a p-code."""
    values = feature.get("properties") or {}
    codes = {int(found[1]): str(value) for key, value in values.items() if (found := _PCODE.match(key)) and value}
    if not codes:
        raise RuleError(
            "no_pcode",
            _("%(file)s has areas without a p-code. Expected a property such as ADM1_PCODE or adm1_pcode.")
            % {"file": path.name},
        )
    level = max(codes)
    name = _name(values, level)
    shape = feature.get("geometry")
    if not name or not shape or shape.get("type") not in ("Polygon", "MultiPolygon"):
        raise RuleError(
            "no_shape", _("%(pcode)s in %(file)s lacks a name or a shape.") % {"pcode": codes[level], "file": path.name}
        )
    lat, lon = _centre(values, shape)
    return PlaceRecord(codes[level], name, level, codes.get(level - 1, ""), lat, lon, valid_from, (), shape)


def _name(values: Mapping[str, Any], level: int) -> str:
    """Return the name at the level: the plain one, else the first language that has it."""
    names: dict[str, str] = {}
    for key, value in values.items():
        found = _NAME.match(key)
        if found and int(found[1]) == level and value and not isinstance(value, int | float):
            names.setdefault("" if _PLAIN_NAME.match(key) else (found[2] or "").lower(), str(value))
    return next((names[language] for language in LANGUAGES if language in names), "")


def _centre(values: Mapping[str, Any], shape: Mapping[str, Any]) -> tuple[float, float]:
    """Return latitude and longitude of the stated centre, else of a point that surely lies inside the shape."""
    if isinstance(values.get("center_lat"), int | float) and isinstance(values.get("center_lon"), int | float):
        return float(values["center_lat"]), float(values["center_lon"])
    from shapely.geometry import shape as as_shape  # here: loading it costs 0.2 s, which only loads pay

    point = as_shape(dict(shape)).representative_point()
    return round(point.y, 6), round(point.x, 6)
