"""Forty closed alerts of 2020 in the demo mission, so that medians and indicators mean something. All is invented.

They are written as taken over from the offices' registers: straight to their end, with the steps and times that led
there, and one event. The cases of December that are still open are played through the services elsewhere.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from coordination.models import CaseRecipient, CaseResponse, CaseStep, ResourceRequest, WarningCase
from coordination.warnings.choices import Branch, CaseClass, CaseState, Outcome, RequestKind, UnitRating
from coordination.warnings.requests import answer_request, ask_for_resources
from coordination.warnings.rules import STEPS, overall_impact, priority_of
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.models import Area, Component, Counter, Office, Person
from reporting.demo.cast import DRAFTER, HEADS, OFFICES
from reporting.demo.diary import Diary, person

SEED, COUNT, DAY = 20201212, 40, date(2020, 12, 12)
ASKED_ON = date(2020, 12, 28)
MEANS = (
    ("tamm", "casevac", "A helicopter for one of the company's wounded, Ippy to Bria."),
    ("orlo", "jpt", "Two vehicles with drivers for five days, and a satellite telephone, for the team to Lihoto."),
    ("bellin", "other", "Paint and boards for the notices at the displacement site."),
)
MARK = "Taken over from the register of 2020."
PLACES = (
    "the well below the mission school", "the ford on the market road", "the displacement site by the airstrip",
    "the mill at the crossroads", "the fields behind the health post", "the ferry landing", "the cattle track",
    "the weekly market", "the old cotton store", "the bridge before the quarry",
)  # fmt: skip
TEXTS = {
    "attack": "Men with rifles were seen near {place}; they asked when the traders come.",
    "abduction": "Two young men did not come back from {place}; a demand was passed on.",
    "sexual_violence": "Women were stopped on the way to {place} and told not to come again.",
    "displacement": "Families pack and leave {place} after a night of shooting in the air.",
    "arrest": "A patrol of uniformed men beat traders at {place} and took their papers.",
}
THREATENING = ("armed_group", "armed_group", "armed_group", "community", "crime", "state", "unknown")
RISKS = (["women", "girls"], ["displaced"], ["men", "boys"], ["women", "men", "girls", "boys"], ["minority"], ["older"])
HARM: tuple[tuple[int | None, int | None], ...] = ((0, 0), (0, 3), (2, 4), (0, 0), (None, None))
ASSESSING = ("rate-source", "rate-information", "class", "rate-impact", "rate-likelihood", "prioritise")
IMMINENT = ("send-out", "decide-emergency", "flash", "tell", "update-matrix", "implement", "monitor", "close")
REGULAR = ("table", "decide", "implement", "monitor", "close")
# shortest and longest minutes from one step to the next, by act
PACE = {
    "rate-source": (1, 8), "rate-information": (2, 18), "class": (1, 8), "rate-impact": (3, 12),
    "rate-likelihood": (3, 12), "prioritise": (3, 10), "send-out": (2, 10), "decide-emergency": (20, 80),
    "flash": (8, 35), "tell": (10, 50), "update-matrix": (5, 25), "monitor": (600, 2400), "close": (240, 2000),
    "table": (200, 1500), "decide": (1500, 9000), "implement": (15, 90),
}  # fmt: skip


@dataclass(frozen=True)
class Past:
    """A closed case with what hangs on it, not stored yet."""

    case: WarningCase
    steps: list[CaseStep]
    recipients: list[CaseRecipient]
    responses: list[CaseResponse]


def write_history(diary: Diary) -> None:
    """Take the closed alerts of the year over on one day in December."""
    diary.put(DAY, partial(_take_over, diary))
    for account, kind, what in MEANS:
        diary.put(ASKED_ON, partial(_ask, diary, account, kind, what))
    diary.put(ASKED_ON, partial(_answer, diary))


def _ask(diary: Diary, account: str, kind: str, what: str, now: datetime) -> None:
    needed_at = now + timedelta(days=4, hours=2)
    ask_for_resources(diary.mission, kind=kind, what=what, needed_at=needed_at, by=person(account), now=now)


def _answer(diary: Diary, now: datetime) -> None:
    """Mission support grants what is asked first; the rest waits."""
    request = ResourceRequest.objects.select_related("mission", "office", "case", "created_by").get(
        mission=diary.mission, kind=RequestKind.CASEVAC
    )
    answer = "Helicopter from Bria on stand-by at first light, two stretchers."
    answer_request(request, granted=True, answer=answer, by=person("grint"), now=now)


def _take_over(diary: Diary, now: datetime) -> None:
    mission, chance = diary.mission, random.Random(SEED)  # noqa: S311  a demo, no secret
    offices = {one.code: one for one in Office.objects.filter(mission=mission)}
    areas = {one.pcode: one for one in Area.objects.at_level(1)}
    components = {one.code: one for one in Component.objects.filter(mission=mission)}
    plans = [plan for plan in OFFICES if plan.code in HEADS and plan.code != "HQ"]
    first = Counter.take(mission, "case", COUNT)
    made = []
    for index in range(COUNT):
        plan = plans[chance.choice((0, 0, 0, 1, 1, 2, 2, 3, 4))]
        received = datetime(2020, 1, 4, tzinfo=UTC) + timedelta(days=index * 8 + chance.randint(0, 6))
        received += timedelta(minutes=chance.randint(240, 1260))
        place: dict[str, Any] = {"office": offices[plan.code], "area": areas.get(chance.choice(plan.areas))}
        made.append(_past(chance, first + index, received, place, components, mission))
    WarningCase.objects.bulk_create(one.case for one in made)
    CaseStep.objects.bulk_create(step for one in made for step in one.steps)
    CaseRecipient.objects.bulk_create(row for one in made for row in one.recipients)
    CaseResponse.objects.bulk_create(row for one in made for row in one.responses)
    record_event(
        person("haske"), "took over", mission, note=f"{COUNT} closed alerts of 2020 from the registers", now=now
    )


def _past(
    chance: random.Random,
    number: int,
    received: datetime,
    place: dict[str, Any],
    components: dict[str, Component],
    mission: Any,
) -> Past:
    """Return one case with its way to the end; what happened depends on chance alone, the same on every run."""
    code = place["office"].code
    by = person(DRAFTER[code])
    outcome = chance.choices(
        (Outcome.AVERTED, Outcome.HAPPENED, Outcome.FALSE, Outcome.UNKNOWN), weights=(11, 5, 4, 2)
    )[0]
    branch = chance.choice((Branch.IMMINENT, Branch.NON_IMMINENT))
    act = chance.choice(sorted(TEXTS))
    is_short = outcome == Outcome.FALSE and chance.random() < 0.6
    way = (*ASSESSING, "close") if is_short else (*ASSESSING, *(IMMINENT if branch == Branch.IMMINENT else REGULAR))
    steps, moments = _walk(chance, way, branch, received, by)
    place_words = chance.choice(PLACES)
    case = WarningCase(
        mission=mission, number=number, received_at=received, component=components["civil-affairs"], act=act,
        channel=chance.choice(("network", "network", "liaison", "patrol", "partner", "authority")),
        place=place_words.capitalize(), expected=chance.choice(("now", "day", "days", "unknown")),
        threatening=chance.choice(THREATENING),
        at_risk=chance.choice(RISKS), people=chance.choice((None, 40, 120, 300, 800)), branch=branch,
        text=f"{TEXTS[act].format(place=place_words)} {MARK}", state=CaseState.CLOSED, outcome=outcome,
        imminence_reason="Preparations were seen." if branch == Branch.IMMINENT else "No preparation was seen.",
        finding=_finding(outcome), marking=Marking.CONFIDENTIAL, review_state="none", created_by=by,
        created_at=received, changed_by=by, changed_at=moments["closed_at"], **place, **_ratings(chance, outcome),
        **_harm(chance, outcome), **moments,
    )  # fmt: skip
    if outcome == Outcome.AVERTED:
        case.neutralised_at = moments["closed_at"] - timedelta(minutes=chance.randint(60, 400))
    for step in steps:
        step.case = case
    return Past(case, steps, _recipients(chance, case, code), _responses(chance, case, by, components))


def _walk(
    chance: random.Random, way: tuple[str, ...], branch: str, received: datetime, by: Person
) -> tuple[list[CaseStep], dict[str, datetime]]:
    """Return the steps of a way with believable times, and the moments of the clock that they set."""
    filed = received + timedelta(minutes=chance.randint(1, 8))
    steps = [CaseStep(key="2", act="file", after=CaseState.RECEIVED, begun_at=received, ended_at=filed, by=by)]
    moments: dict[str, datetime] = {}
    slow = 3 if chance.random() < 0.15 and received.month < 10 else 1  # now and then everything drags on
    state: str = CaseState.RECEIVED
    for name in way:
        step = next(one for one in STEPS if one.act == name and one.branch in ("", branch))
        least, most = PACE[name]
        ended = steps[-1].ended_at + timedelta(minutes=int(chance.triangular(least, most, least * 2)) * slow)
        is_skip = state not in step.before
        steps.append(
            CaseStep(
                key=step.key, act=name, before=state, after=step.after, begun_at=steps[-1].ended_at, ended_at=ended,
                by=by, is_out_of_order=is_skip, reason="Nothing bore it out." if is_skip else "",
            )
        )  # fmt: skip
        state = step.after
        if step.clock:
            moments[step.clock] = ended
    return steps, moments


def _ratings(chance: random.Random, outcome: str) -> dict[str, Any]:
    civilians, children, women = (chance.choice((1, 2, 2, 3)) for _turn in range(3))
    likelihood = chance.choice((1, 2, 2, 3))
    impact = overall_impact(civilians, children, women)
    is_warning = outcome != Outcome.FALSE and chance.random() < 0.7
    return {
        "source_reliability": chance.choice("ABBCCDF"),
        "information_reliability": "confirmed" if is_warning else chance.choice(("probable", "doubtful", "unknown")),
        "is_triangulated": is_warning,
        "triangulation": "A patrol and the alert network agree." if is_warning else "",
        "case_class": CaseClass.WARNING if is_warning else CaseClass.ALERT,
        "impact_civilians": civilians,
        "impact_children": children,
        "impact_women": women,
        "children_rating": UnitRating.RATED,
        "women_rating": UnitRating.RATED,
        "impact": impact,
        "likelihood": likelihood,
        "likelihood_body": "cell",
        "priority": priority_of(impact, likelihood),
    }


def _harm(chance: random.Random, outcome: str) -> dict[str, int | None]:
    """Return killed and injured; only what came true has any, and once in a while nobody recorded them."""
    if outcome != Outcome.HAPPENED:
        return {"killed": None, "injured": None}
    killed, injured = chance.choice(HARM)
    return {"killed": killed, "injured": injured}


def _finding(outcome: str) -> str:
    return {
        Outcome.AVERTED: "The men left after the patrols; people went back to the place.",
        Outcome.HAPPENED: "It came about although it had been reported.",
        Outcome.FALSE: "Nobody could bear the report out; nothing followed.",
        Outcome.UNKNOWN: "No news came from the place.",
    }[Outcome(outcome)]


def _recipients(chance: random.Random, case: WarningCase, code: str) -> list[CaseRecipient]:
    """Return who got an imminent case and when they acknowledged it; now and then somebody never did."""
    if case.disseminated_at is None:
        return []
    rows = []
    for label, account in zip(("Head of Office", "Force commander", "UNPOL commander"), HEADS[code], strict=True):
        answered = case.disseminated_at + timedelta(minutes=int(chance.triangular(2, 70, 10)))
        rows.append(
            CaseRecipient(
                case=case, step="I10", label=label, person=person(account), sent_at=case.disseminated_at,
                due_at=case.disseminated_at + timedelta(minutes=30),
                acknowledged_at=None if chance.random() < 0.03 else answered,
            )
        )  # fmt: skip
    return rows


def _responses(
    chance: random.Random, case: WarningCase, by: Person, components: dict[str, Component]
) -> list[CaseResponse]:
    """Return the mission's response where one began, and that of host authorities in a part of the cases."""
    begun = case.acted_at
    if begun is None or case.closed_at is None:
        return []
    stamps: dict[str, Any] = {"created_at": begun, "created_by": by, "changed_at": case.closed_at, "changed_by": by}
    common: dict[str, Any] = {"case": case, "state": "done", "ended_at": case.closed_at, **stamps}
    component = components[chance.choice(("force", "force", "police", "civil-affairs"))]
    rows = [CaseResponse(kind="patrol", text="Patrols by day and night", component=component, begun_at=begun, **common)]
    if chance.random() < 0.4:
        later = begun + timedelta(minutes=chance.randint(-90, 60))
        authority = chance.choice(("Gendarmerie", "Sub-prefect", "National army"))
        begun_at = max(later, case.received_at + timedelta(minutes=20))
        rows.append(CaseResponse(kind="other", text="Presence at the place", host_authority=authority,
                                 begun_at=begun_at, **common))  # fmt: skip
    return rows
