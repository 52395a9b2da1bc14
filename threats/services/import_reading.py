"""From a file to blocks of rows, sorted into new, changed, unchanged and left out. Nothing is stored here.

The check of an import, the import itself and a trial run all use `open_file`, `blocks` and `Sorter`, so what people
are shown before they confirm is what then happens.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from pocweb.errors import RuleError
from pocweb.models import Mission
from pocweb.places import PlaceMatch
from pocweb.tabular import CellProblem, Limits, Table, TableError
from pocweb.tabular.base import cell_problem
from threats.choices import Origin, PlaceState
from threats.imports import IncidentDraft, Layout, ParsedRow, open_incidents, read_drafts, template_layout
from threats.models import Incident, ViolenceType
from threats.services.import_edits import Changed, keep_edits
from threats.services.import_gate import Gate
from threats.services.import_places import PlaceFinder, how_found, place_words, placed
from threats.services.incident_bulk import ActorBook, PlacedDraft

BLOCK = 1000
PLACE_COLUMNS = {Origin.UCDP.value: "adm_1", Origin.ACLED.value: "admin1", Origin.POCWEB.value: "Admin 1"}
ASKING = (PlaceState.UNMATCHED, PlaceState.DISAGREEING)


def limits() -> Limits:
    """Return what one file of incidents may hold."""
    return Limits(max_bytes=settings.IMPORT_MAX_BYTES)


def open_file(file: BinaryIO, *, name: str, layout: str | None, mission: Mission) -> tuple[Layout, Table]:
    """Return layout and table of a file, its rows still unread. Raises `RuleError` for field "file".

    Our own template knows the forms of violence that the mission has added to the shared list.
    """
    try:
        found, table = open_incidents(file, name=name, limits=limits(), layout=layout or None)
    except TableError as error:
        raise RuleError(error.code, error.message, "file") from error
    if found.code == Origin.POCWEB:
        codes = tuple(ViolenceType.objects.known_in(mission).values_list("code", flat=True))
        found = template_layout(codes) if codes else found
    return found, table


def tap(table: Table, kept: dict[int, Mapping[str, str]], most: int) -> Table:
    """Return the table, which lays aside the cells of its first rows while it is read."""

    def rows() -> Iterator[Any]:
        for row in table:
            if len(kept) < most:
                kept[row.number] = row.values
            yield row

    return Table(table.headers, rows(), table.hxl, table.headers_assumed)


def blocks(layout: Layout, table: Table) -> Iterator[list[ParsedRow]]:
    """Yield the rows in blocks, the same on every run. Raises `RuleError` where the file breaks off."""
    rows = read_drafts(layout, table)
    while True:
        try:
            block = list(islice(rows, BLOCK))
        except TableError as error:
            raise RuleError(error.code, error.message, "file") from error
        if not block:
            return
        yield block


class Finding(NamedTuple):
    """A remark on a row, and whether the row is left out for it."""

    problem: CellProblem
    rejects: bool


class Known(NamedTuple):
    """What is stored of an incident with the same id at the origin."""

    pk: int
    digest: str
    place_state: str
    area_pk: int | None
    marking: int


@dataclass
class Block:
    """Some rows, sorted. `states` tells of each row what it is; `matches` where it took place."""

    read: int = 0
    new: list[tuple[int, PlacedDraft]] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    rejected: int = 0
    findings: list[Finding] = field(default_factory=list)
    places: Counter[str] = field(default_factory=Counter)
    states: dict[int, str] = field(default_factory=dict)
    matches: dict[int, tuple[IncidentDraft, PlaceMatch]] = field(default_factory=dict)
    marking: int = 0


class Sorter:
    """Says of parsed rows what an import would do with them. `by` is the person who imports, None an operator."""

    def __init__(self, mission: Mission, origin: str, by: Any) -> None:
        self.mission, self.origin, self.by = mission, origin, by
        self._finder = PlaceFinder(mission)
        self._actors = ActorBook(mission)
        self._gate = Gate(origin, by)

    def sort(self, rows: Sequence[ParsedRow]) -> Block:
        """Return the rows sorted; reads what is stored under their ids, in one query and two more for changed rows."""
        block = Block(read=len(rows))
        accepted: list[tuple[int, PlacedDraft]] = []
        for parsed in rows:
            found = self._accept(parsed, block)
            if found is not None:
                accepted.append((parsed.number, found))
        known = self._known([row.draft.origin_id for _number, row in accepted])
        for number, row in accepted:
            self._sort_one(number, row, known.get(row.draft.origin_id), block)
        block.changed, kept = keep_edits(block.changed, self.mission, self._actors)
        block.findings += [Finding(problem, rejects=False) for problem in kept]
        block.findings.sort(key=lambda finding: finding.problem.row)
        return block

    def _accept(self, row: ParsedRow, block: Block) -> PlacedDraft | None:
        problems = [] if row.draft is None else self._gate.refusals(row.number, row.draft)
        if row.draft is None or problems:
            block.rejected += 1
            block.states[row.number] = "rejected"
            block.findings += [Finding(problem, rejects=True) for problem in (*row.problems, *problems)]
            return None
        draft, notices = self._gate.allowed(row.number, row.draft)
        match = self._finder.find(draft)
        block.findings += [Finding(problem, rejects=False) for problem in (*row.problems, *notices)]
        if match.state != "matched":
            problem = self._place_problem(row.number, draft, match)
            block.findings.append(Finding(problem, rejects=False))
        block.places[how_found(match)] += 1
        block.matches[row.number] = (draft, match)
        block.marking = max(block.marking, draft.marking)
        return placed(draft, match, draft.fingerprint())

    def _sort_one(self, number: int, row: PlacedDraft, known: Known | None, block: Block) -> None:
        if known is None:
            block.new.append((number, row))
            block.states[number] = "new"
        elif self.by is not None and known.marking > self.by.clearance:
            reason = _("an incident with this id is marked above your clearance; ask somebody who is cleared.")
            block.rejected += 1
            block.states[number] = "rejected"
            block.findings.append(Finding(cell_problem(number, "", "", "above_clearance", reason), rejects=True))
        elif known.digest != row.digest or self._finds_place(known, row):
            block.changed.append(Changed(number, known.pk, row))
            block.marking = max(block.marking, known.marking)  # remarks quote what the incident says
            block.states[number] = "changed"
        else:
            block.unchanged += 1
            block.states[number] = "unchanged"

    def _finds_place(self, known: Known, row: PlacedDraft) -> bool:
        """Say whether a place that waited for a person is clear now, say by a name remembered since."""
        return known.place_state in ASKING and (row.place_state, row.area_pk) != (known.place_state, known.area_pk)

    def _known(self, ids: Sequence[str]) -> dict[str, Known]:
        rows = Incident.objects.filter(mission=self.mission, origin=self.origin, origin_id__in=ids)
        columns = ("origin_id", "pk", "origin_hash", "place_state", "area_id", "marking")
        return {origin_id: Known(*rest) for origin_id, *rest in rows.values_list(*columns)}

    def _place_problem(self, number: int, draft: IncidentDraft, match: PlaceMatch) -> CellProblem:
        code = "place_disagreeing" if match.state == "disagreeing" else "place_unmatched"
        return cell_problem(number, PLACE_COLUMNS[self.origin], place_words(draft), code, f"{match.detail}.")
