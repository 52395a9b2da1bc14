"""Reports of the last days of 2020 that are still being rated in the demo mission: five in Ouaka, one in Bria.

Each stands at another step of the assessment. People, places of the report and words are invented. Later lives of
warnings stand in `responses.py`, `flashes.py` and `alert_history.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from coordination.models import WarningCase
from coordination.warnings import links, ratings, services
from coordination.warnings.area_words import area_for
from reporting.demo.diary import Diary, person
from threats.models import Threat

Act = Callable[[WarningCase, datetime], Any]


@dataclass(frozen=True)
class Report:
    """What was reported by whom on which day, and what was done with it, by minutes after it."""

    key: str
    day: date
    by: str
    values: dict[str, Any]
    acts: tuple[tuple[int, Act], ...] = field(default=())


def _rate(service: Callable[..., Any], by: str, **values: Any) -> Act:
    return lambda case, now: service(case, by=person(by), now=now, **values)


def _tie(case: WarningCase, now: datetime) -> None:
    """Tie the case to the office's first threat that its rater may see."""
    who = person("bellin")
    threat = Threat.objects.visible_to(who).filter(office=case.office, status="active").order_by("number").first()
    if threat is not None:
        links.link_threat(case, threat, by=who, now=now)


REPORTS: tuple[Report, ...] = (
    Report(
        "rated", date(2020, 12, 29), "orlo",
        {"place": "Grimari, road to the market", "act": "attack", "expected": "days", "threatening": "armed_group",
         "at_risk": ["women", "men", "minority"], "people": 150, "channel": "network",
         "text": "Traders of one community were told not to come to the market again. Two stalls were broken at dusk."},
        (
            (6, _rate(ratings.rate_source, "haske", reliability="B")),
            (35, _rate(ratings.rate_information, "ferro", reliability="confirmed", is_triangulated=True,
                       triangulation="A patrol saw the stalls; the market committee says the same.")),
            (37, _rate(ratings.class_case, "haske", case_class="warning")),
            (50, _rate(ratings.rate_impact, "haske", civilians=2)),
            (95, _rate(ratings.rate_special_impact, "solane", kind="women", level=3,
                       reason="Most of the traders are women, and the road home is unlit.")),
            (140, _rate(ratings.rate_likelihood, "haske", level=2)),
            (150, _tie),
        ),
    ),
    Report(
        "impact", date(2020, 12, 30), "tamm",
        {"place": "Ippy, north gate", "act": "abduction", "expected": "day", "threatening": "armed_group",
         "at_risk": ["men", "boys"], "people": 40, "channel": "patrol", "un_staff": True,
         "text": "Men at a barrier keep boys back until relatives pay. A patrol was told to turn round."},
        (
            (5, _rate(ratings.rate_source, "haske", reliability="A")),
            (15, _rate(ratings.rate_information, "haske", reliability="sure", is_triangulated=True,
                       triangulation="The patrol saw it; two families came to the base.")),
            (18, _rate(ratings.class_case, "haske", case_class="warning")),
        ),
    ),
    Report(
        "information", date(2020, 12, 30), "orlo",
        {"place": "Bakala", "act": "arrest", "expected": "unknown", "threatening": "state", "at_risk": ["men"],
         "channel": "partner", "text": "Young men are said to be held after the vote. Nobody was seen by our staff."},
        (
            (20, _rate(ratings.rate_source, "haske", reliability="C")),
            (45, _rate(services.add_report, "quill", channel="personnel",
                       text="The chief of the post denies it, and let nobody in.")),
        ),
    ),
    Report(
        "received", date(2020, 12, 31), "quill",
        {"place": "Lissa, quarter behind the school", "act": "displacement", "expected": "now",
         "threatening": "unknown", "at_risk": ["women", "girls", "boys", "older"], "channel": "liaison",
         "text": "Families carry mattresses towards the river since dawn. Nobody says from whom they run."},
    ),
    Report(
        "unknown place", date(2020, 12, 31), "grint",
        {"place": "Track to the old quarry, second ford", "act": "other", "channel": "personnel",
         "text": "A driver of a convoy heard of a barrier by night. He does not know the village."},
        ((12, _rate(ratings.rate_source, "haske", reliability="F")),),
    ),
    Report(
        "Bria", date(2020, 12, 31), "adair",
        {"place": "Bria, displacement site", "act": "sexual_violence", "expected": "day", "threatening": "crime",
         "at_risk": ["women", "girls"], "channel": "seen",
         "text": "The light at the water point is out again, and men wait there after dark."},
    ),
)  # fmt: skip


def write_warnings(diary: Diary) -> None:
    """Put down the reports with what was done about each."""
    for report in REPORTS:
        diary.put(report.day, partial(_live, diary, report))


def _live(diary: Diary, report: Report, now: datetime) -> None:
    by = person(report.by)
    area = area_for(report.values["place"], diary.mission, by.office)
    case = services.file_case(diary.mission, by=by, area=area, now=now, **report.values)
    for minutes, act in report.acts:
        act(case, now + timedelta(minutes=minutes))


def case_of(mission: Any, key: str) -> WarningCase:
    """Return the case that one of these reports became, for what other parts of the demo add to it."""
    place = next(one.values["place"] for one in REPORTS if one.key == key)
    found: WarningCase = WarningCase.objects.select_related("mission", "office").get(mission=mission, place=place)
    return found
