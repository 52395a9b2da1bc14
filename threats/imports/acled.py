"""The layout of ACLED exports: Armed Conflict Location & Event Data, with or without `admin3` and `timestamp`."""

from pocweb.places import fold
from pocweb.tabular import CellProblem, Row
from threats.choices import ActorSide, DatePrecision, EventKind, PointPrecision, SourceOfViolence

from .cells import Cells, cut
from .drafts import ActorRef, IncidentDraft

HEADER = """
event_id_cnty event_date year time_precision disorder_type event_type sub_event_type actor1 assoc_actor_1 inter1
actor2 assoc_actor_2 inter2 interaction civilian_targeting iso region country admin1 admin2 admin3 location latitude
longitude geo_precision source source_scale notes fatalities tags timestamp
"""
COLUMNS = tuple(HEADER.split())
REQUIRED = frozenset(
    {
        "event_id_cnty",
        "event_date",
        "event_type",
        "actor1",
        "admin1",
        "latitude",
        "longitude",
        "geo_precision",
        "fatalities",
    }
)
TIME_PRECISIONS = {"1": DatePrecision.DAY, "2": DatePrecision.WEEK, "3": DatePrecision.MONTH}
# 1 the town itself; 2 a small area, placed at a town; 3 a larger region, placed at its chief town. ACLED Codebook.
POINT_PRECISIONS = {"1": PointPrecision.EXACT, "2": PointPrecision.NEAR, "3": PointPrecision.ADM1}
AGAINST_CIVILIANS = "violence against civilians"
EXCESSIVE_FORCE = "excessive force against protesters"
# What a sub-event says by its own definition. "Sexual violence" covers rape and more, so the wider form is taken;
# "Remote explosive/landmine/IED" does not say which of the three forms of explosive ordnance it was.
VIOLENCE = {
    "attack": "direct-attack",
    EXCESSIVE_FORCE: "direct-attack",
    "abduction/forced disappearance": "abduction",
    "sexual violence": "sexual-violence",
    "looting/property destruction": "pillage",
}
# `inter` is a number in older exports and a word in newer ones.
INTER = {
    "1": "state forces",
    "2": "rebel group",
    "3": "political militia",
    "4": "identity militia",
    "5": "rioters",
    "6": "protesters",
    "7": "civilians",
    "8": "external/other forces",
}
SOURCES = {
    "state forces": SourceOfViolence.STATE,
    "rebel group": SourceOfViolence.ARMED_GROUP,
    "political militia": SourceOfViolence.ARMED_GROUP,
    "identity militia": SourceOfViolence.COMMUNITY,
    "external/other forces": SourceOfViolence.FOREIGN,
}


def parse(row: Row) -> IncidentDraft | list[CellProblem]:
    """Return the event of a row, or what is wrong with its cells. Source: ACLED Codebook.

    ACLED gives one number of deaths and does not say how many were civilians: low, high and civilians stay empty.
    """
    cells = Cells(row)
    origin_id = cells.text("event_id_cnty", most=60, required=True)
    day = cells.day("event_date", required=True)
    date_precision = cells.coded("time_precision", TIME_PRECISIONS, DatePrecision.DAY)
    precision = cells.coded("geo_precision", POINT_PRECISIONS)
    lat, lon = cells.point("latitude", "longitude")
    killed = cells.whole("fatalities", required=True)
    event_type, sub_type = cells.text("event_type", required=True), cells.raw("sub_event_type")
    names = tuple(
        (level, name)
        for level, column in enumerate(("country", "admin1", "admin2", "admin3"))
        if (name := cells.text(column, most=120))
    )
    actors = _actors(cells, event_type.casefold(), sub_type.casefold())
    place, notes, source = cells.raw("location"), cells.text("notes"), cells.text("source")
    cells.used -= {"event_type", "sub_event_type"}  # kept word for word beside what follows from them
    if cells.problems or day is None or date_precision is None:
        return cells.problems
    return IncidentDraft(
        origin_id=origin_id,
        title=cut(", ".join(part for part in (sub_type or event_type, place) if part), 200),
        starts_on=day,
        ends_on=day,
        date_precision=date_precision,
        event_kind=_kind(cells, event_type.casefold()),
        violence_types=_violence(event_type.casefold(), sub_type.casefold(), killed),
        actors=actors,
        names=names,
        place=cut(place, 300),
        lat=lat,
        lon=lon,
        point_precision=precision,
        killed_best=killed,
        source_note=source,
        narrative=notes,
        extra=cells.extra(),
    )


def _inter(cells: Cells, number: int) -> str:
    value = cells.row.values.get(f"inter{number}", "").strip().casefold()
    return INTER.get(value, value)


def _kind(cells: Cells, event_type: str) -> EventKind:
    """Return the kind of event: fighting by whether a State takes part, violence against civilians, all else other."""
    if event_type == AGAINST_CIVILIANS or cells.row.values.get("civilian_targeting", "").strip():
        return EventKind.ONE_SIDED
    if event_type not in ("battles", "explosions/remote violence"):
        return EventKind.OTHER
    # State forces of other countries count as a State's too: ACLED files them under external forces.
    states = {_inter(cells, 1), _inter(cells, 2)} & {"state forces", "external/other forces"}
    return EventKind.STATE_BASED if states else EventKind.NON_STATE


def _violence(event_type: str, sub_type: str, killed: int | None) -> tuple[str, ...]:
    found = [VIOLENCE[sub_type]] if sub_type in VIOLENCE else []
    if event_type == AGAINST_CIVILIANS and killed:
        found.append("killing")
    return tuple(found)


def _actors(cells: Cells, event_type: str, sub_type: str) -> tuple[ActorRef, ...]:
    """Return the armed sides; civilians are no actor. Codes are made of the names, since ACLED numbers no actors."""
    actors = []
    for number in (1, 2):
        name, inter = cells.text(f"actor{number}", most=160, required=number == 1), _inter(cells, number)
        if not name or inter == "civilians" or name.casefold().startswith("civilians"):
            continue
        side = ActorSide.PARTY
        if sub_type == EXCESSIVE_FORCE and inter == "protesters":
            side = ActorSide.VICTIM
        elif event_type == AGAINST_CIVILIANS or sub_type == EXCESSIVE_FORCE:
            side = ActorSide.PERPETRATOR
        source = SOURCES.get(inter, SourceOfViolence.UNKNOWN)
        actors.append(ActorRef(name, f"acled-{fold(name)}"[:60], side, source))
    return tuple(actors)
