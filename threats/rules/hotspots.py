"""Which areas are hotspots: where threats have arisen or are likely to. Plain values in, plain values out.

Source of the two words: POC Handbook 2020, 8.4, example of hotspot and blind-spot mapping. The measure is ours.

"Have arisen" is judged by the local statistic Gi* (Getis and Ord 1992; Ord and Getis 1995, formula 14) of each area:

    Gi* = (sum of x over N(i)  -  k * mean) / (s * sqrt((n * k - k * k) / (n - 1)))

where N(i) is the area itself and the areas that touch it (weights of one and nought), k their number, n the number of
areas, and mean and s (divided by n) are those of x over all areas. Its chance is the exact share of all ways to choose
k of the n values whose sum is at least as high (one-sided). The normal curve is not used for it: on maps of few events
without any pattern it finds false hotspots on up to a quarter of the maps, since counts are skewed. Over all areas the
step-up rule of Benjamini and Hochberg (1995) keeps the expected share of false hotspots at `FALSE_DISCOVERY`. Besides,
at least `LEAST_EVENTS` events must lie in the area itself, so that quiet neighbours of a bad place are not named.

Limits: with few areas nothing can stand out (below `LEAST_AREAS` no statistic is made); there are no numbers of people
living in the areas, so that towns stand out; areas at the border lack their neighbours abroad; and events are counted
where somebody reports them, so that silence is no calm.

"Likely to" is a person's judgment: an active threat rated high or extreme names the area.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pocweb.choices import RiskLevel
from threats.choices import Heat

FALSE_DISCOVERY = 0.10
LEAST_EVENTS = 2
LEAST_AREAS = 8
"""Ours. Ord and Getis (1995) ask for more for the normal curve; the exact share holds for any number, but of fewer
areas than these no choice can be rare enough."""
HIGH = RiskLevel.HIGH


@dataclass(frozen=True, slots=True)
class Local:
    """The statistic of one area: `z` is Gi*, `p` its exact one-sided chance; None where all values are the same."""

    z: float | None
    p: float | None
    stands_out: bool = False


def local_statistics(values: Mapping[str, int], neighbours: Mapping[str, Collection[str]]) -> dict[str, Local]:
    """Return Gi* and its chance for each area; `neighbours` are those that touch it, without itself.

    `stands_out` follows the rule of Benjamini and Hochberg over all areas. Values are counts, zero or more; raises
    `ValueError` for a negative one. Fewer than `LEAST_AREAS` areas, or values that are all the same, give no statistic.
    """
    if any(value < 0 for value in values.values()):
        raise ValueError("counts are not negative")
    if len(values) < LEAST_AREAS or len(set(values.values())) < 2:
        return {code: Local(None, None) for code in values}
    around = {code: {code, *(near for near in neighbours.get(code, ()) if near in values)} for code in values}
    sums = {code: sum(values[near] for near in near_by) for code, near_by in around.items()}
    sizes = {code: len(near_by) for code, near_by in around.items()}
    chances = _chances(list(values.values()), sizes, sums)
    named = step_up([chances[code] for code in values], FALSE_DISCOVERY)
    found = zip(values, named, strict=True)
    return {code: Local(_gi_star(values, sums[code], sizes[code]), chances[code], out) for code, out in found}


def _gi_star(values: Mapping[str, int], total: int, k: int) -> float | None:
    n = len(values)
    mean = sum(values.values()) / n
    variance = sum(value * value for value in values.values()) / n - mean * mean
    spread = variance * (n * k - k * k) / (n - 1)
    return (total - k * mean) / math.sqrt(spread) if spread > 1e-12 else None


def _chances(values: Sequence[int], sizes: Mapping[str, int], sums: Mapping[str, int]) -> dict[str, float]:
    """Return for each area the share of the choices of as many values whose sum is at least that of the area."""
    top, largest = max(sums.values()), max(sizes.values())
    ways = _ways([value for value in values if value], largest, top)
    zeros = sum(value == 0 for value in values)
    tails: dict[int, list[float]] = {}
    for size in set(sizes.values()):
        row = [0.0] * (top + 1)
        for taken in range(max(0, size - zeros), size + 1):
            quiet = math.comb(zeros, size - taken)
            row = [here + quiet * more for here, more in zip(row, ways[taken], strict=True)]
        every, tail = float(math.comb(len(values), size)), 0.0
        tails[size] = [0.0] * (top + 1)
        for total in range(top, -1, -1):
            tail += row[total]
            tails[size][total] = min(tail / every, 1.0)
    return {code: tails[sizes[code]][sums[code]] for code in sums}


def _ways(values: Sequence[int], largest: int, top: int) -> list[list[float]]:
    """Return ways[k][s]: how many choices of k of the values sum to s; sums of `top` and more stand at `top`."""
    ways = [[0.0] * (top + 1) for _size in range(largest + 1)]
    ways[0][0] = 1.0
    for value in values:
        shift = min(value, top)
        for size in range(largest, 0, -1):
            fewer, row = ways[size - 1], ways[size]
            over = sum(fewer[top - shift :])
            moved = [here + before for here, before in zip(row[shift:top], fewer, strict=False)]
            ways[size] = [*row[:shift], *moved, row[top] + over] if shift < top else [*row[:top], row[top] + over]
    return ways


def step_up(chances: Sequence[float], rate: float) -> list[bool]:
    """Say for each chance whether it is a discovery at the false-discovery rate (Benjamini and Hochberg 1995).

    The largest m with p(m) <= rate * m / n names all m smallest chances.
    """
    count = len(chances)
    bar = max(
        (chance for place, chance in enumerate(sorted(chances), 1) if chance <= rate * place / count), default=-1.0
    )
    return [chance <= bar for chance in chances]


def heat_of(*, events: int, stands_out: bool, highest_risk: int | None, threats: int) -> Heat:
    """Return the word for an area from its events, the statistic, and the active threats that name it.

    "Watch" is an area with an event or an active threat that is no hotspot; the word is ours.
    """
    by_events = stands_out and events >= LEAST_EVENTS
    by_threats = highest_risk is not None and highest_risk >= HIGH
    if by_events and by_threats:
        return Heat.BOTH
    if by_events:
        return Heat.EVENTS
    if by_threats:
        return Heat.THREATS
    return Heat.WATCH if events or threats else Heat.NONE
