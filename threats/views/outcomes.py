"""Pages of outcome scoring: what became of an office's forward look, quarter by quarter, with its counts opened."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from pocweb.models import Office
from pocweb.pages import permitted
from pocweb.periods import Quarter
from pocweb.permissions import require
from pocweb.tabular import Column, write_csv
from threats.choices import Outcome
from threats.filters import as_query
from threats.models import OutcomeLesson
from threats.outcomes import Line, OfficeOutcome, QuarterOutcome, Seen, Surprise, read_outcomes
from threats.rules.outcomes import MISSED_CIVILIANS, MISSED_INCIDENTS, Tally, is_closed, share
from threats.views.editions import office_of

TREND = 4  # closed quarters of the small table
EARLIEST, LATEST = 1946, 2999  # years that a quarter may be asked of
MOST = 12  # incidents named under a row; the export names all
TONES = {Outcome.HIT: "ok", Outcome.FALSE_ALARM: "warn", Outcome.MISS: "bad", Outcome.QUIET: "none"}


@require_safe
@permitted("threats.view_edition")
def outcomes(request: HttpRequest, code: str) -> HttpResponse:
    """Show the outcomes of an office; of an office with others below it, a line for each and their sum."""
    office, user = _office(request, code), request.user
    today = clock.today(office.mission)
    quarter, error = asked_quarter(request.GET.get("period", ""), today)
    alone = office.is_leaf() or request.GET.get("alone") == "1"
    quarters = _trend(today)
    wanted = quarters if quarter in quarters else [quarter, *quarters]
    found = read_outcomes(office, wanted, user=user, alone=alone)
    current = found[quarter]
    rows = OutcomeLesson.objects.visible_to(user).filter(period=str(quarter), mission=office.mission)
    rows = rows.filter(office=office.pk) if alone else rows.filter(office__path__startswith=office.path)
    lessons = list(rows.select_related("office", "changed_by").order_by("office__path"))
    mine = [one for one in lessons if one.office_id == office.pk]
    context = {
        "office": office,
        "quarter": quarter,
        "error": error,
        "alone": alone,
        "is_branch": not office.is_leaf(),
        "headline": headline(current),
        "offices": [_office_line(one, quarter) for one in current.offices],
        "sum": _counts(current.tally),
        "scored": len(current.scored),
        "sections": _sections(current.offices[0], quarter) if alone and current.scored else [],
        "surprises": _surprises(current.offices[0], quarter) if alone and current.scored else [],
        "said": _edition_words(current.offices[0], quarter) if alone and current.offices else "",
        "trend": [_trend_line(found[one], office, one == quarter, alone=alone) for one in quarters],
        "earlier": quarters[0].before,
        "lessons": lessons,
        "can_write": not mine and user.has_perm("threats.write_lesson", _probe(office)),
        "least": {"incidents": MISSED_INCIDENTS, "civilians": MISSED_CIVILIANS},
        "marking": max([*(one.marking for one in current.scored), *(one.marking for one in lessons)], default=None),
    }
    return render(request, "threats/outcomes.html", context, status=422 if error else 200)


@require_safe
@permitted("threats.view_edition")
def outcomes_export(request: HttpRequest, code: str) -> HttpResponse:
    """The rows and surprises of one quarter as CSV with HXL tags."""
    office, user = _office(request, code), request.user
    quarter, error = asked_quarter(request.GET.get("period", ""), clock.today(office.mission))
    if error:
        raise RuleError("bad_period", error, "period")
    current = read_outcomes(office, [quarter], user=user)[quarter]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="outcomes-{office.code.lower()}-{quarter}.csv"'
    lines = list(_export_lines(current))
    write_csv(_columns(), lines, response)  # type: ignore[arg-type]  # a response takes bytes as a file does
    with transaction.atomic():
        note = f"{office.code}: outcomes of {quarter}, {len(lines)} rows as csv"
        record_event(user, "exported", office.mission, note=note)
    return response


def _office(request: HttpRequest, code: str) -> Office:
    """Return the office; a person who may not see incidents is refused, since no score is true without them."""
    office = office_of(request, code)
    require(request.user, "threats.view_incident")
    return office


def _probe(office: Office) -> OutcomeLesson:
    return OutcomeLesson(mission=office.mission, office=office, marking=0)


def asked_quarter(text: str, today: Any) -> tuple[Quarter, str]:
    """Return the closed quarter that a page asks for, the last one without a question, and what is wrong with it."""
    last = Quarter.of(today).before
    if not text:
        return last, ""
    try:
        quarter = Quarter.parse(text)
        ends_on = quarter.ends_on
        if not EARLIEST <= quarter.year <= LATEST:
            raise ValueError
    except (RuleError, ValueError):
        return last, _('"%(text)s" is no quarter. Write year and number, such as 2020-Q3.') % {"text": text[:20]}
    if not is_closed(ends_on, today=today):
        words = {"quarter": quarter.words, "day": for_people(ends_on + timedelta(days=1))}
        return last, _("The %(quarter)s is not over. It is scored from %(day)s on.") % words
    return quarter, ""


def _trend(today: Any) -> list[Quarter]:
    """Return the last closed quarters, oldest first."""
    quarters = [Quarter.of(today).before]
    while len(quarters) < TREND:
        quarters.insert(0, quarters[0].before)
    return quarters


# --- words ------------------------------------------------------------------------------------------------------------


def headline(current: QuarterOutcome) -> list[str]:
    """Return what the quarter says, a sentence per judgment; one sentence where nothing is scored."""
    if not current.scored:
        words = _("No forward look that you may see was in force in the %(quarter)s, so nothing is scored.")
        return [words % {"quarter": current.quarter.words}]
    count = current.tally
    return [*_warned_words(count), *_missed_words(count)]


def _warned_words(count: Tally) -> list[str]:
    said = []
    if count.warned:
        said.append(_("%(share)s rows that warned saw incidents.") % {"share": share(count.hits, count.warned)})
    else:
        said.append(_("No row warned: none was rated high or extreme, or stood as imminent."))
    if not count.events:
        return [*said, _("No incident is recorded for the quarter.")]
    words = {
        "incidents": share(count.foreseen, count.events),
        "civilians": share(count.civilians_foreseen, count.civilians),
    }
    if count.civilians:
        sentence = _("%(incidents)s incidents and %(civilians)s civilians killed fell where the matrix had warned.")
    elif count.civilians == 0:
        sentence = _("%(incidents)s incidents fell where the matrix had warned; no civilian is recorded as killed.")
    else:
        sentence = _("%(incidents)s incidents fell where the matrix had warned; civilians killed are not recorded.")
    return [*said, sentence % words]


def _missed_words(count: Tally) -> list[str]:
    said = []
    if count.misses:
        words = ngettext("%(n)d row was rated too low.", "%(n)d rows were rated too low.", count.misses)
        said.append(words % {"n": count.misses})
    if count.surprises:
        words = ngettext("%(n)d incident was on no row.", "%(n)d incidents were on no row.", count.surprises)
        said.append(words % {"n": count.surprises})
    return said


def _edition_words(one: OfficeOutcome, quarter: Quarter) -> str:
    """Return which edition is scored, and from which day on."""
    if one.chosen is None:
        return ""
    words = {
        "number": one.chosen.edition.number,
        "since": for_people(one.chosen.edition.from_day),
        "first": for_people(quarter.starts_on),
    }
    if not one.chosen.is_late:
        return _("Scored: edition %(number)s, in force since %(since)s.") % words
    said = (
        _(
            "Scored late: no edition was in force on %(first)s. Edition %(number)s came in force on %(since)s, and "
            "incidents count from that day on."
        )
        % words
    )
    if one.before:
        before = ngettext("%(n)d incident came before it.", "%(n)d incidents came before it.", one.before)
        said += " " + before % {"n": one.before}
    return said


# --- what the template draws ------------------------------------------------------------------------------------------


def _counts(count: Tally) -> dict[str, Any]:
    return {
        "tally": count,
        "hit_share": share(count.hits, count.warned) if count.warned else _("none warned"),
        "foreseen": share(count.foreseen, count.events) if count.events else _("no incident"),
        "civilians": _civilians(count),
    }


def _civilians(count: Tally) -> str:
    if not count.events:
        return _("no incident")
    return _("none killed") if count.civilians == 0 else share(count.civilians_foreseen, count.civilians)


def _office_line(one: OfficeOutcome, quarter: Quarter) -> dict[str, Any]:
    url = reverse("threats:outcomes", args=[one.office.code]) + f"?period={quarter}&alone=1"
    return {"outcome": one, "url": url, **_counts(one.tally), "edition": _edition_words(one, quarter)}


def _trend_line(found: QuarterOutcome, office: Office, is_current: bool, *, alone: bool) -> dict[str, Any]:
    url = f"{reverse('threats:outcomes', args=[office.code])}?period={found.quarter}"
    if alone and not office.is_leaf():
        url += "&alone=1"
    scored = len(found.scored)
    return {"quarter": found.quarter, "url": url, "scored": scored, "is_current": is_current, **_counts(found.tally)}


def _sections(one: OfficeOutcome, quarter: Quarter) -> list[dict[str, Any]]:
    """Return the four outcomes with their rows, those to learn from first."""
    words = {
        Outcome.MISS: (_("Misses"), _("Known and rated low or medium; the harm came.")),
        Outcome.HIT: (_("Hits"), _("Rated high or extreme, or imminent, and incidents came.")),
        Outcome.FALSE_ALARM: (
            _("False alarms"),
            _("Rated high or extreme, or imminent, and no incident is recorded. The response may have worked."),
        ),
        Outcome.QUIET: (_("Quiet"), _("Rated low or medium, and little or nothing came.")),
    }
    return [
        {
            "key": outcome.value,
            "heading": heading,
            "meaning": meaning,
            "tone": TONES[outcome],
            "lines": [_line(line, quarter) for line in one.of(outcome)],
            "tells_done": outcome == Outcome.FALSE_ALARM,
        }
        for outcome, (heading, meaning) in words.items()
    ]


def _line(line: Line, quarter: Quarter) -> dict[str, Any]:
    asked = {"threat": line.ref, "from": quarter.starts_on, "to": quarter.ends_on}
    done = ""
    if line.outcome == Outcome.FALSE_ALARM:
        words = ngettext(
            "%(n)d activity done: it may have worked.", "%(n)d activities done: they may have worked.", line.done
        )
        done = words % {"n": line.done} if line.done else _("No activity was done in the quarter.")
    url = f"{reverse('threats:incident-list')}?{as_query(asked)}"
    return {"row": line, "done": done, "list_url": url, **_named(line.incidents)}


def _surprises(one: OfficeOutcome, quarter: Quarter) -> list[dict[str, Any]]:
    return [_surprise(group, quarter) for group in one.surprises]


def _surprise(group: Surprise, quarter: Quarter) -> dict[str, Any]:
    asked: dict[str, Any] = {"from": quarter.starts_on, "to": quarter.ends_on, "area": group.pcode}
    if acting := sorted(group.incidents[0].event.acting):
        asked["actor"] = acting[0]
    url = f"{reverse('threats:incident-list')}?{as_query(asked)}"
    return {"group": group, "list_url": url, **_named(group.incidents)}


def _named(incidents: tuple[Seen, ...]) -> dict[str, Any]:
    return {"named": incidents[:MOST], "more": max(len(incidents) - MOST, 0)}


# --- the export -------------------------------------------------------------------------------------------------------


def _columns() -> list[Column]:
    return [
        Column("office", _("Office"), "#org+office+code"),
        Column("period", _("Quarter"), "#date+quarter"),
        Column("edition", _("Edition"), "#meta+edition"),
        Column("late", _("Scored late"), "#meta+late"),
        Column("outcome", _("Outcome"), "#indicator+outcome"),
        Column("ref", _("Threat"), "#meta+id"),
        Column("title", _("Title"), "#meta+title"),
        Column("risk", _("Risk in the edition"), "#severity+name"),
        Column("imminent", _("Imminent"), "#status+imminent"),
        Column("area", _("Area"), "#adm1+name"),
        Column("actors", _("Actors"), "#group+name"),
        Column("incidents", _("Incidents"), "#event+num"),
        Column("killed", _("Killed, best"), "#affected+killed"),
        Column("civilians", _("Civilians killed"), "#affected+killed+civilians"),
        Column("done", _("Activities done in the quarter"), "#activity+done+num"),
        Column("refs", _("Incident references"), "#event+id"),
        Column("marking", _("Marking"), "#meta+classification"),
    ]


def _export_lines(current: QuarterOutcome) -> Iterator[dict[str, Any]]:
    for one in current.scored:
        assert one.chosen is not None  # noqa: S101  for the type checker: what is scored has an edition
        head = {
            "office": one.office.code,
            "period": str(current.quarter),
            "edition": one.chosen.edition.number,
            "late": one.chosen.is_late,
        }
        for line in one.lines:
            yield head | {
                "outcome": line.outcome.value,
                "ref": line.ref,
                "title": line.title,
                "risk": line.risk_label,
                "imminent": line.imminent,
                "incidents": len(line.incidents),
                "killed": line.killed,
                "civilians": line.civilians,
                "done": line.done,
                "refs": [each.ref for each in line.incidents],
                "marking": str(Marking(line.marking).label),
            }
        for group in one.surprises:
            yield head | {
                "outcome": "surprise",
                "area": group.area,
                "actors": list(group.actors),
                "incidents": len(group.incidents),
                "killed": group.killed,
                "civilians": group.civilians,
                "refs": [each.ref for each in group.incidents],
                "marking": str(Marking(max(each.marking for each in group.incidents)).label),
            }
