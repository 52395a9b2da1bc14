"""Direction of a rating against the one before, and of incidents against the window before."""

from dataclasses import dataclass

from threats.choices import Trend


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as plain numbers; `scheme` identifies the scheme it was made with."""

    scheme: int
    likelihood: int
    impact: int
    risk: int


def trend_of(now: Rating, before: Rating | None) -> Trend:
    """Say whether a rating rises, falls or stays against the one before.

    The risk level decides. Within one level and one scheme a rating rises when likelihood or impact rose and neither
    fell, and falls the other way round; likelihood against impact counts as steady. Source: POC Handbook 2020, 8.2.4
    asks to reassess when either changes; how to name the change is our rule.
    """
    if before is None:
        return Trend.NEW
    if now.risk != before.risk:
        return Trend.RISING if now.risk > before.risk else Trend.FALLING
    if now.scheme != before.scheme:
        return Trend.STEADY
    moves = {_sign(now.likelihood - before.likelihood), _sign(now.impact - before.impact)} - {0}
    if moves == {1}:
        return Trend.RISING
    return Trend.FALLING if moves == {-1} else Trend.STEADY


def direction(count: int, count_before: int) -> Trend:
    """Say whether there were more, fewer or as many incidents as in the window before of the same length."""
    if count == count_before:
        return Trend.STEADY
    return Trend.RISING if count > count_before else Trend.FALLING


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
