"""The matrix as a file: XLSX, CSV with HXL tags, JSON with its fingerprint, PDF. All read the same rows as the page."""

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import translation
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import fingerprint
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.models import Area, Office
from pocweb.pdf import render_pdf
from pocweb.tabular import Column, write_csv, write_xlsx
from threats.changes_document import changes_page
from threats.choices import ApprovalSlot, EditionState
from threats.comparison import cell_texts, marks
from threats.edition_changes import read_changes
from threats.editions import build_content, in_force, open_edition_of
from threats.matrix_document import Approval, MatrixDocument, MatrixLine
from threats.models import EditionApproval, MatrixEdition

FORMATS = ("xlsx", "csv", "json", "pdf")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Export(NamedTuple):
    """A finished file: its bytes, its name, its media type."""

    content: bytes
    filename: str
    content_type: str


@dataclass(frozen=True)
class Sheet:
    """What goes into a file: the content of an edition, or of the live matrix, up to the reader's clearance.

    `sha256` is the fingerprint of `content`; for a frozen edition the one that was approved.
    """

    office: Office
    edition: MatrixEdition | None
    is_live: bool
    content: Mapping[str, Any]
    sha256: str
    now: datetime

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self.content["rows"])

    @property
    def marking(self) -> int:
        """Return the highest marking inside, at least that of the edition."""
        least = 0 if self.is_live or self.edition is None else self.edition.marking
        return max([least, self.content["marking"], *(row["marking"] for row in self.rows)])

    @property
    def words(self) -> str:
        """Return in words what the file holds."""
        if self.is_live:
            number = self.content["number"]
            return _("live draft of edition %(number)s") % {"number": number} if number else _("live matrix")
        assert self.edition is not None  # noqa: S101  for the type checker: what is not live is an edition
        words = {"number": self.edition.number, "state": self.edition.get_state_display().lower()}
        return _("edition %(number)s, %(state)s") % words

    @property
    def part(self) -> str:
        """Return what the file holds as a part of its name."""
        return "live" if self.is_live else f"edition-{self.content['number']}"

    @property
    def source(self) -> str:
        """Return what the file holds as the word that JSON carries."""
        return "live" if self.is_live else "edition"

    @property
    def state(self) -> str:
        """Return the state that the document names."""
        return str(EditionState(self.edition.state).label) if self.edition else _("Live matrix")

    @property
    def edition_keys(self) -> tuple[int, ...]:
        """Return the editions that the rows come from."""
        return (self.edition.pk,) if self.edition is not None and not self.is_live else ()

    @property
    def has_several(self) -> bool:
        """Say whether rows of several offices stand together."""
        return False

    @property
    def is_approved(self) -> bool:
        """Say whether the rows are those of a frozen edition, not live ones."""
        return self.edition is not None and not self.is_live

    @property
    def caveats(self) -> tuple[str, ...]:
        """Return what readers of the document are warned of."""
        return () if self.is_approved else (_("These are the rows as they stood when this file was drawn."),)


# --- what goes in -----------------------------------------------------------------------------------------------------


def read_sheet(
    office: Office,
    *,
    edition: MatrixEdition | None = None,
    live: bool = False,
    user: Any = None,
    now: datetime | None = None,
) -> Sheet:
    """Return the content to export: the named edition, else the one in force, else (or with `live`) the live rows.

    With `user` only what the person may see: rows above the clearance are left out, an edition above it counts as not
    there. Without one (commands) everything. Raises `RuleError` for an edition that is not frozen yet.
    """
    moment = now or clock.now(office.mission)
    if edition is None and not live:
        edition = in_force(office)
        if edition is not None and user is not None and edition.marking > user.clearance:
            edition = None
    if edition is not None and not live:
        if not edition.snapshot:
            raise RuleError("not_frozen", _("Edition %(ref)s is not frozen yet.") % {"ref": edition.ref})
        return Sheet(office, edition, False, edition.snapshot, edition.sha256, moment)
    draft = open_edition_of(office) or MatrixEdition(
        mission=office.mission, office=office, number=0, marking=Marking.UNCLASSIFIED
    )
    content = build_content(draft, now=moment, clearance=user.clearance if user is not None else None)
    content["frozen_at"] = None
    return Sheet(office, draft if draft.pk else None, True, content, fingerprint(content), moment)


