"""The layout of the UCDP Georeferenced Event Dataset (UCDP GED, 49 columns, version 23.1) and what follows from it."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from pocweb.tabular import CellProblem, Row
from threats.choices import ActorSide, DatePrecision, EventKind, PointPrecision, SourceOfViolence

from .cells import Cells, cut
from .drafts import ActorRef, IncidentDraft

HEADER = """
id relid year active_year code_status type_of_violence conflict_dset_id conflict_new_id conflict_name
dyad_dset_id dyad_new_id dyad_name side_a_dset_id side_a_new_id side_a side_b_dset_id side_b_new_id side_b
number_of_sources source_article source_office source_date source_headline source_original where_prec
where_coordinates where_description adm_1 adm_2 latitude longitude geom_wkt priogrid_gid country country_id region
event_clarity date_prec date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown best high low gwnoa
gwnob
"""
COLUMNS = tuple(HEADER.split())
REQUIRED = frozenset(
    {
        "id",
        "type_of_violence",
        "side_a",
        "side_b",
        "where_prec",
        "adm_1",
        "latitude",
        "longitude",
        "date_prec",
        "date_start",
        "date_end",
        "deaths_civilians",
        "best",
        "high",
        "low",
    }
)
KINDS = {"1": EventKind.STATE_BASED, "2": EventKind.NON_STATE, "3": EventKind.ONE_SIDED}
DATE_PRECISIONS = {
    "1": DatePrecision.DAY,
    "2": DatePrecision.DAYS,
    "3": DatePrecision.WEEK,
    "4": DatePrecision.MONTH,
    "5": DatePrecision.YEAR,
}
# 7 is international waters or airspace: no area of a country, so no more than a region.
POINT_PRECISIONS = {**{str(value): value for value in PointPrecision}, "7": PointPrecision.REGION}
CIVILIANS = "civilians"


def headerless(first_row: Sequence[str]) -> Sequence[str] | None:
    """Return the official column names for a first row that is already an event: 49 cells, a number first."""
    return COLUMNS if len(first_row) == len(COLUMNS) and first_row[0].strip().isdigit() else None


def parse(row: Row) -> IncidentDraft | list[CellProblem]:
    """Return the event of a row, or what is wrong with its cells. Source: UCDP GED Codebook."""
    cells = Cells(row)
    origin_id = cells.text("id", most=60, required=True)
    kind = cells.coded("type_of_violence", KINDS)
    starts_on, ends_on = cells.span("date_start", "date_end")
    date_precision = cells.coded("date_prec", DATE_PRECISIONS)
    precision = cells.coded("where_prec", POINT_PRECISIONS)
    lat, lon = cells.point("latitude", "longitude")
    low, best, high = (
        cells.whole("low", required=True),
        cells.whole("best", required=True),
        cells.whole("high", required=True),
    )
    civilians = cells.whole("deaths_civilians", required=True)
    names = _names(cells)
    actors = _actors(cells, kind)
    place = _place(cells)
    reports = None if cells.raw("number_of_sources") == "-1" else cells.whole("number_of_sources")
    title = ", ".join(part for part in (cells.row.values.get("dyad_name", ""), place) if part)
    source_note, narrative = cells.text("source_article"), cells.text("source_headline")
    if precision is not None and precision not in PointPrecision.PLOTTED:
        cells.used -= {"latitude", "longitude"}
        lat = lon = None
    if cells.problems or kind is None or date_precision is None or starts_on is None or ends_on is None:
        return cells.problems
    return IncidentDraft(
        origin_id=origin_id,
        title=cut(title, 200),
        starts_on=starts_on,
        ends_on=ends_on,
        date_precision=date_precision,
        event_kind=kind,
        violence_types=_violence(kind, civilians),
        actors=actors,
        names=names,
        place=cut(place, 300),
        lat=lat,
        lon=lon,
        point_precision=precision,
        killed_low=low,
        killed_best=best,
        killed_high=high,
        civilians_killed=civilians,
        number_of_reports=reports,
        source_note=source_note,
        narrative=narrative,
        extra=cells.extra(),
        notices=_notices(cells, starts_on, low, best, high),
    )


def _violence(kind: EventKind, civilians: int | None) -> tuple[str, ...]:
    """Return the forms of violence that follow from the data alone.

    One-sided violence is by definition the deliberate use of armed force against civilians, so a direct attack, and
    a killing where civilians died of it. Civilians who died in fighting between armed sides may have been aimed at or
    caught in it; the data do not say, so nothing is concluded. Source: UCDP definitions; Handbook 2020, 8.1.
    """
    if kind != EventKind.ONE_SIDED:
        return ()
    return ("direct-attack", "killing") if civilians else ("direct-attack",)


def _names(cells: Cells) -> tuple[tuple[int, str], ...]:
    found = (
        (0, cells.text("country", most=120)),
        (1, cells.text("adm_1", most=120)),
        (2, cells.text("adm_2", most=120)),
    )
    return tuple((level, name) for level, name in found if name)


def _place(cells: Cells) -> str:
    """Return the place in words: the description, with the name of the point before it unless it starts so."""
    spot, words = cells.raw("where_coordinates"), cells.raw("where_description")
    if spot and words.casefold().startswith(spot.casefold()):
        return words
    return "; ".join(part for part in (spot, words) if part)


def _actors(cells: Cells, kind: EventKind | None) -> tuple[ActorRef, ...]:
    """Return the armed sides. 'Civilians', side b of one-sided violence, are those attacked and no actor."""
    actors = []
    for side in ("a", "b"):
        name = cells.text(f"side_{side}", most=160, required=True)
        number = cells.raw(f"side_{side}_new_id")
        if kind == EventKind.ONE_SIDED and name.casefold() == CIVILIANS:
            continue
        part = ActorSide.PERPETRATOR if kind == EventKind.ONE_SIDED else ActorSide.PARTY
        actors.append(ActorRef(name, f"ucdp-{number}"[:60] if number else "", part, _source(cells, side, kind)))
    return tuple(actors)


def _source(cells: Cells, side: str, kind: EventKind | None) -> SourceOfViolence:
    """Return the kind of perpetrator: a side with a State number is that State, foreign if it is not the country's.

    The other side of state-based conflict and of one-sided violence is an organized group by definition. The sides
    of non-State conflict may be armed groups or communities: not known.
    """
    state = cells.row.values.get(f"gwno{side}", "").strip()
    if state:
        home = cells.row.values.get("country_id", "").strip()
        return SourceOfViolence.STATE if state == home else SourceOfViolence.FOREIGN
    return SourceOfViolence.UNKNOWN if kind == EventKind.NON_STATE else SourceOfViolence.ARMED_GROUP


def _notices(
    cells: Cells, starts_on: date, low: int | None, best: int | None, high: int | None
) -> tuple[CellProblem, ...]:
    """Return remarks where the data contradict themselves: published rows do, and are kept as published."""
    if low is None or best is None or high is None or low <= best <= high:
        return ()
    figures = {"low": low, "best": best, "high": high}
    reason = _("low %(low)s, best %(best)s and high %(high)s are not in order; kept as published.") % figures
    return (cells.notice("best", "bounds", reason),)
