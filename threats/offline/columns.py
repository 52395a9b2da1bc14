"""The sheets of the workbook and their columns: every field of a threat is one column with its own value."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pocweb.tabular.writing import XLSX_MAX_TEXT
from threats.fieldlists.threat import CRITERIA, LABELS

FORMAT = 1
"""Counted up when columns change their meaning: a sheet of an older format is refused in words, not misread."""

MATRIX, GROUPS, ACTORS, LISTS, README, ORIGIN = (
    "Matrix", "Groups", "Protection actors", "Lists", "Read me", "pocweb",
)  # fmt: skip
KEY_ROW, HEAD_ROW, FIRST_ROW = 2, 3, 4
NEW_ROWS, NEW_LINES = 20, 60
MOST_TEXT = XLSX_MAX_TEXT - 67
"""What a cell is given of a text; a longer one is cut and cannot be edited in the sheet."""

LINE_TEXT = 200
Label = str | Promise


class Kind(StrEnum):
    """How a cell is written and read."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column of a sheet. `words` names its list of allowed words, `most` its longest text.

    `locked` closes the cells of rows that exist; with `open_when_new` those of the empty rows below stay open.
    """

    name: str
    label: Label
    kind: Kind = Kind.TEXT
    words: str = ""
    most: int = MOST_TEXT
    width: int = 24
    locked: bool = False
    open_when_new: bool = False
    hidden: bool = False
    hint: Label = ""


def _field(name: str, kind: Kind = Kind.TEXT, words: str = "", **more: object) -> SheetColumn:
    return SheetColumn(name, LABELS[name], kind, words, **more)  # type: ignore[arg-type]


def _told(name: str, label: Label, width: int = 12) -> SheetColumn:
    return SheetColumn(name, label, width=width, locked=True)


SEVERAL = _("Several: part them with a semicolon (;). The sheet Lists holds the words.")
FIELDS = (
    _field("title", most=160, width=30, hint=_("At most 160 characters.")),
    _field(
        "areas", Kind.MANY, "areas", locked=True, open_when_new=True,
        hint=_("P-codes, parted with a semicolon (;). Locked for threats that exist: change them on the page."),
    ),
    _field("location", most=300, hint=_("Name a village, quarter or road. At most 300 characters.")),
    _field("violence_types", Kind.MANY, "violence_types", hint=SEVERAL),
    _field("scale", width=36),
    _field("civilians", width=36, hint=_("Do not write names of sources, victims or witnesses.")),
    _field("actors", Kind.MANY, "actors", hint=SEVERAL),
    _field("perpetrators", width=30),
    _field("other_actors", width=30),
    _field("capacity", width=30),
    _field("capacity_in_reach", Kind.ONE, "known", width=12),
    _field("response", width=36),
    _field("action", width=36),
    _field("objective", width=30),
    _field("lead", Kind.ONE, "lead"),
    _field("components", Kind.MANY, "components", hint=SEVERAL),
    _field("horizon_on", Kind.DATE, width=13),
    _field("review_on", Kind.DATE, width=13),
    _field("near_mission_presence", Kind.ONE, "yes_no", width=12),
    _field("red_lines"),
    _field("triggers"),
    *(_field(name) for name in CRITERIA),
)  # fmt: skip
"""The editable fields of a threat, each with its own raw value."""

RATING = (
    SheetColumn("new_likelihood", _("New likelihood"), Kind.ONE, "likelihood", width=16,
                hint=_("Empty: the rating stays as it is.")),
    SheetColumn("new_impact", _("New impact"), Kind.ONE, "impact", width=16,
                hint=_("Empty: the rating stays as it is.")),
    SheetColumn("new_confidence", _("Confidence in the new rating"), Kind.ONE, "confidence", width=16,
                hint=_("Empty: medium.")),
    SheetColumn("new_reason", _("Reason for the new rating"), width=36,
                hint=_("Needed with a new rating. Do not write names of sources, victims or witnesses.")),
)  # fmt: skip
MATRIX_COLUMNS = (
    SheetColumn("key", "key", locked=True, hidden=True),
    SheetColumn("version", "version", locked=True, hidden=True),
    SheetColumn("rating", "rating", locked=True, hidden=True),
    _told("ref", _("Reference"), 11),
    *FIELDS,
    _told("priority", _("Priority"), 9),
    _told("likelihood", _("Likelihood")),
    _told("impact", _("Impact")),
    _told("risk", _("Risk"), 10),
    _told("trend", _("Trend"), 12),
    SheetColumn("assessed_on", _("Last rated"), Kind.DATE, width=13, locked=True),
    _told("imminent", _("Imminent"), 10),
    _told("marking", _("Marking"), 16),
    *RATING,
)
REMOVE = SheetColumn(
    "remove", _("Take this line away"), Kind.ONE, "yes", width=14, hint=_("Lines that are not here stay as they are.")
)
_LINE = SheetColumn("line", "line", locked=True, hidden=True)
_REF = SheetColumn(
    "ref", _("Reference"), Kind.ONE, "refs", width=11, locked=True, open_when_new=True,
    hint=_("The threat's reference in the sheet Matrix, such as T-031 or new 1."),
)  # fmt: skip


def _line_text(name: str, label: Label) -> SheetColumn:
    return SheetColumn(name, label, most=LINE_TEXT, width=28, hint=_("At most 200 characters."))


GROUP_COLUMNS = (
    _LINE,
    _REF,
    SheetColumn("group", _("Group"), Kind.ONE, "groups", width=28, locked=True, open_when_new=True),
    SheetColumn("area", _("Where"), Kind.ONE, "areas", width=24, locked=True, open_when_new=True),
    SheetColumn("number", _("Estimated number"), Kind.NUMBER, width=12, hint=_("Empty: unknown.")),
    _line_text("exposure", _("Exposed to")),
    SheetColumn("vulnerability", _("Vulnerability"), Kind.ONE, "vulnerability", width=14),
    _line_text("reason", _("Reason")),
    SheetColumn("as_of", _("Seen on"), Kind.DATE, width=13),
    REMOVE,
)
ACTOR_COLUMNS = (
    _LINE,
    _REF,
    SheetColumn("name", _("Actor"), Kind.ONE, "protection_actors", width=28, locked=True, open_when_new=True),
    _line_text("role", _("Role")),
    _line_text("presence", _("Presence or reach")),
    _line_text("capability", _("Capability against this threat")),
    _line_text("acceptance", _("Neutrality, relationship, acceptance")),
    _line_text("constraint", _("Legal or policy constraint")),
    _line_text("potential_harm", _("Potential to harm")),
    _line_text("willingness", _("Willingness to act")),
    _line_text("coordination", _("Readiness to coordinate with the mission")),
    REMOVE,
)
SHEETS = {MATRIX: MATRIX_COLUMNS, GROUPS: GROUP_COLUMNS, ACTORS: ACTOR_COLUMNS}
LIST_HEADS: dict[str, Label] = {
    "areas": _("Areas by p-code"),
    "violence_types": LABELS["violence_types"],
    "actors": LABELS["actors"],
    "components": LABELS["components"],
    "lead": LABELS["lead"],
    "groups": _("Groups at risk"),
    "protection_actors": LABELS["protection_actors"],
    "likelihood": _("Likelihood"),
    "impact": _("Impact"),
    "confidence": _("Confidence"),
    "vulnerability": _("Vulnerability"),
    "known": _("Capacity in reach"),
    "yes_no": _("Yes or no"),
    "yes": _("Take away"),
}
"""The lists of the sheet Lists, in their order; `refs` is made of the rows themselves."""
