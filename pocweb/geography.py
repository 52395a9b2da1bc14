"""Areas: storing shipped places, and a mission's own boundary files as divisions that follow each other.

A new division never overwrites an old one: rows that it changes are closed on the day before, so that an incident
keeps the place that it had. Reading of files: `place_files.py` and `boundary_files.py`; matching: `places.py`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.models import Area, AreaAlias, Office
from pocweb.permissions import require
from pocweb.place_files import PlaceRecord, read_places
from pocweb.places import Place, PlaceIndex, fold

SHIPPED_SOURCE = "OCHA COD-AB, CC BY-IGO 3.0"


@dataclass
class Loaded:
    """What a load did, in numbers of areas; `left` are areas that no longer have a place in the tree."""

    created: int = 0
    kept: int = 0
    closed: int = 0
    names: int = 0
    offices: int = 0
    left: list[str] = field(default_factory=list)


class _Planting:
    """New nodes of the area tree, with their paths worked out here so that they are stored in one go."""

    def __init__(self, rows: Iterable[Area]) -> None:
        self.new: list[Area] = []
        self._last: Counter[str] = Counter()
        self._children: Counter[str] = Counter()
        self._by_path: dict[str, Area] = {}
        for row in rows:
            self._note(row)

    def _note(self, area: Area) -> None:
        self._by_path[area.path] = area
        parent = area.path[: -Area.steplen]
        self._last[parent] = max(self._last[parent], Area._str2int(area.path[-Area.steplen :]))

    def add(
        self,
        record: PlaceRecord | Area,
        parent: Area | None,
        *,
        valid_from: date | None,
        valid_to: date | None,
        source: str,
    ) -> Area:
        """Return a node like the record below the parent, not stored yet."""
        base, depth = (parent.path, parent.depth + 1) if parent else ("", 1)
        area = Area(
            path=Area._get_path(base, depth, self._last[base] + 1),
            depth=depth,
            pcode=record.pcode,
            name=record.name,
            level=record.level,
            centre_lat=record.centre_lat,
            centre_lon=record.centre_lon,
            shape=record.shape,
            valid_from=valid_from,
            valid_to=valid_to,
            source=source,
        )
        self._note(area)
        self._children[base] += 1
        self.new.append(area)
        return area

    def store(self) -> None:
        """Write the new nodes and the number of children of their parents."""
        for area in self.new:
            area.numchild = self._children.pop(area.path, 0)
        Area.objects.bulk_create(self.new, batch_size=200)
        for path, count in self._children.items():
            Area.objects.filter(path=path).update(numchild=F("numchild") + count)


def load_shipped_places() -> dict[str, tuple[int, int]]:
    """Store the shipped areas and other names that are not there yet; return (created, present) by table."""
    records = merge_twins(read_places())
    done = load_places(records, source=SHIPPED_SOURCE)
    names = sum(len(record.aliases) for record in records)
    return {"areas": (done.created, done.kept), "other_names": (done.names, names - done.names)}


def merge_twins(records: Iterable[PlaceRecord]) -> list[PlaceRecord]:
    """Return the records with each p-code once; the name of a second one becomes another name of the first.

    The published gazetteer gives four p-codes to two quarters of Bangui each.
    """
    merged: dict[str, PlaceRecord] = {}
    for record in records:
        first = merged.setdefault(record.pcode, record)
        if fold(first.name) != fold(record.name):
            merged[record.pcode] = replace(first, aliases=(*first.aliases, record.name))
    return list(merged.values())


@transaction.atomic
def load_places(records: Sequence[PlaceRecord], *, source: str) -> Loaded:
    """Store the places whose p-code is not known yet, parents first, with their other names.

    What stands is left as it is. Raises `RuleError` when a parent is neither known nor among the records.
    """
    rows = list(Area.objects.defer("shape"))
    planting = _Planting(rows)
    known = _open_by_pcode(rows)
    done = Loaded()
    for record in sorted(records, key=lambda record: record.level):
        if record.pcode in known:
            done.kept += 1
            continue
        parent = _parent_of(record, known)
        known[record.pcode] = planting.add(record, parent, valid_from=record.valid_from, valid_to=None, source=source)
        done.created += 1
    planting.store()
    done.names = _store_names(records, known, source)
    return done


def _open_by_pcode(rows: Iterable[Area]) -> dict[str, Area]:
    """Return the latest row of each p-code: the one without an end, else the one that ends last."""
    return {row.pcode: row for row in sorted(rows, key=lambda row: row.valid_to or date.max)}


def _parent_of(record: PlaceRecord, known: dict[str, Area]) -> Area | None:
    if record.level == 0:
        return None
    parent = known.get(record.parent_pcode)
    if parent is None:
        raise RuleError(
            "unknown_parent",
            _("%(name)s (%(pcode)s) lies in %(parent)s, which is not known. Name the file of the level above too.")
            % {"name": record.name, "pcode": record.pcode, "parent": record.parent_pcode or _("no area")},
        )
    return parent


def _store_names(records: Sequence[PlaceRecord], areas: dict[str, Area], source: str) -> int:
    wanted = {(fold(name), record.level, areas[record.pcode].pk): name for record in records for name in record.aliases}
    present = set(AreaAlias.objects.values_list("folded", "level", "area_id"))
    missing = [
        AreaAlias(area_id=area, name=name, folded=folded, level=level, source=source[:80])
        for (folded, level, area), name in wanted.items()
        if (folded, level, area) not in present
    ]
    AreaAlias.objects.bulk_create(missing, batch_size=500)
    return len(missing)


@transaction.atomic
def load_division(
    records: Sequence[PlaceRecord], *, valid_from: date, valid_to: date | None = None, source: str = ""
) -> Loaded:
    """Store a country's division from its own boundary files, in force from one day (until another).

    Areas that are the same stay. Changed and vanished ones are closed on the day before; deeper areas that the files
    do not hold follow their parent, or the point of their centre. Offices keep their areas by p-code. With `valid_to`
    an earlier division is put beside the present one, which is not touched. Twice the same files change nothing.
    """
    records = [replace(record, valid_from=valid_from) for record in sorted(records, key=lambda r: r.level)]
    rows = list(Area.objects.all())
    keys = {(row.pcode, row.valid_from) for row in rows}
    known = _open_by_pcode(rows)
    if not any(record.pcode in known or record.parent_pcode in known for record in records):
        return load_places(records, source=source)
    division = _Division(rows, known, valid_from, valid_to, source)
    for record in records:
        division.place(record, is_stored=(record.pcode, valid_from) in keys)
    if valid_to is None:
        division.close_the_rest({record.level for record in records})
    return division.store()


class _Division:
    """One load of a division: what stays, what is closed, what is planted."""

    def __init__(
        self, rows: list[Area], known: dict[str, Area], valid_from: date, valid_to: date | None, source: str
    ) -> None:
        self.rows, self.known, self.source = rows, known, source
        self.valid_from, self.valid_to = valid_from, valid_to
        self.planting = _Planting(rows)
        self.placed: dict[str, Area] = {}
        self.closed: dict[str, Area] = {}
        self.done = Loaded()

    def place(self, record: PlaceRecord, *, is_stored: bool) -> None:
        """Keep the row of a record, or close it and plant a new one."""
        old = self.known.get(record.pcode)
        if record.level == 0 and old is not None:
            self._keep(old)
            return
        parent = _parent_of(record, {**self.known, **self.placed})
        if is_stored or (old is not None and self.valid_to is None and self._is_same(old, record, parent)):
            self._keep(next((r for r in self.rows if (r.pcode, r.valid_from) == (record.pcode, self.valid_from)), old))
            return
        if old is not None:
            self._refuse_overlap(old)
            if self.valid_to is None:
                self.closed[old.path] = old
        self.placed[record.pcode] = self._plant(record, parent, self.source)

    def _plant(self, record: PlaceRecord | Area, parent: Area | None, source: str) -> Area:
        return self.planting.add(record, parent, valid_from=self.valid_from, valid_to=self.valid_to, source=source)

    def _keep(self, row: Area | None) -> None:
        if row is not None:
            self.placed[row.pcode] = row
            self.done.kept += 1

    def _is_same(self, old: Area, record: PlaceRecord, parent: Area | None) -> bool:
        return (
            old.valid_to is None
            and (old.name, old.level, old.shape) == (record.name, record.level, record.shape)
            and old.path[: -Area.steplen] == (parent.path if parent else "")
        )

    def _refuse_overlap(self, old: Area) -> None:
        """Refuse dates that would make two rows of one p-code valid on the same day."""
        begun = old.valid_from or date.min
        if self.valid_to is None and begun < self.valid_from and (old.valid_to or date.max) >= self.valid_from:
            return
        if self.valid_to is not None and self.valid_to < begun:
            return
        if old.valid_to is not None and old.valid_to < self.valid_from:
            return
        raise RuleError(
            "overlaps",
            _("%(name)s (%(pcode)s) is known from %(day)s already. Give days that do not overlap.")
            % {"name": old.name, "pcode": old.pcode, "day": old.valid_from or _("the beginning")},
            "valid_from",
        )

    def close_the_rest(self, levels: set[int]) -> None:
        """Close open areas of the same levels that the files no longer hold; let deeper ones follow."""
        country = {path[: Area.steplen] for path in (area.path for area in self.placed.values())}
        rest = [
            row
            for row in self.known.values()
            if row.valid_to is None and row.path[: Area.steplen] in country and row.pcode not in self.placed
        ]
        by_path = {area.path: area.pcode for area in self.placed.values()}
        shaped = {code: area for code, area in self.placed.items() if area.shape}
        points = PlaceIndex(
            [
                Place(code, code, area.name, area.level, by_path.get(area.path[: -Area.steplen], ""))
                for code, area in shaped.items()
            ],
            {code: area.shape for code, area in shaped.items() if area.shape},
        )
        for row in sorted(rest, key=lambda row: row.path):
            if row.level in levels:
                self.closed[row.path] = row
            elif row.path[: -Area.steplen] in self.closed:
                self._follow(row, points)

    def _follow(self, row: Area, points: PlaceIndex) -> None:
        """Close a deeper area and plant it again below its parent's successor, or where its centre lies."""
        self.closed[row.path] = row
        parent = self.placed.get(self.closed[row.path[: -Area.steplen]].pcode)
        if parent is None and row.centre_lat is not None and row.centre_lon is not None:
            found = [place for place in points.by_point(row.centre_lat, row.centre_lon) if place.level < row.level]
            parent = self.placed[found[-1].pcode] if found else None
        if parent is None:
            self.done.left.append(f"{row.name} ({row.pcode})")
            return
        self.placed[row.pcode] = self._plant(row, parent, row.source)

    def store(self) -> Loaded:
        """Write all of it and return what was done."""
        self.planting.store()
        self.done.created = len(self.planting.new)
        last_day = self.valid_from - timedelta(days=1)
        self.done.closed = Area.objects.filter(pk__in=[row.pk for row in self.closed.values()]).update(
            valid_to=last_day
        )
        self._carry_names()
        self._carry_offices()
        return self.done

    def _successors(self) -> dict[int, Area]:
        """Return the new row by the key of the row that it follows."""
        pairs = ((row.pk, self.placed.get(row.pcode)) for row in self.closed.values())
        return {pk: area for pk, area in pairs if area is not None}

    def _carry_names(self) -> None:
        after = self._successors()
        names = AreaAlias.objects.filter(area__in=after)
        AreaAlias.objects.bulk_create(
            AreaAlias(
                area=after[name.area_id], name=name.name, folded=name.folded, level=name.level, source=name.source
            )
            for name in names
        )

    def _carry_offices(self) -> None:
        after = self._successors()
        links: Any = Office.areas.through.objects.filter(area__in=after).select_related("office__mission", "area")
        for link in links:
            successor = after[link.area_id]
            link.office.areas.add(successor)
            change = [f"{link.area.name} ({link.area.pcode})", f"{successor.name}, from {self.valid_from}"]
            record_event(None, "followed", link.office, changes={"areas": change})
            self.done.offices += 1


