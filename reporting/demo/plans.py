"""Community protection plans, a local POC plan, engagements and an allegation of the demo mission. All is invented.

At the end of the year Ouaka has a plan in force and its next one begun; the plan of the prefecture south of it is
overdue. Of the engagements one could not be judged, and the people of one have withdrawn their consent.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from coordination.communities.engagements import add_engagement, keep_persons, withdraw_consent
from coordination.communities.local_plans import add_line, add_local_plan, add_risk, adopt_local_plan, decisions_for
from coordination.communities.local_plans import threats_for as threats_of_plan
from coordination.communities.plans import add_consultation, add_plan, edit_plan, move_plan, plan_next
from coordination.communities.reprisals import file_reprisal
from coordination.models import CommunityPlan, Engagement, Forum, LocalPlan, Network
from pocweb.models import Area, Component
from reporting.demo.diary import Diary, person
from threats.models import ProtectionActor, Threat

WRITER, HEAD = "orlo", "marrow"
TEXTS = {
    "drafters": "Civil Affairs, liaison assistants of Bambari and Ippy, commander of the base at Ippy",
    "security": "Since the rains ended armed men move again between Ippy and Bambari. Market days are the worst.",
    "threats_text": "Raids on the road after dark; taxes at checkpoints that turn into beatings. Before it: shops "
    "close early, young men leave the market before noon.",
    "at_risk": "Villages on the road from Ippy to Bambari; the two sites of displaced people at Ippy.",
    "vulnerable": "Women who fetch water and wood, girls on the way to school, older persons who cannot run, "
    "households without men.",
    "infrastructure": "The school at the crossroads; the health post at Ippy, which has no wall.",
    "mapping": "Quarrel over cattle routes since the dry season of 2017; village chiefs listen to the elders' council; "
    "two traders profit from the checkpoints; herding families have no seat in the council.",
    "representation": "Women's associations and the youth club each send two; neither chairs anything.",
    "contact_channels": "Elders' council through the liaison assistant; group at the bridge through the interfaith "
    "platform alone.",
    "preventive": "Patrols on market days before dawn and after dusk. Water fetched in groups, with a patrol in sight "
    "twice a week. The interfaith platform speaks with both sides before the cattle move.",
    "responses": "Whoever sees armed men near the village sounds the bell. The mission comes from the nearest base. "
    "Families go to the meeting point and wait for word.",
    "meeting_points": "The school at the crossroads by day; the compound of the mission's base by night.",
    "engagement": "Two meetings a month, women apart; with the group at the bridge only through the platform.",
    "resources": "One platoon at Ippy, two liaison assistants, a quick-impact project for lamps at the well.",
}
OTHER = {
    "security": "Little is known since the road was cut in August.",
    "preventive": "To be agreed with the community.",
}
# day, who, p-code above, purposes, groups, apart, risk, counts, findings, recurring problem
MET: tuple[tuple[date, str, str, list[str], list[str], bool, str, dict[str, int], str, str], ...] = (
    (date(2020, 10, 21), "orlo", "CF43", ["awareness", "threat"], ["elders", "displaced"], False, "safe",
     {"male:older": 9, "male:adult": 6, "female:adult": 4},
     "People sleep in the fields on nights before the market and come back at dawn.", ""),
    (date(2020, 11, 5), "orlo", "CF43", ["self_protection", "threat"], ["women"], True, "conditions",
     {"female:adult": 17, "female:older": 5, "female:unknown": 3},
     "The way to the well is feared more than the road. Women want to be met without the chiefs.", ""),
    (date(2020, 11, 19), "quill", "CF43", ["policing", "authorities"], ["youth"], False, "safe",
     {"male:adult": 12, "female:adult": 3, "male:child": 4},
     "Thefts at the market are settled by beating; nobody goes to the gendarmerie.",
     "Thefts at the market every week before noon. A joint round with the gendarmerie was tried twice."),
    (date(2020, 12, 3), "bellin", "CF61", ["awareness"], ["minorities", "religious_ethnic"], False, "insufficient",
     {}, "By telephone through a priest. Who listened in could not be judged, so nobody was asked for more.", ""),
    (date(2020, 12, 12), "orlo", "CF43", ["threat", "mission"], ["women", "disabilities"], True, "safe",
     {"female:adult": 8, "unknown:unknown": 2},
     "Patrols are seen by day; at night people rely on the bell. The ramp at the meeting point is too steep.", ""),
    (date(2020, 12, 21), "solane", "CF43", ["threat"], ["displaced"], False, "conditions",
     {"female:adult": 2, "male:adult": 1}, "Three people spoke of what they saw at the bridge.", ""),
)  # fmt: skip
LINES = (
    ("police", "", "Joint rounds at the market with the gendarmerie", "Eight officers, one vehicle", "Leads",
     "Reports to the forum each month"),
    ("force", "", "Patrols before dawn and after dusk on market days", "One platoon at Ippy", "Supports",
     "Tells the operations centre of each patrol that fails"),
    ("", "Women's associations", "Keep the bell at the well and tell who is missing", "Two groups of ten", "Warns",
     "Tells the liaison assistant at once"),
)  # fmt: skip


def write_plans(diary: Diary) -> None:
    """Put plans, engagements, the local plan and the allegation into the diary."""
    ouaka = partial(_of_area, diary, "CF43")
    diary.put(date(2020, 9, 21), partial(_begin, diary, "CF43", TEXTS))
    for day, whom, women, people in (
        (date(2020, 10, 2), "Elders' council and village chiefs", False, 21),
        (date(2020, 10, 5), "Women's associations of Bambari and Ippy, without the chiefs", True, 34),
    ):
        diary.put(day, partial(_consult, ouaka, whom, women, people))
    diary.put(date(2020, 10, 6), partial(_move, ouaka, "consult", WRITER))
    diary.put(date(2020, 10, 10), partial(_begin, diary, "CF61", OTHER))
    diary.put(date(2020, 10, 15), partial(_review, diary, ouaka))
    diary.put(date(2020, 10, 28), partial(_move, ouaka, "adopt", HEAD))
    diary.put(date(2020, 10, 29), partial(_move, ouaka, "share", WRITER))
    diary.put(date(2020, 11, 1), partial(_move, ouaka, "bring-into-force", WRITER))
    for number, met in enumerate(MET, start=1):
        diary.put(met[0], partial(_meet, diary, met, number))
    diary.put(date(2020, 12, 10), partial(_local_plan, diary))
    diary.put(date(2020, 12, 14), partial(_next, ouaka))
    diary.put(date(2020, 12, 22), partial(_persons, diary))
    diary.put(date(2020, 12, 28), partial(_withdraw, diary))
    diary.put(date(2020, 12, 29), partial(_reprisal, diary))


Find = Callable[[], CommunityPlan]


def _of_area(diary: Diary, pcode: str) -> CommunityPlan:
    rows = CommunityPlan.objects.filter(mission=diary.mission, area__pcode=pcode).order_by("year", "semester")
    return rows[0]


def _area(pcode: str) -> Area:
    return Area.objects.filter(pcode=pcode, valid_to=None)[0]


def _begin(diary: Diary, pcode: str, texts: dict[str, str], now: datetime) -> None:
    by = person(WRITER)
    threats = Threat.objects.visible_to(by).active().filter(office__code="BAMBARI").order_by("number")[:1]
    networks = Network.objects.visible_to(by).filter(area__path__startswith=_area(pcode).path)[:2]
    values: dict[str, Any] = {**texts, "threats": list(threats) if pcode == "CF43" else [], "networks": list(networks)}
    if not values["networks"]:
        values["no_network_reason"] = "No line reaches the villages yet; messengers walk to Bambari."
    add_plan(diary.mission, area=_area(pcode), year=2020, semester=2, by=by, now=now, **values)


def _consult(plan: Find, whom: str, women: bool, people: int, now: datetime) -> None:
    findings = "They ask for patrols after dusk and for a bell at the well." if women else "Cattle routes come first."
    add_consultation(
        plan(), held_on=now.date(), with_whom=whom, womens_organizations=women, was_separate=women, people=people,
        findings=findings, by=person(WRITER), now=now,
    )  # fmt: skip


def _move(plan: Find, act: str, who: str, now: datetime) -> None:
    move_plan(plan(), act, by=person(who), now=now)


def _review(diary: Diary, plan: Find, now: datetime) -> None:
    forum = Forum.objects.get(mission=diary.mission, code="lpf-bambari")
    move_plan(plan(), "review", forum=forum, by=person(WRITER), now=now)


def _next(plan: Find, now: datetime) -> None:
    """Begin the next plan, and change what the dry season changes."""
    made = plan_next(plan(), by=person(WRITER), now=now)
    security = "The dry season opens the cattle routes. Since November the bridge is held by a group that nobody knows."
    edit_plan(made, changes={"security": security}, based_on=made.version, by=person(WRITER), now=now)


def _meet(diary: Diary, met: tuple[Any, ...], number: int, now: datetime) -> None:
    day, who, pcode, purposes, groups, apart, risk, counts, findings, problem = met
    below = Area.objects.filter(path__startswith=_area(pcode).path, level=2, valid_to=None).order_by("path")
    found = list(below)
    by = person(who)
    add_engagement(
        diary.mission, by=by if by.has_perm("coordination.change_engagement") else person(WRITER), now=now,
        held_on=day, area=found[number % len(found)] if found else _area(pcode), purposes=purposes, groups=groups,
        was_separate=apart, risk=risk, counts=counts, findings=findings, problem=problem, tier=1,
        phase="prevention" if number % 2 else "pre_emption",
        risks_weighed="Who is seen with the mission; whether people come back safely before dark.",
        duplication="OCHA and the women's associations: nobody else asked this month.",
        component=by.posting.component if by.posting else None,
    )  # fmt: skip


def _last(diary: Diary, number: int) -> Engagement:
    return Engagement.objects.get(mission=diary.mission, number=number)


def _persons(diary: Diary, now: datetime) -> None:
    """Keep what is needed of the people of two engagements, with their consent."""
    given: dict[str, Any] = {"consent_scope": ["record", "refer"], "by": person("solane"), "now": now}
    for number, words in ((5, "Key W-3: keeps the bell; wants a call back."), (6, "Keys D-1 to D-3: saw the bridge.")):
        engagement = _last(diary, number)
        keep_persons(engagement, personal_details=words, consent_on=engagement.held_on, **given)


def _withdraw(diary: Diary, now: datetime) -> None:
    withdraw_consent(_last(diary, len(MET)), by=person("solane"), now=now)


def _reprisal(diary: Diary, now: datetime) -> None:
    text = "After the meeting of 12 December two who had spoken were told by armed men to leave the quarter."
    file_reprisal(diary.mission, text=text, alleged_by="Armed men from the bridge", by=person(WRITER), now=now)


def _local_plan(diary: Diary, now: datetime) -> None:
    """Let Bambari's forum adopt its plan for the next half year, of two rows of the matrix."""
    by = person("bellin")
    forum = Forum.objects.select_related("mission", "office").get(mission=diary.mission, code="lpf-bambari")
    first, last = date(2021, 1, 1), date(2021, 6, 30)
    title = "Local POC plan of Bambari, first half of 2021"
    plan = add_local_plan(forum, title=title, starts_on=first, ends_on=last, by=by, now=now)
    for threat in threats_of_plan(plan, by)[:2]:
        risk = add_risk(plan, text="", threat=threat, by=by, now=now)
        for component, actor, activity, capacity, role, responsibility in LINES:
            add_line(
                risk, by=by, now=now, activity=activity, capacity=capacity, role=role, responsibility=responsibility,
                component=Component.objects.filter(mission=diary.mission, code=component).first(),
                actor=ProtectionActor.objects.filter(mission=diary.mission, name=actor).first(),
            )  # fmt: skip
    decision = decisions_for(plan, by).order_by("pk").first()
    if decision is not None and plan.risks.exists():
        adopt_local_plan(LocalPlan.objects.get(pk=plan.pk), decision=decision, by=by, now=now)
