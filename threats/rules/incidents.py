"""Judgments on incidents: legal moves of verification, and when the figures of a report contradict each other.

Plain values in, plain values out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from threats.choices import Harm, Verification


@dataclass(frozen=True)
class Move:
    """One legal change of verification: what the button says, and whether a reason must be written."""

    source: str
    to: str
    label: str | Promise
    needs_note: bool = False


V = Verification
# The way to an outcome is POC Handbook 2020, 9.3 and 9.4. Taking an outcome up again on new information is our
# addition: a late verification would otherwise have no way in.
MOVES: tuple[Move, ...] = (
    Move(V.REPORTED, V.UNDER_VERIFICATION, gettext_lazy("Take up for verification")),
    Move(V.UNDER_VERIFICATION, V.VERIFIED, gettext_lazy("Verified: the standard of proof is met"), True),
    Move(V.UNDER_VERIFICATION, V.NOT_VERIFIED, gettext_lazy("Could not be verified"), True),
    Move(V.UNDER_VERIFICATION, V.DISCOUNTED, gettext_lazy("Discount: it did not happen as reported"), True),
    Move(V.VERIFIED, V.UNDER_VERIFICATION, gettext_lazy("Take up again on new information"), True),
    Move(V.NOT_VERIFIED, V.UNDER_VERIFICATION, gettext_lazy("Take up again on new information"), True),
    Move(V.DISCOUNTED, V.UNDER_VERIFICATION, gettext_lazy("Take up again on new information"), True),
)


def moves_from(state: str) -> tuple[Move, ...]:
    """Return the legal moves out of a state of verification."""
    return tuple(move for move in MOVES if move.source == state)


def find_move(source: str, to: str) -> Move | None:
    """Return the move between two states, None when it is not legal."""
    return next((move for move in MOVES if (move.source, move.to) == (source, to)), None)


@dataclass(frozen=True)
class Contradiction:
    """A value that cannot stand beside the others; `field` is where the person mends it."""

    field: str
    code: str
    message: str


TOTALS = tuple(f"{harm}_{part}" for harm in Harm.values for part in ("low", "best", "high"))


def contradictions(values: Mapping[str, Any], *, today: date) -> list[Contradiction]:
    """Return what cannot be true together in the values of one incident; an empty list when all can.

    Dates are `date` objects, counts numbers or None for not recorded. `counts` are rows of harm, status, sex, age,
    low, best, high. The order low <= best <= high is compared for those that are recorded. The breakdown may know
    less than the totals, never more than the highest of them.
    """
    return [
        *_dates(values, today),
        *_point(values),
        *_orders(values),
        *_civilians(values),
        *_breakdown(values.get("counts") or (), values),
    ]


def _dates(values: Mapping[str, Any], today: date) -> list[Contradiction]:
    start, end = values.get("starts_on"), values.get("ends_on")
    if start is None:
        return []
    if start > today:
        return [Contradiction("starts_on", "in_the_future", _("The date lies in the future."))]
    if end is not None and end < start:
        return [Contradiction("ends_on", "ends_before_start", _("The last day lies before the first."))]
    return []


def _point(values: Mapping[str, Any]) -> list[Contradiction]:
    lat, lon = values.get("lat"), values.get("lon")
    found = []
    if (lat is None) != (lon is None):
        field = "lat" if lat is None else "lon"
        found.append(Contradiction(field, "half_a_point", _("Give both latitude and longitude, or neither.")))
    if lat is not None and not -90 <= lat <= 90:
        found.append(Contradiction("lat", "no_latitude", _("A latitude lies between -90 and 90.")))
    if lon is not None and not -180 <= lon <= 180:
        found.append(Contradiction("lon", "no_longitude", _("A longitude lies between -180 and 180.")))
    return found


def _orders(values: Mapping[str, Any]) -> list[Contradiction]:
    found = []
    for harm in Harm.values:
        low, best, high = (values.get(f"{harm}_{part}") for part in ("low", "best", "high"))
        if low is not None and best is not None and low > best:
            found.append(Contradiction(f"{harm}_low", "low_over_best", _("The low count is above the best one.")))
        if best is not None and high is not None and best > high:
            found.append(Contradiction(f"{harm}_high", "best_over_high", _("The high count is below the best one.")))
        if best is None and low is not None and high is not None and low > high:
            found.append(Contradiction(f"{harm}_high", "low_over_high", _("The high count is below the low one.")))
    return found


def _ceiling(values: Mapping[str, Any], harm: str) -> int | None:
    known = [values.get(f"{harm}_{part}") for part in ("low", "best", "high")]
    return max((count for count in known if count is not None), default=None)


def _civilians(values: Mapping[str, Any]) -> list[Contradiction]:
    civilians, most = values.get("civilians_killed"), _ceiling(values, Harm.KILLED)
    if civilians is None or most is None or civilians <= most:
        return []
    said = _("More civilians than people killed at all.")
    return [Contradiction("civilians_killed", "civilians_over_killed", said)]


def _breakdown(counts: Sequence[Sequence[Any]], values: Mapping[str, Any]) -> list[Contradiction]:
    found, seen, sums = [], set(), dict[str, int]()
    for harm, status, sex, age, low, best, high in counts:
        if (harm, status, sex, age) in seen:
            found.append(
                Contradiction("counts", "count_twice", _("The same group is counted twice. Make it one line."))
            )
        seen.add((harm, status, sex, age))
        sums[harm] = sums.get(harm, 0) + best
        if not low <= best <= high:
            said = _("In the breakdown, low is at most best and best at most high.")
            found.append(Contradiction("counts", "count_out_of_order", said))
    for harm, total in sums.items():
        most = _ceiling(values, harm)
        if most is not None and total > most:
            said = _("The breakdown of %(harm)s adds up to %(total)d, more than the total of %(most)d.")
            words = {"harm": str(Harm(harm).label).lower(), "total": total, "most": most}
            found.append(Contradiction("counts", "breakdown_over_total", said % words))
    return found
