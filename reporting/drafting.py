"""A first draft of each section from the records, for people to rewrite. Figures stand in it as [F-07]."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pocweb.periods import Quarter
from reporting.foresight import political_text, seasonal_text, watch_text
from threats.choices import SourceOfViolence

MOST_NAMED = 3


def draft_texts(data: dict[str, Any], quarter: Quarter) -> dict[str, str]:
    """Return a draft by section code, and "lead", from a snapshot. Sections that no record speaks to stay empty.

    Politics and seasons are drafted from the trigger calendar, where it has such events. What they mean is a judgment
    that no record gives, and so is the economy: both are left to their writers.
    """
    return {
        "lead": _lead(quarter),
        "I.a": _threats(data),
        "I.b.i": _actors(data),
        "I.b.ii": _patterns(data, quarter),
        "I.b.iii": _casualties(quarter),
        "II.a.i": _outlook(data),
        "II.a.ii": political_text(data),
        "II.a.iii": seasonal_text(data),
        "II.b": "\n\n".join(text for text in (_effect(data), watch_text(data)) if text),
        "III": _response(),
    }


def _lead(quarter: Quarter) -> str:
    return _(
        "[F-02] people were killed in [F-01] events in the %(quarter)s, [F-09] of them in its last month; "
        "[F-05] of the killed were civilians. The quarter before had [F-11] killed. The mission follows [F-13] "
        "threats, [F-14] of them extreme."
    ) % {"quarter": quarter.words}


def _names(rows: list[dict[str, Any]], key: str = "name") -> str:
    names = [row[key] for row in rows[:MOST_NAMED] if row[key]]
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def _threats(data: dict[str, Any]) -> str:
    first = [row for row in data["threats"] if row["priority"] == 1]
    text = _(
        "The mission follows [F-13] threats: [F-14] of extreme and [F-15] of high risk; [F-16] are of first priority "
        "and [F-17] are judged imminent."
    )
    if first:
        text += " " + _("The first are %(threats)s.") % {
            "threats": "; ".join(f"{row['title']} ({row['ref']})" for row in first[:MOST_NAMED])
        }
    state = [row for row in data["actors"] if row["source_of_violence"] == SourceOfViolence.STATE]
    if state:
        text += "\n\n" + _("State forces are a source of violence in [F-18] of these threats.")
    return text


def _actors(data: dict[str, Any]) -> str:
    if not data["actors"]:
        return ""
    parts = [
        ngettext("%(name)s took part in %(events)s event", "%(name)s took part in %(events)s events", row["events"])
        % {"name": row["name"], "events": row["events"]}
        for row in data["actors"][:MOST_NAMED]
    ]
    return _("By number of events: %(parts)s. An event counts once for each actor that took part.") % {
        "parts": "; ".join(parts)
    }


def _patterns(data: dict[str, Any], quarter: Quarter) -> str:
    text = _("Of [F-01] events in the quarter, [F-08] fell in its last month; the quarter before had [F-10].")
    if named := _names([row for row in data["areas"] if row["pcode"]]):
        text += " " + _("Most people were killed in %(areas)s.") % {"areas": named}
    return text


def _casualties(quarter: Quarter) -> str:
    return _(
        "Killed in the quarter, best estimate: [F-02] (from [F-03] to [F-04]), of whom [F-05] civilians; [F-06] "
        "of them in incidents that human rights has verified. The quarter before had [F-11] killed, [F-12] of them "
        "civilians. Injured: [F-07]. Figures include reported incidents and leave out discounted ones."
    )


def _outlook(data: dict[str, Any]) -> str:
    rising = [row for row in data["threats"] if row["trend"] == "rising"]
    if not rising:
        return ""
    return _("Rising by the latest ratings: %(threats)s.") % {
        "threats": "; ".join(f"{row['title']} ({row['ref']})" for row in rising[:MOST_NAMED])
    }


def _effect(data: dict[str, Any]) -> str:
    if not data["blind"]:
        return ""
    return _("There is no report and no presence in %(areas)s. Silence there is no sign of calm.") % {
        "areas": ", ".join(row["name"] for row in data["blind"])
    }


def _response() -> str:
    return _("[F-19] activities were done in the quarter; [F-20] are planned or under way.")