def find_places(words: str) -> list[Area]:
    """Return the areas whose name, other name or p-code holds the words, whatever accents and case; best first."""
    key, code = fold(words), words.strip().upper()
    rows = list(Area.objects.defer("shape"))
    names: dict[int, list[str]] = {}
    for area_id, folded in AreaAlias.objects.values_list("area_id", "folded"):
        names.setdefault(area_id, []).append(folded)

    def rank(area: Area) -> int | None:
        own = fold(area.name)
        every = [own, *names.get(area.pk, ())]
        if area.pcode == code or (key and key in every):
            return 0
        if area.pcode.startswith(code) or (key and any(name.startswith(key) for name in every)):
            return 1
        return 2 if key and any(key in name for name in every) else None

    ranked = [(found, area.level, area.name, area) for area in rows if (found := rank(area)) is not None]
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:3])]


@transaction.atomic
def add_other_name(area: Area, *, by: Any, name: str, source: str = "") -> AreaAlias:
    """Remember another name of an area for searches and imports; the same name twice changes nothing."""
    require(by, "pocweb.edit_places")
    alias, is_new = AreaAlias.objects.get_or_create(
        area=area, folded=fold(name), level=area.level, defaults={"name": name, "source": source}
    )
    if is_new:
        record_event(by, "named", by.mission, changes={f"{area.name} ({area.pcode})": [None, name]})
    return alias
