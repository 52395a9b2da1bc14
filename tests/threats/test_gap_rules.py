"""TH-07: the gap rules one by one (POC Handbook 2020, 8.3 and 4.2.1; the thresholds are ours)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from threats.rules.gaps import ActivityFacts, ThreatFacts, gaps_of

NOW = datetime(2020, 12, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def activity(pk: int, tier: int, **columns: object) -> ActivityFacts:
    values = {"ref": f"A-{pk:03d}", "is_open": True, "due_on": date(2021, 1, 5), "has_owner": True, "changed_at": NOW}
    return ActivityFacts(pk=pk, tier=tier, **{**values, **columns})  # type: ignore[arg-type]


WHOLE = ThreatFacts(
    priority=1,
    has_lead=True,
    has_objective=True,
    capacity_in_reach=True,
    assessed_on=date(2020, 12, 20),
    review_days=31,
    in_force_at=NOW - 10 * DAY,
    ratings=[("steady", NOW - 11 * DAY), ("new", NOW - 40 * DAY)],
    activities=[activity(1, 1), activity(2, 2), activity(3, 3)],
)
RISING = [("rising", NOW - 2 * DAY), ("rising", NOW - 9 * DAY), ("new", NOW - 40 * DAY)]
OLD = [activity(number, number, changed_at=NOW - 20 * DAY) for number in (1, 2, 3)]

CASES = [
    ("8.3 nothing is missing", {}, []),
    ("8.2.4 never rated", {"assessed_on": None}, [("not_rated", "assessment")]),
    ("8.2.4 rated 31 days ago is in time", {"assessed_on": NOW.date() - 31 * DAY}, []),
    ("8.2.4 rated 32 days ago is not", {"assessed_on": NOW.date() - 32 * DAY}, [("not_reassessed", "assessment")]),
    ("8.3 no activity", {"activities": []}, [("no_activity", "activity")]),
    ("8.3 no activity, priority 3", {"activities": [], "priority": 3}, []),
    ("4.2.1 no lead", {"has_lead": False}, [("no_lead", "lead")]),
    ("4.2.1 no lead, priority 2", {"has_lead": False, "priority": 2}, [("no_lead", "lead")]),
    ("4.2.1 no lead, priority 3", {"has_lead": False, "priority": 3}, []),
    ("8.3 no objective", {"has_objective": False}, [("no_objective", "objective")]),
    ("8.3 no edition", {"in_force_at": None}, [("no_edition", "edition")]),
    ("8.3 edition at the limit", {"in_force_at": NOW - 31 * DAY}, []),
    ("8.3 edition too old", {"in_force_at": NOW - 32 * DAY}, [("no_edition", "edition")]),
    ("8.3 no edition, priority 3", {"in_force_at": None, "priority": 3}, []),
    (
        "8.3 activity overdue",
        {"activities": [activity(1, 1), activity(2, 2, due_on=date(2020, 12, 30)), activity(3, 3)]},
        [("activity_overdue", "activity")],
    ),
    (
        "8.3 done in time or late is not overdue",
        {"activities": [activity(1, 1), activity(2, 2, due_on=date(2020, 1, 1), is_open=False), activity(3, 3)]},
        [],
    ),
    (
        "8.3 due today is in time",
        {"activities": [activity(1, 1), activity(2, 2, due_on=NOW.date()), activity(3, 3)]},
        [],
    ),
    (
        "8.3 action without owner",
        {"activities": [activity(1, 1), activity(2, 2, has_owner=False), activity(3, 3)]},
        [("no_owner", "activity")],
    ),
    ("8.3 no capacity in reach", {"capacity_in_reach": False}, [("no_capacity", "capacity")]),
    ("8.3 capacity unknown", {"capacity_in_reach": None}, []),
    (
        "8.2.4 rising twice, response as it was",
        {"ratings": RISING, "activities": OLD},
        [("rising_unanswered", "activity")],
    ),
    ("8.2.4 rising twice, response changed", {"ratings": RISING}, []),
    ("8.2.4 rising once", {"ratings": [RISING[0], ("steady", NOW)], "activities": OLD}, []),
    ("2.2 a tier is left out", {"activities": [activity(1, 1), activity(2, 2)]}, [("no_tier", "activity")]),
    (
        "2.2 a tier that the strategy does not call for",
        {"activities": [activity(1, 1), activity(2, 2)], "tiers_called_for": (1, 2)},
        [],
    ),
]


@pytest.mark.parametrize(("changed", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_gap_rule(changed: dict, expected: list[tuple[str, str]]) -> None:
    """TH-07: each rule alone against a threat where nothing is missing."""
    assert [(gap.code, gap.field) for gap in gaps_of(replace(WHOLE, **changed), now=NOW)] == expected


def test_gap_sentences_name_days_and_activity() -> None:
    late = activity(12, 1, due_on=date(2020, 12, 25), has_owner=False)
    facts = replace(WHOLE, activities=[late, activity(2, 2), activity(3, 3)], assessed_on=date(2020, 11, 20))
    assert [(gap.message, gap.about) for gap in gaps_of(facts, now=NOW)] == [
        ("Not reassessed for 41 days.", None),
        ("Activity A-012 overdue by 6 days.", 12),
        ("Activity A-012 has no owner.", 12),
    ]


def test_missing_tier_is_named() -> None:
    gap = gaps_of(replace(WHOLE, activities=[activity(1, 1), activity(2, 2)]), now=NOW)[0]
    assert (gap.message, gap.tier) == ("No activity in tier III.", 3)
