"""TH-08, the judgments: hotspots by a stated statistic, hotspots by threats, blind spots. No database."""

import math
import random
from datetime import date
from itertools import combinations, product

import pytest

from threats.choices import Heat, PresenceKind, Sight
from threats.rules.blindspots import Glimpse, sight_of, window
from threats.rules.hotspots import FALSE_DISCOVERY, LEAST_EVENTS, heat_of, local_statistics, step_up

MAPS = 150


def row_of(values: list[int]) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Return areas side by side in a row, each touching the one before and the one after."""
    codes = [f"A{place}" for place in range(len(values))]
    near = {code: set(codes[max(place - 1, 0) : place + 2]) - {code} for place, code in enumerate(codes)}
    return dict(zip(codes, values, strict=True)), near


def grid(side: int) -> dict[str, set[str]]:
    """Return the neighbours of a square grid, corners included."""
    steps = [step for step in product((-1, 0, 1), repeat=2) if step != (0, 0)]
    inside = set(product(range(side), repeat=2))
    return {
        f"{x}-{y}": {f"{x + dx}-{y + dy}" for dx, dy in steps if (x + dx, y + dy) in inside} for x, y in sorted(inside)
    }


def poisson(chance: random.Random, mean: float) -> int:
    limit, count, product_ = math.exp(-mean), 0, chance.random()
    while product_ > limit:
        count, product_ = count + 1, product_ * chance.random()
    return count


def hot(values: dict[str, int], near: dict[str, set[str]]) -> set[str]:
    found = local_statistics(values, near)
    return {code for code, one in found.items() if one.stands_out and values[code] >= LEAST_EVENTS}


@pytest.mark.parametrize(
    ("area", "z", "p"),
    [
        # n = 8, mean 1, s * s = (16 + 16) / 8 - 1 = 3; the two fours stand at the west end
        ("A0", (8 - 2) / math.sqrt(3 * (8 * 2 - 4) / 7), 1 / 28),
        ("A1", (8 - 3) / math.sqrt(3 * (8 * 3 - 9) / 7), 6 / 56),
        ("A2", (4 - 3) / math.sqrt(3 * (8 * 3 - 9) / 7), 36 / 56),
        ("A4", (0 - 3) / math.sqrt(3 * (8 * 3 - 9) / 7), 1.0),
        ("A7", (0 - 2) / math.sqrt(3 * (8 * 2 - 4) / 7), 1.0),
    ],
)
def test_statistic_equals_the_one_worked_out_by_hand(area: str, z: float, p: float) -> None:
    """TH-08: Gi* as in Ord and Getis 1995; its chance is a count of choices."""
    found = local_statistics(*row_of([4, 4, 0, 0, 0, 0, 0, 0]))[area]

    assert found.z == pytest.approx(z)
    assert found.p == pytest.approx(p)


def test_chance_equals_a_count_of_all_choices() -> None:
    """TH-08: the quick way to the chance gives what trying every choice gives."""
    values, near = row_of([3, 0, 7, 1, 0, 2, 2, 0, 5, 1])

    found = local_statistics(values, near)

    for code, one in found.items():
        around = [code, *near[code]]
        total = sum(values[name] for name in around)
        sums = [sum(choice) for choice in combinations(values.values(), len(around))]
        assert one.p == pytest.approx(sum(choice >= total for choice in sums) / len(sums))


@pytest.mark.parametrize("values", [[1] * 10, [0] * 10, [9, 9, 9, 0, 0, 0, 0]])
def test_equal_values_and_few_areas_give_no_statistic(values: list[int]) -> None:
    """TH-08: nothing can stand out where all is the same, or among fewer than eight areas."""
    assert {(one.z, one.p, one.stands_out) for one in local_statistics(*row_of(values)).values()} == {
        (None, None, False)
    }


def test_area_that_touches_all_others_has_no_z_and_never_stands_out() -> None:
    values, near = row_of([5, 1, 0, 0, 2, 0, 0, 0])
    near["A0"] = set(values) - {"A0"}

    found = local_statistics(values, near)["A0"]

    assert (found.z, found.p, found.stands_out) == (None, pytest.approx(1.0), False)


def test_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        local_statistics(*row_of([1, -1, 0, 0, 0, 0, 0, 0]))


@pytest.mark.parametrize(
    ("chances", "named"),
    [
        # the example of Benjamini and Hochberg 1995, section 3.2: at 0.05 the four smallest of fifteen
        (
            [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
            + [0.4262, 0.5719, 0.6528, 0.7590, 1.0],
            4,
        ),
        ([0.9, 0.8], 0),
        ([0.04, 0.05], 2),  # the larger one passes, and takes the smaller along
    ],
)
def test_step_up_names_what_the_paper_names(chances: list[float], named: int) -> None:
    """TH-08: the rule of Benjamini and Hochberg."""
    assert sum(step_up(chances, 0.05)) == named


@pytest.mark.parametrize("mean", [0.5, 2.0])
def test_maps_without_a_pattern_seldom_show_a_hotspot(mean: float) -> None:
    """TH-08: of random maps at most the stated share shows any hotspot; by the normal curve it would be more."""
    chance, near = random.Random(8), grid(10)
    exact = normal = 0
    for _turn in range(MAPS):
        values = {code: poisson(chance, mean) for code in near}
        exact += bool(hot(values, near))
        curve = [0.5 * math.erfc((one.z or 0) / math.sqrt(2)) for one in local_statistics(values, near).values()]
        named = zip(values.values(), step_up(curve, FALSE_DISCOVERY), strict=True)
        normal += any(out and value >= LEAST_EVENTS for value, out in named)
    print(f"mean {mean}: {exact / MAPS:.3f} of the maps show a hotspot; by the normal curve {normal / MAPS:.3f}")

    assert exact / MAPS <= FALSE_DISCOVERY
    assert normal / MAPS > FALSE_DISCOVERY


def test_planted_cluster_is_found_and_little_else() -> None:
    """TH-08: nine areas side by side with six times the events of the others."""
    chance, near = random.Random(8), grid(10)
    cluster = {f"{x}-{y}" for x in (3, 4, 5) for y in (3, 4, 5)}
    found, false, shown, centre = 0, 0, 0, 0
    for _turn in range(30):
        values = {code: poisson(chance, 6.0 if code in cluster else 1.0) for code in near}
        named = hot(values, near)
        found += len(named & cluster)
        centre += "4-4" in named
        # neighbours of the cluster share its events; further away nothing is true
        false += len({code for code in named if not ({code} | near[code]) & cluster})
        shown += len(named)

    assert centre / 30 > 0.95
    assert found / (30 * len(cluster)) > 0.75  # of a corner's nine areas five lie outside
    assert false / shown <= FALSE_DISCOVERY


@pytest.mark.parametrize(
    ("events", "stands_out", "risk", "threats", "word"),
    [
        (5, True, 4, 1, Heat.BOTH),
        (2, True, 2, 1, Heat.EVENTS),
        (1, True, None, 0, Heat.WATCH),  # one event is below the floor
        (0, False, 3, 1, Heat.THREATS),  # Handbook 8.4: or are likely to
        (9, False, None, 0, Heat.WATCH),
        (0, False, 2, 2, Heat.WATCH),
        (0, False, None, 1, Heat.WATCH),  # a threat that nobody has rated yet
        (0, False, None, 0, Heat.NONE),
    ],
)
def test_heat_follows_events_and_threats(events: int, stands_out: bool, risk: int, threats: int, word: Heat) -> None:
    """TH-08: hotspots where threats have arisen or are likely to (POC Handbook 2020, 8.4)."""
    assert heat_of(events=events, stands_out=stands_out, highest_risk=risk, threats=threats) == word


def test_window_counts_both_ends() -> None:
    assert window(date(2020, 12, 31), 30) == date(2020, 12, 2)


@pytest.mark.parametrize(
    ("has_office", "seen", "report", "word"),
    [
        (True, None, date(2020, 12, 2), Sight.SEEN),
        (True, None, None, Sight.PRESENCE_ONLY),
        (False, date(2020, 12, 2), date(2020, 12, 1), Sight.PRESENCE_ONLY),
        (False, date(2020, 12, 1), date(2020, 12, 2), Sight.REPORTS_ONLY),
        (False, date(2020, 12, 1), date(2020, 12, 1), Sight.BLIND),
        (False, None, None, Sight.BLIND),
    ],
)
@pytest.mark.parametrize("kind", PresenceKind.values)
def test_area_is_blind_without_presence_and_report(
    kind: str, has_office: bool, seen: date | None, report: date | None, word: Sight
) -> None:
    """TH-08: any kind of presence makes an area seen on its last day, and not one day later (Handbook 8.4)."""
    presences = [Glimpse(PresenceKind(kind), seen)] if seen else []

    found = sight_of(has_office=has_office, presences=presences, last_report_on=report, since=date(2020, 12, 2))

    assert found == word


@pytest.mark.parametrize(("is_seen_around", "word"), [(True, Sight.UNSURE), (False, Sight.BLIND)])
def test_area_is_not_sure_while_something_is_placed_around_it(is_seen_around: bool, word: Sight) -> None:
    """TH-08: a patrol recorded for the prefecture alone may or may not have reached this commune."""
    found = sight_of(
        has_office=False,
        presences=(),
        last_report_on=None,
        since=date(2020, 12, 2),
        is_seen_around=is_seen_around,
    )

    assert found == word