# --- tables -----------------------------------------------------------------------------------------------------------

TEXT_TAGS = {
    "threat": "#description+threat",
    "civilians": "#beneficiary+name",
    "source": "#group+name",
    "others": "#org+other+name",
    "capacity": "#capacity+description",
    "response": "#activity+name+todate",
    "action": "#activity+name+required",
}
LEVELS = (1, 2, 3)


def table_columns() -> list[Column]:
    """Return the columns of CSV and XLSX with their HXL tags. P-codes, references and ratings are locked."""
    yes_no = (_("yes"), _("no"))
    places = [
        column
        for level in LEVELS
        for column in (
            Column(f"adm{level}_code", _("P-code, level %(n)d") % {"n": level}, f"#adm{level}+code", locked=True),
            Column(f"adm{level}_name", _("Area, level %(n)d") % {"n": level}, f"#adm{level}+name", locked=True),
        )
    ]
    return [
        Column("ref", _("Reference"), "#meta+id", locked=True, width=10),
        Column("version", _("Version"), "#meta+version", locked=True, width=8),
        Column("office", _("Office"), "#org+office", locked=True),
        Column("title", _("Title"), "#meta+title", width=30),
        Column("priority", _("Priority"), "#severity+priority+num", locked=True, width=8),
        Column("risk", _("Risk level"), "#severity+num", locked=True, width=8),
        Column("risk_label", _("Risk"), "#severity+name", locked=True, width=10),
        Column("likelihood", _("Likelihood"), "#severity+likelihood+num", locked=True, width=8),
        Column("impact", _("Impact"), "#severity+impact+num", locked=True, width=8),
        Column("trend_label", _("Trend"), "#severity+trend", locked=True, width=12),
        Column("assessed_on", _("Last rated"), "#date+start", locked=True, width=12),
        Column("horizon_on", _("Horizon"), "#date+end", width=12),
        Column("imminent", _("Imminent"), "#status+imminent", locked=True, choices=yes_no, width=10),
        *places,
        Column("location", _("Location"), "#loc+name", width=28),
        Column("threat", _("Threat and scale"), TEXT_TAGS["threat"], width=36),
        Column("civilians", _("Civilians at risk"), TEXT_TAGS["civilians"], width=36),
        Column("source", _("Source of violence"), TEXT_TAGS["source"], width=28),
        Column("others", _("Other actors, role"), TEXT_TAGS["others"], width=28),
        Column("capacity", _("Mission capacity"), TEXT_TAGS["capacity"], width=28),
        Column("capacity_in_reach", _("Capacity in reach"), "#capacity+inreach", choices=yes_no, width=10),
        Column("response", _("Response to date"), TEXT_TAGS["response"], width=36),
        Column("action", _("Action required"), TEXT_TAGS["action"], width=36),
        Column("tiers", _("Tiers"), "#activity+tier", locked=True),
        Column("phases", _("Phases"), "#activity+phase", locked=True),
        Column("lead", _("Lead"), "#contact+name"),
        Column("components", _("Contributing components"), "#org+impl", width=24),
        Column("objective", _("Objective"), "#objective+description", width=30),
        Column("gaps", _("Gaps"), "#meta+gaps", locked=True, width=30),
        Column("status_label", _("Status"), "#status+name", locked=True, width=10),
        Column(
            "marking_label",
            _("Marking"),
            "#meta+classification",
            locked=True,
            choices=tuple(str(label) for label in Marking.labels),
        ),
    ]


COPIED = (
    *("ref", "version", "title", "priority", "risk", "risk_label", "likelihood", "impact", "trend_label"),
    *("horizon_on", "assessed_on", "imminent", "capacity_in_reach", "lead", "components", "objective", "status_label"),
)


