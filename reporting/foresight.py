"""What the forward look takes from the trigger calendar and the atrocity watch: plain data, frozen with the report.

Source: POC Handbook 2020, 8.4 (horizon of about three months) and 8.5 (indicators and triggers belong into the
forward-looking assessment). Only what is marked at most as the report is read.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pocweb.models import Mission
from pocweb.periods import Quarter
from threats.choices import SignLevel, TriggerKind
from threats.models import FactorWatch, TriggerEvent
from threats.rules.watch import direction
from threats.triggers import entries, read_ahead
from threats.watching import FactorLine, board_marked

POLITICAL = (TriggerKind.ELECTION, TriggerKind.POWER, TriggerKind.INCITEMENT)
SEASONAL = (TriggerKind.SEASON, TriggerKind.CULTURAL, TriggerKind.ANNUAL)
MOST_NAMED = 4
CALENDAR_SECTIONS = {"II.a.ii": POLITICAL, "II.a.iii": SEASONAL}
"""The sections of the assessment that the calendar feeds, and with which kinds of events. Ours, after 8.4 and 8.5."""
WATCH_SECTION = "II.b"


def coming(mission: Mission, quarter: Quarter, *, marking: int) -> list[dict[str, Any]]:
    """Return the events of the three months after the quarter, in order of days; called-off ones are left out."""
    rows = TriggerEvent.objects.filter(mission=mission, marking__lte=marking, called_off="")
    after = quarter.after
    found = entries(read_ahead(rows), start=after.starts_on, end=after.ends_on, today=quarter.ends_on)
    return [
        {
            "ref": one.trigger.ref,
            "kind": one.trigger.kind,
            "title": one.trigger.title,
            "starts_on": one.window.starts_on.isoformat(),
            "ends_on": one.window.ends_on.isoformat(),
            "watch_from": one.window.watch_from.isoformat(),
            "place": one.place,
            "groups": sorted(group.name for group in one.trigger.groups.all()),
            "past_effect": one.trigger.past_effect,
            "planned_action": one.trigger.planned_action,
        }
        for one in found
    ]


def moved_factors(mission: Mission, quarter: Quarter, *, marking: int) -> dict[str, Any]:
    """Return the factors that stand above their baseline or rose in the quarter, and how many are followed at all."""
    lines = board_marked(mission, marking=marking, today=quarter.ends_on)
    rows = [row for line in lines if (row := _factor(line, quarter)) is not None]
    return {
        "factors": len(lines),
        "followed": sum(line.is_followed for line in lines),
        "moved": sorted(rows, key=lambda row: (-row["change"], -row["level"], row["number"])),
    }


def _factor(line: FactorLine, quarter: Quarter) -> dict[str, Any] | None:
    now, before, watch = line.standing_on(quarter.ends_on), line.standing_on(_eve(quarter)), line.watch
    if now is None or watch is None:
        return None
    change = now.level - watch.baseline_level
    has_risen = before is not None and now.level > before.level
    if change <= 0 and not has_risen:
        return None
    return {
        "number": line.factor.number,
        "name": line.factor.name,
        "baseline": watch.baseline_level,
        "baseline_on": watch.baseline_on.isoformat(),
        "level": now.level,
        "change": change,
        "has_risen": has_risen,
        "place": line.place,
        "read_on": now.day.isoformat(),
        "who": watch.who,
    }


def _eve(quarter: Quarter) -> date:
    return quarter.starts_on - timedelta(days=1)


# --- figures ----------------------------------------------------------------------------------------------------------


def count_factors(mission: Mission, questions: Sequence[Mapping[str, Any]], marking: int) -> list[int | None]:
    """Answer how many factors stand above their baseline on a day, or rose in a period; None without any baseline."""
    if not FactorWatch.objects.filter(mission=mission, marking__lte=marking, is_relevant=True).exists():
        return [None for _question in questions]
    found: list[int | None] = []
    boards: dict[date, list[FactorLine]] = {}
    for question in questions:
        day = date.fromisoformat(question["to"])
        if day not in boards:
            boards[day] = board_marked(mission, marking=marking, today=day)
        found.append(sum(_meets(line, question, day) for line in boards[day]))
    return found


def _meets(line: FactorLine, question: Mapping[str, Any], day: date) -> bool:
    now = line.standing_on(day)
    if now is None or line.watch is None:
        return False
    if question["what"] == "above":
        return direction(now.level, line.watch.baseline_level) == 1
    before = line.standing_on(date.fromisoformat(question["from"]) - timedelta(days=1))
    return before is not None and now.level > before.level


def count_triggers(mission: Mission, questions: Sequence[Mapping[str, Any]], marking: int) -> list[int | None]:
    """Answer how many events of the calendar fall into a period; None where the calendar is empty."""
    rows = list(TriggerEvent.objects.filter(mission=mission, marking__lte=marking, called_off=""))
    if not rows:
        return [None for _question in questions]
    return [
        len(
            entries(
                rows,
                start=date.fromisoformat(question["from"]),
                end=date.fromisoformat(question["to"]),
                today=date.fromisoformat(question["from"]),
            )
        )
        for question in questions
    ]


# --- words ------------------------------------------------------------------------------------------------------------


def days_of(row: Mapping[str, Any]) -> str:
    """Return the days of an event of the snapshot in words, as short as a table needs them."""
    start, end = date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])
    last = date_format(end, "j M Y")
    if start == end:
        return last
    first = date_format(start, "j M" if start.year == end.year else "j M Y")
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def political_text(data: Mapping[str, Any]) -> str:
    """Return a draft of II.a.ii from the calendar, empty without such events."""
    if events := _events(data, POLITICAL):
        text = _("The calendar of triggers has [F-23] events in the next three months; political ones: %(events)s.")
        return text % {"events": events}
    return ""


def seasonal_text(data: Mapping[str, Any]) -> str:
    """Return a draft of II.a.iii from the calendar, empty without such events."""
    if events := _events(data, SEASONAL):
        return _("Seasons, holidays and yearly events of the next three months: %(events)s.") % {"events": events}
    return ""


def _events(data: Mapping[str, Any], kinds: Sequence[str]) -> str:
    """Return the events of these kinds with their days; places and effects stand in the table."""
    rows = [row for row in data.get("triggers", []) if row["kind"] in kinds]
    named = [f"{row['title']} ({days_of(row)}, {row['ref']})" for row in rows[:MOST_NAMED]]
    if more := len(rows) - len(named):
        named.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return "; ".join(named)


def watch_text(data: Mapping[str, Any]) -> str:
    """Return a draft from the atrocity watch, empty where nothing moved."""
    moved = data.get("watch", {}).get("moved", [])
    if not moved:
        return ""
    text = _(
        "[F-21] of the %(factors)s risk factors of atrocity crimes stand above their baseline, [F-22] rose in the "
        "quarter: %(names)s."
    ) % {"factors": data["watch"]["factors"], "names": "; ".join(_named(row) for row in moved[:MOST_NAMED])}
    exposed = [row["who"].rstrip(". ") for row in moved if row["who"]][:2]
    if exposed:
        text += " " + _("Most exposed: %(who)s.") % {"who": "; ".join(exposed)}
    return text


def _named(row: Mapping[str, Any]) -> str:
    words = {
        "name": row["name"][:1].lower() + row["name"][1:],
        "number": row["number"],
        "level": level_word(row["level"]).lower(),
    }
    where = f", {row['place']}" if row["place"] else ""
    return _("%(name)s (factor %(number)s: %(level)s%(where)s)") % {**words, "where": where}


def level_word(level: int) -> str:
    return str(SignLevel(level).label)


def feeds_of(data: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return what the records give to each section of the forward look, as lines of text, by the section's code."""
    feeds = {
        code: [
            {"text": f"{row['ref']} {row['title']}", "note": f"{days_of(row)}, {row['place']}"}
            for row in data.get("triggers", [])
            if row["kind"] in kinds
        ]
        for code, kinds in CALENDAR_SECTIONS.items()
    }
    feeds[WATCH_SECTION] = [
        {
            "text": _("Factor %(number)s %(name)s") % row,
            "note": _("%(now)s; baseline %(baseline)s")
            % {"now": level_word(row["level"]), "baseline": level_word(row["baseline"]).lower()},
        }
        for row in data.get("watch", {}).get("moved", [])
    ]
    return {code: rows for code, rows in feeds.items() if rows}
