"""Liaison assistants, alert networks, their alerts and impact assessments of the demo mission. All are invented.

Two networks are amber at the end of the year, one has lapsed, two are being set up; one office has no assessment.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from coordination.communities.alerts import answer_alert, receive_alert
from coordination.communities.assistants import add_assistant
from coordination.communities.choices import NetworkState
from coordination.communities.focal_points import add_focal_point
from coordination.communities.networks import add_network, move_network, record_check, record_contact
from coordination.communities.pcia import begin_pcia, complete_pcia
from coordination.communities.rules_networks import MOVES, WAY
from coordination.models import LiaisonAssistant, Network
from pocweb.models import Office
from reporting.demo.diary import Diary, person

FIRST = date(2020, 10, 1)
# office, who records it, key, sub-prefecture, base, languages, first and last day, lent
ASSISTANTS: tuple[tuple[str, str, str, str, str, str, date, date | None, bool], ...] = (
    ("BAMBARI", "orlo", "CLA-BAM-1", "CF433", "BAMBARI", "Sango, French", FIRST, None, False),
    ("BAMBARI", "orlo", "CLA-ALI-1", "CF612", "BAMBARI", "Sango, Banda", date(2020, 10, 5), None, False),
    ("BAMBARI", "orlo", "CLA-OBO-1", "CF631", "BAMBARI", "Sango, Zande", FIRST, None, False),
    ("BRIA", "adair", "CLA-BRI-1", "CF521", "BRIA", "Sango, Arabic", FIRST, None, False),
    ("KAGABANDORO", "petri", "CLA-NDE-1", "CF511", "KAGABANDORO", "Sango, Arabic", date(2020, 10, 9), None, False),
    ("BOUAR", "okeh", "CLA-BER-1", "CF211", "BOUAR", "Sango, Fulfulde", date(2020, 10, 15), date(2020, 11, 30), True),
    ("BOSSANGOA", "lenz", "CLA-PAO-1", "CF314", "BOSSANGOA", "Sango, French", FIRST, None, False),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A network: how far it has come and when, who belongs to it, when it was spoken to and checked."""

    office: str
    by: str
    area: str
    name: str
    communities: str
    key: str
    day: date
    state: str = NetworkState.ACTIVE
    channels: tuple[str, ...] = ("mobile", "motorcycle")
    members: tuple[int, int] | None = None
    contacts: tuple[date, ...] = ()
    checked: date | None = None
    lapsed: date | None = None
    more: dict[str, Any] = field(default_factory=dict)


def _days(*days: tuple[int, int]) -> tuple[date, ...]:
    return tuple(date(2020, month, day) for month, day in days)


EQUIPMENT = "Two handsets kept at the school, charged at the clinic; the office pays for credit each month."
AGREED = {
    "threat_types": "Armed men on the roads, cattle raids, threats on market days, people taken away.",
    "response_time": "A call back within 15 minutes; by day a patrol within an hour",
    "responder": "The nearest company; police in the town",
    "limits": "No patrol at night beyond the last bridge; the mission may be late when roads are flooded.",
}
PLANS = (
    Plan("BAMBARI", "orlo", "CF431", "Bambari and the Ippy road", "Seven villages on the road to Ippy; their market.",
         "FP-BAM-1", FIRST, members=(14, 6), contacts=_days((10, 20), (11, 12), (12, 2), (12, 28)),
         checked=date(2020, 12, 2), more={"has_crsv_signs": True}),
    Plan("BAMBARI", "orlo", "CF435", "Ippy market and mines", "Quarters around the market; workers of two mines.",
         "FP-IPPY-1", date(2020, 10, 12), members=(11, 3), contacts=_days((11, 3), (12, 9)),
         checked=date(2020, 11, 3)),
    Plan("BAMBARI", "orlo", "CF612", "Alindao site", "Displaced people at the site and its edges.", "FP-ALI-1",
         date(2020, 10, 20), members=(8, 4), contacts=_days((11, 10), (11, 25)), checked=date(2020, 11, 10),
         lapsed=date(2020, 12, 15)),
    Plan("BAMBARI", "orlo", "CF434", "Kouango river villages", "Fishing villages that were raided in November.",
         "FP-KOU-1", date(2020, 12, 10), state=NetworkState.FOCAL_POINT),
    Plan("BAMBARI", "orlo", "CF432", "Bakala", "Three villages and a mine; the company base closed in spring.",
         "FP-BAK-1", date(2020, 12, 16), state=NetworkState.EXPECTATIONS, channels=("hf_radio", "messenger")),
    Plan("BRIA", "adair", "CF521", "Bria, displaced persons' site", "The site and the quarters along its road.",
         "FP-BRI-1", FIRST, channels=("hotline", "whistle"), members=(22, 9), contacts=_days((11, 15), (12, 27)),
         checked=date(2020, 12, 4), more={"has_crsv_signs": True}),
    Plan("KAGABANDORO", "petri", "CF421", "Kaga-Bandoro", "Two quarters and the cattle market.", "FP-KAG-1", FIRST,
         channels=("mobile",), members=(10, 4), contacts=_days((11, 22), (12, 22))),
    Plan("BOUAR", "okeh", "CF221", "Bouar", "Quarters on the main road to the border.", "FP-BOU-1", FIRST,
         channels=("mobile", "whistle"), members=(9, 2), contacts=_days((11, 30), (12, 30)),
         checked=date(2020, 11, 30)),
    Plan("BOSSANGOA", "lenz", "CF321", "Bossangoa", "Villages within a day's walk to the north.", "FP-BOS-1", FIRST,
         channels=("bicycle", "walking"), contacts=_days((11, 8), (12, 20))),
)  # fmt: skip
# office, who writes it, day of its beginning, day of its completion
PCIAS: tuple[tuple[str, str, date, date | None], ...] = (
    ("BAMBARI", "orlo", date(2020, 6, 3), date(2020, 6, 12)),
    ("BRIA", "adair", date(2020, 6, 20), None),
    ("KAGABANDORO", "petri", date(2020, 6, 8), date(2020, 7, 2)),
    ("BOSSANGOA", "lenz", date(2020, 6, 4), date(2020, 6, 15)),
)
PARTS = {
    "conflict_map": "Social: old grievances over the dead of 2017. Political: rivalry of two committees before the "
    "elections. Economic: gold, cattle corridors and the tax on the market road.",
    "stakeholder_map": "Committees of traders and of herders; religious platform; prefecture; two armed groups.",
    "risks": "Raids when herds return in the dry season. Opportunity: both committees ask for a joint market patrol.",
}