def table_rows(sheet: Sheet) -> list[dict[str, Any]]:
    """Return one flat row per threat; a threat in several places names them all, parted by "; "."""
    places = _places(sheet.rows)
    found = []
    for row in sheet.rows:
        cells = cell_texts(row)
        activities = [*row["response_activities"], *row["action_activities"]]
        flat: dict[str, Any] = {name: row[name] for name in COPIED}
        flat |= {key: cells[key] for key in TEXT_TAGS}
        flat |= places[row["pk"]]
        flat["location"] = row["location"] or None
        flat["office"] = row["office_name"]
        flat["tiers"] = list(dict.fromkeys(str(one["tier"]) for one in sorted(activities, key=lambda a: a["tier"])))
        flat["phases"] = list(dict.fromkeys(phase for one in activities for phase in one["phases"]))
        flat["gaps"] = " ".join(gap["message"] for gap in row["gaps"])
        flat["marking_label"] = str(Marking(row["marking"]).label)
        found.append(flat)
    return found


def _places(rows: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, list[str]]]:
    """Return codes and names of the areas by level and threat, the areas above them included; two queries."""
    rows = list(rows)
    wanted = {area["pcode"] for row in rows for area in row["areas"]}
    named = {area.pcode: area for area in Area.objects.filter(pcode__in=wanted).defer("shape")}
    length = Area.steplen
    paths = {area.path[:end] for area in named.values() for end in range(length, len(area.path) + 1, length)}
    by_path = {area.path: area for area in Area.objects.filter(path__in=paths).defer("shape")}
    found = {}
    for row in rows:
        lines: dict[str, list[str]] = {f"adm{level}_{part}": [] for level in LEVELS for part in ("code", "name")}
        for area in (named[one["pcode"]] for one in row["areas"] if one["pcode"] in named):
            for end in range(length, len(area.path) + 1, length):
                above = by_path[area.path[:end]]
                if above.level in LEVELS and above.pcode not in lines[f"adm{above.level}_code"]:
                    lines[f"adm{above.level}_code"].append(above.pcode)
                    lines[f"adm{above.level}_name"].append(above.name)
        found[row["pk"]] = lines
    return found


