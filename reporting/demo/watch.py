"""The atrocity watch and trigger calendar of the demo mission: dates are public knowledge, judgments are invented."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from pocweb.choices import Marking
from pocweb.models import Office
from reporting.demo.diary import Diary, person
from threats.models import AtrocityFactor, FactorWatch, TriggerEvent
from threats.services.triggers import add_trigger, record_effect
from threats.services.watch import add_reading, set_baseline

BASELINES_ON = date(2020, 8, 10)
CALENDAR_ON = date(2020, 8, 17)


@dataclass(frozen=True)
class Baseline:
    """What the POC Adviser wrote of a factor in August."""

    number: int
    level: int
    baseline: str
    relevance: str = ""
    who: str = ""
    triggers: str = ""
    protection: str = ""
    is_relevant: bool = True


BASELINES = (
    Baseline(
        1,
        2,
        "Armed groups hold most rural roads; clashes are local and mostly short.",
        "Fighting over roads and mines is the frame of all other violence.",
        "Residents of market towns and people on the road; the dry season brings fighters and herds closer.",
        "A step out of the peace agreement; arrival of reinforcements.",
        "Contact with all signatories; presence on the main road before each step of the election calendar.",
    ),
    Baseline(
        2,
        2,
        "Attacks of earlier years on neighbourhoods and sites are unpunished.",
        "The same groups live near those who attacked them.",
        "Muslim traders in the east, displaced people in sites, women on the way to market.",
        "Release or arrest of a commander.",
        "Support to investigations; visits to sites.",
    ),
    Baseline(3, 2, "Officials and judges work in prefecture capitals alone.", "No one else protects in most places."),
    Baseline(
        4,
        1,
        "Taxes on roads, cattle and mines pay for armed groups.",
        "Control of roads and cattle is worth killing for.",
    ),
    Baseline(
        5,
        2,
        "Light weapons everywhere; recruitment is local and slow.",
        "Fighters can be brought together within days.",
    ),
    Baseline(
        6, 1, "Local peace committees work in most towns; aid reaches most areas.", "They have stopped violence before."
    ),
    Baseline(
        7,
        1,
        "Hate speech is heard on the radio and online in election debates, without calls to act.",
        "Enabling signs come before violence.",
        "Muslims and foreigners so called; supporters of candidates; women in public life.",
        "Publication of the lists of candidates; rallies; results.",
        "Radio with facts in Sango; early talks with party youth; a line to the media council.",
    ),
    Baseline(
        8,
        1,
        "Market days and cattle movement bring local disputes; chiefs settle most.",
        "The election calendar and the dry season fall together.",
        "Herders and farmers on transhumance routes; polling staff.",
        "Elections of 27 December, the court's decision on candidates, the return of a former president to politics.",
        "The trigger calendar; patrols on polling day; shelter at bases.",
    ),
    Baseline(
        9,
        1,
        "Mixed quarters trade again; marriages and land remain divisive.",
        "Identity was used to mobilise in 2013.",
    ),
    Baseline(
        11, 1, "Attacks on civilians are frequent, local and mostly for gain.", "Patterns would show a turn to system."
    ),
    Baseline(13, 1, "Schools and health posts are spared more often than in 2018.", "Heavy weapons are near towns."),
    Baseline(14, 1, "Robbery of aid is frequent; peacekeepers are seldom a target.", "Aid is what many live on."),
    Baseline(12, 0, "", "No order, list or preparation is known; looked at again each quarter.", is_relevant=False),
)
NOT_JUDGED = (10,)


@dataclass(frozen=True)
class Reading:
    """What somebody saw of a factor on a day."""

    day: date
    number: int
    level: int
    evidence: str
    by: str = "castell"
    signs: tuple[str, ...] = ()
    area: str = ""
    marking: Marking = Marking.CONFIDENTIAL


READINGS = (
    Reading(date(2020, 9, 14), 1, 2, "Clashes remain local; two roads closed for a week.", "haske", ("fighting",)),
    Reading(date(2020, 9, 18), 7, 1, "Single broadcasts against foreigners; no call to act.", "castell", ("speech",)),
    Reading(date(2020, 9, 25), 8, 1, "Registration of voters goes on with local disputes.", "castell", ("election",)),
    Reading(
        date(2020, 9, 28), 3, 2, "Courts in the east reopened for ten days and closed again.", "solane", ("no-justice",)
    ),
    Reading(date(2020, 10, 12), 6, 1, "Peace committees meet; access is as before.", "bellin"),
    Reading(
        date(2020, 10, 19),
        9,
        1,
        "Quarrels on the market of the mixed quarter, settled.",
        "bellin",
        ("clashes",),
        "CF43",
    ),
    Reading(
        date(2020, 10, 26),
        4,
        1,
        "New checkpoints on the cattle road; prices of passage rose.",
        "castell",
        ("resources",),
    ),
    Reading(date(2020, 11, 9), 5, 2, "Young men called up in two towns; paid by the day.", "haske", ("recruits",)),
    Reading(
        date(2020, 11, 16),
        7,
        2,
        "Rallies name a group as foreign; leaflets in three towns; arms reported on two roads.",
        "castell",
        ("speech", "marking", "arms"),
    ),
    Reading(
        date(2020, 11, 23),
        14,
        2,
        "Four robberies of aid convoys in a month; drivers beaten.",
        "haske",
        ("attacks-on-aid", "obstruction"),
    ),
    Reading(
        date(2020, 12, 4), 8, 2, "The court decided on candidates; supporters block roads.", "castell", ("election",)
    ),
    Reading(
        date(2020, 12, 15),
        6,
        2,
        "Mediators left two towns; the road to the border is closed to aid.",
        "haske",
        ("no-mediation", "no-access"),
    ),
    Reading(
        date(2020, 12, 18),
        1,
        3,
        "Armed groups announce a coalition and move on the main road.",
        "haske",
        ("fighting", "power-shift"),
    ),
    Reading(
        date(2020, 12, 22),
        7,
        3,
        "Houses of officials marked; weapons handed out in one quarter of the town.",
        "bellin",
        ("marking", "arms", "attacks"),
        "CF43",
    ),
    Reading(
        date(2020, 12, 22),
        11,
        2,
        "Attacks in four prefectures in one week, all along the main supply road.",
        "solane",
        ("spread", "pattern"),
    ),
    Reading(
        date(2020, 12, 24),
        5,
        3,
        "Groups that fought each other move together; heavy weapons seen twice.",
        "haske",
        ("men-and-arms", "reach"),
    ),
    Reading(
        date(2020, 12, 28),
        8,
        3,
        "Voting did not take place or broke off in many centres.",
        "castell",
        ("election", "deployment"),
    ),
    Reading(
        date(2020, 12, 29),
        13,
        2,
        "Fire from heavy weapons near a hospital; a school occupied.",
        "solane",
        ("indiscriminate", "used"),
        "CF43",
    ),
    Reading(
        date(2020, 12, 30),
        9,
        2,
        "A community is blamed for the attack on the town.",
        "ferro",
        ("clashes",),
        "",
        Marking.STRICTLY_CONFIDENTIAL,
    ),
)


@dataclass(frozen=True)
class Trigger:
    """An event as the offices put it into the calendar."""

    kind: str
    title: str
    starts_on: str
    ends_on: str
    watch_from: str
    office: str = "HQ"
    by: str = "castell"
    areas: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    past_effect: str = ""
    planned_action: str = ""
    action_owner: str = ""
    is_yearly: bool = False


TRIGGERS = (
    Trigger(
        "election",
        "Presidential and legislative elections",
        "2020-12-27",
        "2020-12-27",
        "2020-11-15",
        groups=("women", "human-rights-defenders"),
        past_effect="2015: voting was put off twice; fighting in the capital in September and October.",
        planned_action="Joint patrols with police around polling places; shelter plan at each base",
        action_owner="haske",
    ),
    Trigger(
        "election",
        "Provisional results, and the court's decision on them",
        "2021-01-04",
        "2021-01-18",
        "2020-12-28",
        past_effect="2016: calm after the second round.",
        planned_action="Good offices with candidates; facts on the radio within the hour",
        action_owner="vey",
    ),
    Trigger(
        "election",
        "Second round, legislative elections",
        "2021-02-14",
        "2021-02-14",
        "2021-01-20",
        planned_action="Repeat the polling day plan where voting did not take place",
        action_owner="haske",
    ),
    Trigger(
        "season",
        "Dry season: herds move south",
        "2019-11-15",
        "2020-04-15",
        "2019-10-15",
        "EAST",
        "bellin",
        ("CF43", "CF42", "CF52"),
        ("minority",),
        "2019: clashes over fields and herds in three sub-prefectures; forty days without market.",
        "Agree on routes with chiefs of both sides before the first herds",
        "bellin",
        True,
    ),
    Trigger(
        "season",
        "Harvest of groundnut, maize and cassava",
        "2020-09-01",
        "2020-11-30",
        "2020-08-20",
        "EAST",
        "bellin",
        ("CF43", "CF41"),
        ("women",),
        "2019: thefts of harvests and two killings on the way to the fields.",
        "Patrols on field paths in the morning",
        "bellin",
        True,
    ),
    Trigger(
        "cultural",
        "Christmas and New Year",
        "2019-12-24",
        "2020-01-02",
        "2019-12-15",
        "HQ",
        "castell",
        (),
        (),
        "2019: violence at the market of the third district of the capital on 26 December.",
        "Joint patrols at markets and places of worship",
        "haske",
        True,
    ),
    Trigger(
        "cultural",
        "Ramadan",
        "2021-04-13",
        "2021-05-12",
        "2021-03-25",
        "HQ",
        "castell",
        ("CF43", "CF52"),
        (),
        "2020: calm; traders stayed away from two markets.",
        "Contact with both faiths through the platform",
        "bellin",
    ),
    Trigger(
        "cultural",
        "Easter",
        "2021-04-02",
        "2021-04-05",
        "2021-03-22",
        "HQ",
        "castell",
        planned_action="Joint patrols at places of worship",
    ),
    Trigger(
        "annual",
        "Anniversary of the taking of power of 2013",
        "2020-03-24",
        "2020-03-24",
        "2020-03-10",
        "HQ",
        "castell",
        past_effect="2020: rallies in the capital, no violence.",
        planned_action="Talks with youth leaders",
        action_owner="vey",
        is_yearly=True,
    ),
    Trigger(
        "forces",
        "Advance of the coalition of armed groups on the main supply road",
        "2020-12-19",
        "2021-01-31",
        "2020-12-18",
        "WEST",
        "castell",
        ("CF22", "CF21", "CF11"),
        ("idps",),
        "",
        "Shelter at bases; deconfliction of routes",
        "haske",
    ),
    Trigger(
        "annual",
        "Cattle fair of Bambari",
        "2020-02-10",
        "2020-02-14",
        "2020-01-25",
        "BAMBARI",
        "bellin",
        ("CF43",),
        ("minority",),
        "2020: two herders robbed on the way back.",
        "Escort on the first and last day",
        "bellin",
        True,
    ),
)
EFFECTS = (
    (
        date(2020, 12, 3),
        "Harvest of groundnut, maize and cassava",
        "bellin",
        "2020: thefts in six villages, no killing on the paths that were patrolled.",
    ),
)


def write_watch(diary: Diary) -> None:
    """Put down the baselines, the readings, the calendar, and the effects written after events."""
    for plan in BASELINES:
        diary.put(BASELINES_ON, partial(_judge, diary, plan))
    for trigger in TRIGGERS:
        day = date.fromisoformat(trigger.watch_from) if trigger.kind == "forces" else CALENDAR_ON
        diary.put(day, partial(_add, diary, trigger))
    for reading in READINGS:
        diary.put(reading.day, partial(_read, diary, reading))
    for day, title, account, text in EFFECTS:
        diary.put(day, partial(_effect, diary, title, account, text))


def _judge(diary: Diary, plan: Baseline, now: datetime) -> None:
    values: dict[str, Any] = {
        "is_relevant": plan.is_relevant,
        "relevance": plan.relevance,
        "baseline_level": plan.level,
        "baseline_on": now.date().isoformat(),
        "baseline": plan.baseline,
        "who": plan.who,
        "triggers": plan.triggers,
        "protection": plan.protection,
    }
    factor = AtrocityFactor.objects.get(number=plan.number)
    set_baseline(diary.mission, factor, values=values, by=person("castell"), now=now)


def _read(diary: Diary, plan: Reading, now: datetime) -> None:
    rows = FactorWatch.objects.select_related("mission", "office", "factor")
    watch = rows.get(mission=diary.mission, factor__number=plan.number)
    values = {"read_on": plan.day.isoformat(), "level": plan.level, "evidence": plan.evidence, "signs": plan.signs}
    values |= {"area": plan.area, "marking": int(plan.marking)}
    add_reading(watch, values=values, by=person(plan.by), now=now)


def _add(diary: Diary, plan: Trigger, now: datetime) -> None:
    names = ("kind", "title", "starts_on", "ends_on", "watch_from", "past_effect", "planned_action", "is_yearly")
    values: dict[str, Any] = {name: getattr(plan, name) for name in names}
    values |= {"areas": plan.areas, "groups": plan.groups, "action_owner": plan.action_owner}
    office = Office.objects.select_related("mission").get(mission=diary.mission, code=plan.office)
    add_trigger(office=office, values=values, by=person(plan.by), now=now)


def _effect(diary: Diary, title: str, account: str, text: str, now: datetime) -> None:
    rows = TriggerEvent.objects.select_related("mission", "office", "action_owner")
    trigger = rows.get(mission=diary.mission, title=title)
    record_effect(trigger, text=text, based_on=trigger.version, by=person(account), now=now)
