"""The POC Threat Matrix as a document: one edition as it was frozen, as plain data.

The ten columns and the process come from the POC Handbook 2020, 8.3. A builder fills these classes from the edition's
snapshot; `templates/threats/pdf/matrix.html` shows them. Moments are aware and in the zone they are to be read in.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One row that moved: its rating then and now (words, and level 1 to 4 or 0), the cells that differ, and why."""

    group: str
    reference: str
    title: str
    was: str
    was_level: int
    now: str
    now_level: int
    cells: str
    why: str


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """What moved since edition `number`. `unchanged` are the references of rows that stayed as they were."""

    number: int
    headline: str
    entries: tuple[ChangeEntry, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One threat: the ten columns as text, and under them objective, lead and gaps.

    `level` is the risk's colour step from 1 (low) to 4 (extreme). `change` is the word for what happened since the
    last edition (New, Changed), empty when nothing did. Each gap is one sentence. `office` is named where lines of
    several offices stand together.
    """

    reference: str
    priority: int
    priority_word: str
    risk: str
    level: int
    assessment: str
    location: str
    threat: str
    civilians_at_risk: str
    source_of_violence: str
    other_actors: str
    mission_capacity: str
    response_to_date: str
    action_required: str
    objective: str = ""
    lead: str = ""
    contributions: str = ""
    change: str = ""
    imminent: str = ""
    gaps: tuple[str, ...] = ()
    office: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """Return columns 3 to 10 in the Handbook's order."""
        return (
            self.location,
            self.threat,
            self.civilians_at_risk,
            self.source_of_violence,
            self.other_actors,
            self.mission_capacity,
            self.response_to_date,
            self.action_required,
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """One step of the edition's way: who agreed or approved in which role, and when; without `at`, awaited."""

    act: str
    role: str
    name: str
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MatrixDocument:
    """One edition, complete. `fingerprint` is the SHA-256 of the frozen snapshot, empty while it is a draft.

    `is_approved` without a fingerprint: no edition of its own, but rows that offices approved in theirs.
    """

    mission: str
    office: str
    edition: int
    state: str
    marking: str
    lines: tuple[MatrixLine, ...]
    approvals: tuple[Approval, ...]
    created_at: datetime
    frozen_at: datetime | None = None
    in_force_from: date | None = None
    review_due_on: date | None = None
    horizon_until: date | None = None
    scheme: str = ""
    compared_with: int | None = None
    fingerprint: str = ""
    classification_note: str = ""
    caveats: tuple[str, ...] = ()
    changes: ChangesPage | None = None
    is_approved: bool = False

    @property
    def subject(self) -> str:
        """Return what the document holds: the office and its edition; without a number, the office and the state."""
        if self.edition:
            return _("%(office)s, edition %(number)s") % {"office": self.office, "number": self.edition}
        return f"{self.office}, {self.state[:1].lower()}{self.state[1:]}"

    @property
    def foot(self) -> str:
        """Return what stands at the foot of each page: the start of the fingerprint, or why there is none."""
        if self.fingerprint:
            return f"SHA-256 {self.fingerprint[:16]}"
        return _("Approved rows") if self.is_approved else _("Not frozen")

    @property
    def gap_count(self) -> int:
        """Return the number of gaps over all threats."""
        return sum(len(line.gaps) for line in self.lines)

    @property
    def lines_with_gaps(self) -> tuple[MatrixLine, ...]:
        """Return the threats that have a gap, in the order of the matrix."""
        return tuple(line for line in self.lines if line.gaps)