def as_csv(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    write_csv(table_columns(), table_rows(sheet), out)
    return out.getvalue()


def as_xlsx(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    write_xlsx(table_columns(), table_rows(sheet), out, title=sheet.office.code, protect=True)
    return out.getvalue()


# --- JSON -------------------------------------------------------------------------------------------------------------


def as_json(sheet: Sheet) -> bytes:
    """Return the content with its fingerprint: SHA-256 of `content` in canonical JSON (keys sorted, no spaces)."""
    edition = sheet.edition
    approvals = _approvals(edition) if edition and not sheet.is_live else []
    data = {
        "source": sheet.source,
        "state": edition.state if edition else "",
        "sha256": sheet.sha256,
        "marking": str(Marking(sheet.marking).label),
        "approvals": [
            {"slot": one.slot, "person": str(one.person), "at": one.at, "sha256": one.sha256} for one in approvals
        ],
        "content": sheet.content,
    }
    return json.dumps(data, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder).encode()


def _approvals(edition: MatrixEdition) -> list[EditionApproval]:
    return list(edition.approvals.select_related("person"))


# --- PDF --------------------------------------------------------------------------------------------------------------


def build_document(sheet: Sheet) -> MatrixDocument:
    """Return the sheet as the document that the PDF's template draws; the same sheet gives the same document."""
    edition, content = sheet.edition, sheet.content
    frozen = None if sheet.is_live or edition is None else edition
    before = compared_with(sheet)
    moved = read_changes(before, frozen, now=sheet.now, clearance=sheet.marking, rows=sheet.rows) if before else None
    found = marks(moved.comparison) if moved else {}
    return MatrixDocument(
        mission=content["mission_name"],
        office=content["office_name"],
        edition=content["number"] or 0,
        state=sheet.state,
        marking=str(Marking(sheet.marking).label),
        lines=tuple(_line(row, found, names_office=sheet.has_several) for row in sheet.rows),
        approvals=tuple(_way(edition)) if edition else (),
        created_at=frozen.frozen_at if frozen and frozen.frozen_at else sheet.now,
        frozen_at=frozen.frozen_at if frozen else None,
        in_force_from=frozen.in_force_at.date() if frozen and frozen.in_force_at else None,
        horizon_until=date.fromisoformat(content["horizon_on"]) if content["horizon_on"] else None,
        scheme="; ".join(content["schemes"]),
        compared_with=before.number if before else None,
        changes=changes_page(moved.before.number, moved.comparison, moved.lines) if moved else None,
        fingerprint=sheet.sha256 if frozen else "",
        caveats=sheet.caveats,
        is_approved=sheet.is_approved,
    )


def compared_with(sheet: Sheet) -> MatrixEdition | None:
    """Return the frozen edition that the sheet is marked against; none above the sheet's own marking."""
    number = sheet.content["compared_with"]
    if not number:
        return None
    rows = MatrixEdition.objects.filter(office=sheet.office, number=number, marking__lte=sheet.marking)
    return rows.exclude(sha256="").first()


def _line(row: Mapping[str, Any], found: Mapping[int, Any], *, names_office: bool = False) -> MatrixLine:
    cells = cell_texts(row)
    mark = found.get(row["pk"])
    change = "" if mark is None else _("New") if mark.is_new else _("Changed")
    rated = f"{row['likelihood_label']} × {row['impact_label']}".lower() if row["likelihood"] else ""
    return MatrixLine(
        reference=row["ref"],
        priority=row["priority"] or 0,
        priority_word=row["priority_label"],
        risk=row["risk_label"] or _("Not rated"),
        level=row["risk"] or 0,
        assessment=", ".join(part for part in (rated, row["trend_label"]) if part),
        location=cells["location"],
        threat=cells["threat"],
        civilians_at_risk=cells["civilians"],
        source_of_violence=cells["source"],
        other_actors=cells["others"],
        mission_capacity=cells["capacity"],
        response_to_date=cells["response"],
        action_required=cells["action"],
        objective=row["objective"],
        lead=row["lead"],
        contributions=", ".join(row["components"]),
        change=change,
        imminent=_since(row) if row["imminent"] else "",
        gaps=tuple(gap["message"] for gap in row["gaps"]),
        office=row["office_name"] if names_office else "",
    )


def _since(row: Mapping[str, Any]) -> str:
    if not row["imminent_since"]:
        return _("Decided, moment not recorded.")
    moment = datetime.fromisoformat(row["imminent_since"])
    return _("Since %(day)s.") % {"day": f"{moment.day} {moment:%B %Y, %H:%M} UTC"}


def _way(edition: MatrixEdition) -> Iterable[Approval]:
    """Yield the edition's way: opened, endorsed, and the three approvals, given or awaited."""
    yield Approval(_("Opened"), _("Drafter"), str(edition.created_by or _("unknown")), edition.created_at)
    if edition.consulted_at:
        yield Approval(_("Consultation"), _("Components and partners"), "", edition.consulted_at)
    yield Approval(_("Endorsed"), _("Forum"), edition.endorsed_by, edition.endorsed_at)
    given = {one.slot: one for one in _approvals(edition)}
    for slot, label in ApprovalSlot.choices:
        one = given.get(slot)
        yield Approval(
            _("Approved"), str(label), str(one.person) if one else "", one.at if one else None, one.note if one else ""
        )


def as_pdf(sheet: Sheet) -> bytes:
    """Return the PDF. Takes seconds: in the web only a background job calls it."""
    return render_pdf("threats/pdf/matrix.html", {"matrix": build_document(sheet)})


# --- the one door -----------------------------------------------------------------------------------------------------

WRITERS = {"csv": as_csv, "json": as_json, "pdf": as_pdf, "xlsx": as_xlsx}


def render_sheet(sheet: Sheet, as_: str) -> Export:
    """Return the sheet as a file, in the installation's language, in which frozen texts are written too."""
    if as_ not in WRITERS:
        raise RuleError("unknown_format", _("Choose one of: %(names)s.") % {"names": ", ".join(FORMATS)}, "as")
    with translation.override(settings.LANGUAGE_CODE):
        content = WRITERS[as_](sheet)
    return Export(content, f"matrix-{sheet.content['mission']}-{sheet.office.code}-{sheet.part}.{as_}", TYPES[as_])


def export_matrix(
    office: Office,
    *,
    as_: str,
    edition: MatrixEdition | None = None,
    live: bool = False,
    user: Any = None,
    now: datetime | None = None,
) -> Export:
    """Return an office's matrix as a file: the edition named, else the one in force, else the live rows.

    `as_` is one of `FORMATS`; for the rest see `read_sheet`. Raises `RuleError`.
    """
    return render_sheet(read_sheet(office, edition=edition, live=live, user=user, now=now), as_)
