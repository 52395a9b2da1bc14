"""The code cable as plain data: everything that stands on its pages, and nothing that must still be looked up.

A builder fills it from the frozen figures; `templates/reporting/_quarterly_body.html` shows it, in the preview and in
the PDF alike. Moments are aware and already in the zone they are to be read in. Source of the order of parts: POC
Handbook 2020, 8.4; of the head and foot: the mission's correspondence practice, kept as data in `header_lines`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pocweb.charts import Drawing


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """One line of the head: PRECEDENCE, TO, FROM, INFO, DATE, NUMBER, FILE REF, SUBJECT in the mission's layout."""

    name: str
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; `note` is the number of the figure note that vouches for the value in it."""

    text: str
    note: int | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A numbered paragraph; `lead` is the word or two in bold that open it."""

    runs: tuple[Run, ...]
    lead: str = ""

    @classmethod
    def plain(cls, text: str, *, lead: str = "") -> "Paragraph":
        """Return a paragraph without figure references."""
        return cls(runs=(Run(text),), lead=lead)


@dataclass(frozen=True, slots=True)
class ThreatLine:
    """One priority threat. `level` is the risk's colour step from 1 (low) to 4 (extreme), `risk` its word."""

    priority: int
    risk: str
    level: int
    place: str
    threat: str
    source: str
    likelihood: str
    impact: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ThreatTable:
    """The priority threats, first priority first."""

    kind: ClassVar[str] = "threats"
    title: str
    lines: tuple[ThreatLine, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """The number of threats at one likelihood and impact, with the risk that the scheme gives to that place."""

    count: int
    level: int
    risk: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """The cells of one likelihood, lowest impact first."""

    name: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatGrid:
    """Threats counted by likelihood (rows, highest first) and impact (columns, lowest first) of one scheme."""

    kind: ClassVar[str] = "heat"
    title: str
    scheme: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A chart or map in the text. Its caption carries the boundary disclaimer where it is a map."""

    kind: ClassVar[str] = "drawing"
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class CasualtyLine:
    """Casualties of one area or kind. None means not recorded, which is printed as a dash and is not zero."""

    name: str
    events: int | None
    killed_best: int | None
    killed_low: int | None
    killed_high: int | None
    civilians: int | None
    verified: int | None
    injured: int | None = None
    is_total: bool = False

    @property
    def has_range(self) -> bool:
        """Say whether low and high are known and differ."""
        return self.killed_low is not None and self.killed_high is not None and self.killed_low != self.killed_high


@dataclass(frozen=True, slots=True)
class CasualtyTable:
    """Casualties with the state of their verification and the method of counting."""

    kind: ClassVar[str] = "casualties"
    title: str
    lines: tuple[CasualtyLine, ...]
    verification: str
    method: str

    @property
    def shows_injured(self) -> bool:
        """Say whether any line has a number of injured; without one the column is left out and the note says so."""
        return any(line.injured is not None for line in self.lines)


@dataclass(frozen=True, slots=True)
class TriggerLine:
    """A coming event of the trigger calendar."""

    days: str
    event: str
    place: str
    past_effect: str
    planned_action: str
    reference: str


@dataclass(frozen=True, slots=True)
class TriggerTable:
    """The events of the three months ahead, in order of their days."""

    kind: ClassVar[str] = "triggers"
    title: str
    lines: tuple[TriggerLine, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A risk factor of atrocity crimes that moved; `level` is the colour step from 1 to 4."""

    factor: str
    baseline: str
    now: str
    level: int
    change: str
    place: str
    read_on: str


@dataclass(frozen=True, slots=True)
class FactorTable:
    """The risk factors above their baseline or risen in the quarter."""

    kind: ClassVar[str] = "factors"
    title: str
    lines: tuple[FactorRow, ...]
    note: str = ""


AnyExhibit = ThreatTable | HeatGrid | Exhibit | CasualtyTable | TriggerTable | FactorTable


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the cable: heading, numbered paragraphs, then rows of one or two exhibits side by side."""

    title: str
    paragraphs: tuple[Paragraph, ...] = ()
    number: str = ""
    note: str = ""
    level: int = 1
    exhibits: tuple[tuple[AnyExhibit, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class NumberedSection:
    """A section with the number of its first paragraph; numbers run on through the whole cable."""

    section: Section
    first: int


@dataclass(frozen=True, slots=True)
class FigureNote:
    """Where a number comes from: the question asked, its answer, how far verified, by what source and method, when."""

    number: int
    value: str
    question: str
    verification: str
    source: str
    method: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """An act of drafting, clearing or authorising. Without `at` it has not been done, and the page says so."""

    act: str
    name: str
    role: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source of figures or shapes, its licence and what its use obliges us to say."""

    name: str
    licence: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class CodeCable:
    """One cable, complete. `created_at` enters the PDF's properties, so that the same cable gives the same bytes.

    A draft's figures still move (`is_frozen` is False): then `frozen_at` is the moment as of which they stand.
    """

    number: str
    subject: str
    mission: str
    marking: str
    header_lines: tuple[HeaderLine, ...]
    lead: tuple[Run, ...]
    sections: tuple[Section, ...]
    signatures: tuple[Signature, ...]
    frozen_at: datetime
    created_at: datetime
    figures: tuple[FigureNote, ...] = ()
    sources: tuple[SourceLine, ...] = ()
    corrects: str = ""
    state: str = ""
    is_frozen: bool = True
    classification_note: str = ""
    caveats: tuple[str, ...] = ()

    @property
    def numbered_sections(self) -> tuple[NumberedSection, ...]:
        """Return the sections, each with the number of its first paragraph."""
        numbered, first = [], 1
        for section in self.sections:
            numbered.append(NumberedSection(section=section, first=first))
            first += len(section.paragraphs)
        return tuple(numbered)

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """Return the charts and maps in the text, whose figures the annex repeats as tables."""
        return tuple(exhibit.drawing for exhibit in self._exhibits() if isinstance(exhibit, Exhibit))

    def missing_notes(self) -> tuple[int, ...]:
        """Return the numbers of figure notes that the text refers to and that do not exist."""
        known = {figure.number for figure in self.figures}
        runs = [run for section in self.sections for paragraph in section.paragraphs for run in paragraph.runs]
        used = {run.note for run in (*self.lead, *runs) if run.note is not None}
        return tuple(sorted(used - known))

    def _exhibits(self) -> Iterator[AnyExhibit]:
        for section in self.sections:
            for row in section.exhibits:
                yield from row