def write_communities(diary: Diary) -> None:
    """Put assistants, networks, alerts and assessments into the diary."""
    for assessment in PCIAS:
        _assess(diary, *assessment)
    for office, by, key, area, base, languages, first, last, is_lent in ASSISTANTS:
        values: dict[str, Any] = {"key": key, "areas": [area], "base": base, "languages": languages, "office": office}
        values |= {"sex": "unknown", "starts_on": first, "ends_on": last, "is_lent": is_lent}
        diary.put(first, _assistant(diary, by, values))
    for plan in PLANS:
        _network(diary, plan)
    _alerts(diary)


def _assess(diary: Diary, code: str, by: str, begun: date, done: date | None) -> None:
    box: list[Any] = []
    parts = PARTS if done else {"conflict_map": PARTS["conflict_map"]}
    office = Office.objects.select_related("mission").get(mission=diary.mission, code=code)

    def begin(now: datetime) -> None:
        values = {"office": office, "year": 2020, "with_whom": "Civil Affairs, political affairs, police", **parts}
        box.append(begin_pcia(diary.mission, by=person(by), now=now, **values))

    diary.put(begun, begin)
    if done is not None:
        diary.put(done, lambda now: complete_pcia(box[0], based_on=1, by=person(by), now=now))


def _assistant(diary: Diary, by: str, values: dict[str, Any]) -> Callable[[datetime], Any]:
    return lambda now: add_assistant(diary.mission, by=person(by), now=now, **values)


def _network(diary: Diary, plan: Plan) -> None:
    box: list[Network] = []
    by = person(plan.by)

    def begin(now: datetime) -> None:
        assistant = LiaisonAssistant.objects.filter(mission=diary.mission, areas__pcode=plan.area, ends_on=None)
        members = dict(zip(("members", "women_members"), plan.members or (None, None), strict=True))
        values: dict[str, Any] = {
            "name": plan.name,
            "area": plan.area,
            "communities": plan.communities,
            "base": plan.office,
        }
        values |= {"office": plan.office, "assistant": assistant.first(), "channels": list(plan.channels)}
        if plan.state not in (NetworkState.AT_RISK, NetworkState.FOCAL_POINT):
            values |= {"equipment": EQUIPMENT, **AGREED}
        network = add_network(diary.mission, by=by, now=now, **values, **members, **plan.more)
        consent: dict[str, Any] = {"consent_scope": ["record", "share"], "consent_on": now.date()}
        add_focal_point(network, key=plan.key, role="Trade", by=by, now=now, **consent)
        for state in WAY[1 : WAY.index(plan.state) + 1]:
            act = next(move.act for move in MOVES if move.after == state)
            network = move_network(network, act, state=WAY[WAY.index(state) - 1], by=by, now=now)
        box.append(network)

    diary.put(plan.day, begin)
    for day in plan.contacts:
        diary.put(day, lambda now: record_contact(box[0], contacted_on=now.date(), by=by, now=now))
    if plan.checked:
        note = "Both handsets work."
        diary.put(plan.checked, lambda now: record_check(box[0], checked_on=now.date(), note=note, by=by, now=now))
    if plan.lapsed:
        reason = "The focal point moved with the people of the site; nobody answers since the end of November."
        diary.put(plan.lapsed, lambda now: move_network(box[0], "lapse", state="active", reason=reason, by=by, now=now))


def _alerts(diary: Diary) -> None:
    """Let the network of Bambari call twice: once with an answer, once on the last evening without one yet."""
    box: list[Any] = []

    def network() -> Network:
        return Network.objects.select_related("mission", "office", "area").get(
            mission=diary.mission, name=PLANS[0].name
        )

    def call(text: str, place: str) -> Callable[[datetime], None]:
        report: dict[str, Any] = {"act": "attack", "threatening": "armed_group", "expected": "day"}
        report |= {"at_risk": ["women", "men"], "text": text, "place": place}

        def receive(now: datetime) -> None:
            box.append(receive_alert(network(), channel="mobile", by=person("orlo"), now=now, **report))

        return receive

    def answer(now: datetime) -> None:
        said = {"response": "The company sent a patrol from Bambari; it stood at the bridge after 50 minutes."}
        said["result"] = "The men left before it came. The market was held; nobody was hurt."
        answer_alert(box[0], **said, close=True, based_on=1, by=person("orlo"), now=now)

    diary.put(date(2020, 12, 17), call("About ten armed men on motorcycles stop traders.", "Bridge on the Ippy road"))
    diary.put(date(2020, 12, 17) + timedelta(days=1), answer)
    diary.put(date(2020, 12, 30), call("Strangers ask which families keep cattle.", "Third village on the Ippy road"))
