"""Our own layout: the template that mission staff fill in, and the form in which incidents leave and come back."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from pocweb.choices import Marking
from pocweb.tabular import CellProblem, Column, Row
from threats.choices import (
    ActorSide,
    Age,
    DatePrecision,
    EventKind,
    Harm,
    PersonStatus,
    PointPrecision,
    Sex,
    SourceOfViolence,
    Verification,
)

from .cells import MAX_COUNT, Cells, split
from .drafts import ActorRef, CountRow, IncidentDraft
from .vocabulary import VIOLENCE_TYPES

HARMS = {
    Harm.KILLED: ("Killed", "#affected+killed"),
    Harm.INJURED: ("Injured", "#affected+injured"),
    Harm.ABDUCTED: ("Abducted", "#affected+abducted"),
    Harm.DISPLACED: ("Displaced", "#affected+displaced"),
}
GROUPS = {
    "women": ("women", "+f+adults", Sex.WOMAN, Age.ADULT),
    "men": ("men", "+m+adults", Sex.MAN, Age.ADULT),
    "girls": ("girls", "+f+children", Sex.WOMAN, Age.CHILD),
    "boys": ("boys", "+m+children", Sex.MAN, Age.CHILD),
}
SIDES = {
    "perpetrators": ActorSide.PERPETRATOR,
    "parties": ActorSide.PARTY,
    "targets": ActorSide.VICTIM,
}
PLACE_LEVELS = {"country": 0, "admin1": 1, "admin2": 2, "admin3": 3, "locality": 4}
MARKINGS = {marking.name.lower(): marking for marking in Marking}
POINT_PRECISIONS = {str(value): value for value in PointPrecision}


def _codes(choices: Any) -> dict[str, Any]:
    """Return the members of an enumeration by code and by English word, case folded."""
    by_code = {str(member.value).casefold(): member for member in choices}
    return {**by_code, **{member.name.casefold(): member for member in choices}}


EVENT_KINDS, DATE_PRECISIONS = _codes(EventKind), _codes(DatePrecision)
VERIFICATIONS, SOURCES = _codes(Verification), _codes(SourceOfViolence)
BREAKDOWN = re.compile(r"(\w+)/(\w+)/(\w+)/(\w+)\s*=\s*(\d{1,8})(?:-(\d{1,8})-(\d{1,8}))?\Z")
BREAKDOWN_FORM = "killed/civilian/woman/adult=2; injured/unknown/unknown/child=1-2-4"


def _values(choices: Any) -> tuple[str, ...]:
    return tuple(str(member.value) for member in choices)


def _count_columns() -> list[Column]:
    columns = []
    for harm, (label, tag) in HARMS.items():
        for part, attribute in (("low", "+min"), ("best", "+best"), ("high", "+max")):
            columns.append(Column(f"{harm}_{part}", f"{label}, {part}", f"{tag}{attribute}", width=10))
        for part, (word, attribute, _sex, _age) in GROUPS.items():
            columns.append(Column(f"{harm}_{part}", f"{label}, {word}", f"{tag}{attribute}", width=10))
    return columns


COLUMNS: tuple[Column, ...] = (
    Column("origin_id", "Incident id", "#event+code", help="Your own number of the incident; keep it in later files."),
    Column("title", "Title", "#event+name", width=40),
    Column("event_kind", "Kind of event", "#event+type", choices=_values(EventKind)),
    Column("violence_types", "Forms of violence", "#event+type+sub", width=30,
           help="Separate several with ; - direct-attack, killing, rape, abduction, forced-displacement, pillage ..."),
    Column("starts_on", "Date", "#date+occurred", width=12, help="Year-month-day, such as 2023-02-16."),
    Column("ends_on", "Until", "#date+end", width=12, help="Empty when the incident lasted one day."),
    Column("date_precision", "Precision of the date", "#date+occurred+precision", choices=_values(DatePrecision)),
    Column("pcode", "P-code of the place", "#adm+code", help="If you know it; the names are then not needed."),
    Column("country", "Country", "#country+name"),
    Column("admin1", "Admin 1", "#adm1+name"),
    Column("admin2", "Admin 2", "#adm2+name"),
    Column("admin3", "Admin 3", "#adm3+name"),
    Column("locality", "Locality", "#adm4+name"),
    Column("place", "Place in words", "#loc+name", width=30),
    Column("lat", "Latitude", "#geo+lat", width=11, help="Degrees north, such as 4.3667."),
    Column("lon", "Longitude", "#geo+lon", width=11, help="Degrees east, such as 18.5833."),
    Column("point_precision", "Precision of the place", "#geo+precision", choices=tuple(POINT_PRECISIONS),
           help="1 exact, 2 within 25 km, 3 second level, 4 first level, 5 region, 6 country."),
    Column("perpetrators", "Perpetrators", "#group+name+first", width=30, help="Separate several with ;"),
    Column("perpetrator_source", "Source of violence", "#group+type", choices=_values(SourceOfViolence)),
    Column("parties", "Parties to the clash", "#group+name+party", width=30, help="Separate several with ;"),
    Column("targets", "Armed actors attacked", "#group+name+target", width=30, help="Separate several with ;"),
    *_count_columns(),
    Column("civilians_killed", "Civilians killed", "#affected+killed+civilians", width=10),
    Column("breakdown", "Further breakdown", "#affected+breakdown", width=40,
           help=f"harm/status/sex/age=number or low-best-high: {BREAKDOWN_FORM}"),
    Column("verification", "Verification", "#status+name", choices=_values(Verification)),
    Column("number_of_reports", "Number of reports", "#meta+sources+num", width=10),
    Column("source_codes", "Sources (pseudonyms)", "#meta+source", help="Codes, not names. Separate several with ;"),
    Column("source_note", "Public reports cited", "#meta+source+note", width=40),
    Column("narrative", "What happened", "#description", width=60),
    Column("mission_response", "Response of the mission", "#description+response", width=40),
    Column("marking", "Marking", "#meta+classification", choices=tuple(MARKINGS)),
)  # fmt: skip
LABELS = {column.name: column.label for column in COLUMNS}
REQUIRED = frozenset({"origin_id", "title", "starts_on"})


def parse(row: Row, violence_types: tuple[str, ...] = VIOLENCE_TYPES) -> IncidentDraft | list[CellProblem]:
    """Return the incident of a row, or what is wrong with its cells.

    `violence_types` are the codes that the mission knows. Whether the person may set the verification or the marking
    of the file is for the service to ask.
    """
    cells = Cells(row, LABELS)
    starts_on, ends_on = cells.span("starts_on", "ends_on")
    lat, lon = cells.point("lat", "lon")
    precision = cells.coded("point_precision", POINT_PRECISIONS, PointPrecision.EXACT) if lat is not None else None
    if lat is None and cells.raw("point_precision"):
        precision = cells.coded("point_precision", POINT_PRECISIONS)
    totals = {harm: _totals(cells, harm) for harm in HARMS}
    counts = _counts(cells, totals)
    draft: dict[str, Any] = {
        "origin_id": cells.text("origin_id", most=60, required=True),
        "title": cells.text("title", most=200, required=True),
        "date_precision": cells.coded("date_precision", DATE_PRECISIONS, DatePrecision.DAY),
        "event_kind": cells.coded("event_kind", EVENT_KINDS, EventKind.OTHER),
        "violence_types": cells.several("violence_types", {code: code for code in violence_types}),
        "actors": _actors(cells),
        "names": _names(cells),
        "pcode": cells.text("pcode", most=20),
        "place": cells.text("place", most=300),
        "civilians_killed": _civilians(cells, totals[Harm.KILLED]),
        "number_of_reports": cells.whole("number_of_reports"),
        "source_codes": tuple(dict.fromkeys(split(cells.text("source_codes", most=400)))),
        "source_note": cells.text("source_note"),
        "narrative": cells.text("narrative"),
        "mission_response": cells.text("mission_response"),
        "verification": cells.coded("verification", VERIFICATIONS, Verification.REPORTED),
        "marking": cells.coded("marking", MARKINGS, Marking.UNCLASSIFIED),
    }
    for harm, span in totals.items():
        draft |= dict(zip((f"{harm}_low", f"{harm}_best", f"{harm}_high"), span, strict=True))
    if cells.problems or starts_on is None or ends_on is None:
        return cells.problems
    hidden = precision is not None and precision not in PointPrecision.PLOTTED
    extra = cells.extra()
    if hidden and lat is not None:
        extra |= {"lat": cells.raw("lat"), "lon": cells.raw("lon")}
        lat = lon = None
    return IncidentDraft(
        starts_on=starts_on, ends_on=ends_on, lat=lat, lon=lon, point_precision=precision, counts=counts,
        extra=extra, **draft,
    )  # fmt: skip


def _totals(cells: Cells, harm: Harm) -> tuple[int | None, int | None, int | None]:
    """Return low, best and high of a harm; best is needed when one of the others is given, and they are in order."""
    low, best, high = (cells.whole(f"{harm}_{part}") for part in ("low", "best", "high"))
    if best is None:
        if (low is not None or high is not None) and not cells.raw(f"{harm}_best"):
            cells.refuse(f"{harm}_best", "missing", _("low or high is given without the best estimate."))
        return low, best, high
    if low is not None and low > best:
        figures = {"low": low, "best": best}
        cells.refuse(f"{harm}_low", "bounds", _("low %(low)s is above best %(best)s.") % figures)
    if high is not None and high < best:
        figures = {"high": high, "best": best}
        cells.refuse(f"{harm}_high", "bounds", _("high %(high)s is below best %(best)s.") % figures)
    return low, best, high


def _counts(cells: Cells, totals: dict[Harm, tuple[int | None, int | None, int | None]]) -> tuple[CountRow, ...]:
    """Return the breakdown by status, sex and age; a total that is empty becomes the sum of its parts."""
    rows: dict[tuple[str, ...], CountRow] = {}
    for harm in HARMS:
        for part, (_word, _tag, sex, age) in GROUPS.items():
            number = cells.whole(f"{harm}_{part}")
            if number is not None:
                row = CountRow(harm, PersonStatus.UNKNOWN, sex, age, number, number, number)
                rows[row[:4]] = row
    for entry in split(cells.raw("breakdown")):
        found = _breakdown(entry)
        if found is None:
            reason = _('"%(entry)s" is not in the form %(form)s.') % {"entry": entry[:40], "form": BREAKDOWN_FORM}
            cells.refuse("breakdown", "breakdown", reason)
        elif found[:4] in rows:
            cells.refuse("breakdown", "twice", _('"%(entry)s" is counted twice.') % {"entry": entry[:40]})
        else:
            rows[found[:4]] = found
    for harm, (low, best, high) in totals.items():
        parts = [row for row in rows.values() if row.harm == harm]
        if parts and low is None and best is None and high is None and not cells.raw(f"{harm}_best"):
            sums = [sum(getattr(row, part) for row in parts) for part in ("low", "best", "high")]
            totals[harm] = (sums[0], sums[1], sums[2])
        elif parts and best is not None and sum(row.best for row in parts) > max(best, high or 0):
            cells.refuse(f"{harm}_best", "breakdown_over", _("the parts add up to more than the total."))
    return tuple(sorted(rows.values()))


def _breakdown(entry: str) -> CountRow | None:
    match = BREAKDOWN.match(entry.strip())
    if match is None:
        return None
    first = int(match.group(5))
    best, high = int(match.group(6) or first), int(match.group(7) or first)
    if not first <= best <= high <= MAX_COUNT:
        return None
    harm, status, sex, age = (part.casefold() for part in match.groups()[:4])
    try:
        return CountRow(Harm(harm), PersonStatus(status), Sex(sex), Age(age), first, best, high)
    except ValueError:
        return None


def _civilians(cells: Cells, killed: tuple[int | None, int | None, int | None]) -> int | None:
    civilians = cells.whole("civilians_killed")
    most = max((number for number in killed if number is not None), default=None)
    if civilians is not None and most is not None and civilians > most:
        figures = {"civilians": civilians, "most": most}
        reason = _("%(civilians)s civilians are more than the %(most)s people killed.") % figures
        cells.refuse("civilians_killed", "civilians_over", reason)
    return civilians


def _names(cells: Cells) -> tuple[tuple[int, str], ...]:
    found = ((level, cells.text(column, most=120)) for column, level in PLACE_LEVELS.items())
    return tuple((level, name) for level, name in found if name)


def _actors(cells: Cells) -> tuple[ActorRef, ...]:
    source = cells.coded("perpetrator_source", SOURCES, SourceOfViolence.UNKNOWN) or SourceOfViolence.UNKNOWN
    actors: list[ActorRef] = []
    for column, side in SIDES.items():
        for name in dict.fromkeys(split(cells.raw(column))):
            if len(name) > 160:
                cells.refuse(column, "too_long", _("a name has more than 160 characters."))
            known = source if side == ActorSide.PERPETRATOR else SourceOfViolence.UNKNOWN
            actors.append(ActorRef(name, "", side, known))
    return tuple(actors)


def template_row(draft: IncidentDraft) -> dict[str, Any]:
    """Return the cells of a draft by column name, so that writing and reading it again gives the same draft."""
    simple = {column.name: getattr(draft, column.name) for column in COLUMNS if hasattr(draft, column.name)}
    cells = {name: getattr(value, "value", value) for name, value in simple.items()}
    levels = dict(draft.names)
    cells |= {column: levels.get(level, "") for column, level in PLACE_LEVELS.items()}
    for column, side in SIDES.items():
        cells[column] = [actor.name for actor in draft.actors if actor.side == side]
    sources = {str(actor.source) for actor in draft.actors if actor.side == ActorSide.PERPETRATOR}
    cells["perpetrator_source"] = sources.pop() if len(sources) == 1 else ""
    cells["breakdown"] = _write_counts(draft.counts, cells)
    cells["marking"] = draft.marking.name.lower()
    return cells


def _write_counts(counts: tuple[CountRow, ...], cells: dict[str, Any]) -> str:
    """Put simple counts into their columns and return all others in the form of the breakdown column."""
    columns: Mapping[tuple[Sex, Age], str] = {(sex, age): part for part, (_w, _t, sex, age) in GROUPS.items()}
    others = []
    for row in counts:
        part = columns.get((row.sex, row.age))
        if part and row.status == PersonStatus.UNKNOWN and row.low == row.best == row.high:
            cells[f"{row.harm}_{part}"] = row.best
        else:
            figures = str(row.best) if row.low == row.best == row.high else f"{row.low}-{row.best}-{row.high}"
            others.append(f"{row.harm.value}/{row.status.value}/{row.sex.value}/{row.age.value}={figures}")
    return "; ".join(others)
