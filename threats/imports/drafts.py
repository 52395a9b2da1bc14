"""What a row of a file becomes: a frozen draft of an incident, made of plain values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, NamedTuple

from pocweb.choices import Marking
from pocweb.tabular import CellProblem
from threats.choices import (
    ActorSide,
    Age,
    DatePrecision,
    EventKind,
    Harm,
    PersonStatus,
    Sex,
    SourceOfViolence,
    Verification,
)


class ActorRef(NamedTuple):
    """An actor as a file names it. `code` is stable at the origin ('ucdp-1044') and empty where there is none."""

    name: str
    code: str
    side: ActorSide
    source: SourceOfViolence = SourceOfViolence.UNKNOWN


class CountRow(NamedTuple):
    """One count of people harmed, broken down; low <= best <= high."""

    harm: Harm
    status: PersonStatus
    sex: Sex
    age: Age
    low: int
    best: int
    high: int


@dataclass(frozen=True, slots=True)
class IncidentDraft:
    """One event of a file, in the words and codes of `threats.choices`. A count that is None was not recorded.

    `names` are (level, name) from the country down; the point is absent where the precision says that it means
    nothing (5 and 6). `killed_best` is the figure that sums use, `civilians_killed` is part of it. Low, best and
    high stand as the origin gives them; where it contradicts itself a notice says so. `extra` keeps every filled
    column that has no field here. `notices` are remarks for a person which do not hinder the import.
    """

    origin_id: str
    title: str
    starts_on: date
    ends_on: date
    date_precision: DatePrecision = DatePrecision.DAY
    event_kind: EventKind = EventKind.OTHER
    violence_types: tuple[str, ...] = ()
    actors: tuple[ActorRef, ...] = ()
    names: tuple[tuple[int, str], ...] = ()
    pcode: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    point_precision: int | None = None
    killed_low: int | None = None
    killed_best: int | None = None
    killed_high: int | None = None
    civilians_killed: int | None = None
    injured_low: int | None = None
    injured_best: int | None = None
    injured_high: int | None = None
    abducted_low: int | None = None
    abducted_best: int | None = None
    abducted_high: int | None = None
    displaced_low: int | None = None
    displaced_best: int | None = None
    displaced_high: int | None = None
    counts: tuple[CountRow, ...] = ()
    number_of_reports: int | None = None
    source_codes: tuple[str, ...] = ()
    source_note: str = ""
    narrative: str = ""
    mission_response: str = ""
    verification: Verification = Verification.REPORTED
    marking: Marking = Marking.UNCLASSIFIED
    extra: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[CellProblem, ...] = ()

    @property
    def point(self) -> tuple[float, float] | None:
        """The point as (latitude, longitude), if there is one."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)

    def fingerprint(self) -> str:
        """Return the SHA-256 of what the origin says, in hex: equal when nothing changed since the last import.

        Notices and the origin's own time stamp of its last edit do not count as a change.
        """
        content: dict[str, Any] = {name: getattr(self, name) for name in _CONTENT}
        content["extra"] = {key: value for key, value in self.extra.items() if key not in VOLATILE}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


VOLATILE = frozenset({"timestamp"})
_CONTENT = tuple(item.name for item in fields(IncidentDraft) if item.name not in {"notices", "extra"})


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One row after reading: its number in the file and either a draft or the problems that reject it."""

    number: int
    draft: IncidentDraft | None
    problems: tuple[CellProblem, ...] = ()
