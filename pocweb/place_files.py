"""Places from files: the shipped GeoJSON, gazetteer and other names as plain values for matching and for loading."""

import csv
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pocweb.places import Place, fold

CAF = Path(__file__).parent / "reference" / "caf"
LEVELS_WITH_SHAPE = (0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """One place of the shipped files. Centre in degrees; `shape` is a GeoJSON geometry, None for localities."""

    pcode: str
    name: str
    level: int
    parent_pcode: str
    centre_lat: float
    centre_lon: float
    valid_from: date
    aliases: tuple[str, ...] = ()
    shape: dict[str, Any] | None = field(default=None, compare=False)

    def as_place(self) -> Place:
        """Return the place for matching, its p-code as its key."""
        return Place(self.pcode, self.pcode, self.name, self.level, self.parent_pcode, self.aliases, self.valid_from)


def read_aliases(path: Path) -> dict[str, tuple[str, ...]]:
    """Return other names by p-code from an `aliases.yaml`."""
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {str(pcode): tuple(str(name) for name in names) for pcode, names in listed.items()}


def read_shapes(folder: Path) -> dict[str, dict[str, Any]]:
    """Return GeoJSON geometries by p-code from the boundary files of a folder."""
    shapes: dict[str, dict[str, Any]] = {}
    for level in LEVELS_WITH_SHAPE:
        for path in sorted(folder.glob(f"*_adm{level}_*.geojson")):
            for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
                shapes[feature["properties"][f"adm{level}_pcode"]] = feature["geometry"]
    return shapes


def read_places(folder: Path = CAF) -> tuple[PlaceRecord, ...]:
    """Return every place of a reference folder, parents before children.

    The gazetteer's second name (`ref_name`) becomes another name where it differs after folding.
    """
    shapes, aliases = read_shapes(folder), read_aliases(folder / "aliases.yaml")
    records = []
    for path in sorted(folder.glob("*_gazetteer.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if not row["admin_level"].startswith("#"):
                    records.append(_record(row, shapes, aliases))
    return tuple(sorted(records, key=lambda record: (record.level, record.pcode)))


def _record(row: dict[str, str], shapes: dict[str, dict[str, Any]], aliases: dict[str, tuple[str, ...]]) -> PlaceRecord:
    names = {fold(name): name for name in (row["ref_name"], *aliases.get(row["pcode"], ()))}
    names.pop(fold(row["name"]), None)
    names.pop("", None)
    return PlaceRecord(
        pcode=row["pcode"],
        name=row["name"],
        level=int(row["admin_level"]),
        parent_pcode=row["parent_pcode"],
        centre_lat=float(row["center_lat"]),
        centre_lon=float(row["center_lon"]),
        valid_from=date.fromisoformat(row["valid_on"]),
        aliases=tuple(names.values()),
        shape=shapes.get(row["pcode"]),
    )
