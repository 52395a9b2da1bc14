"""Round scales for charts: steps people can read, always from zero."""

import math


def nice_step(largest: float, *, steps: int) -> int:
    """Return a whole step of 1, 2 or 5 times a power of ten, so that `steps` of it reach at least `largest`.

    The step is at least 1, because people and events are counted whole.
    """
    raw = max(largest / steps, 1)
    power = 10 ** math.floor(math.log10(raw))
    for factor in (1, 2, 5, 10):
        if factor * power >= raw:
            return int(factor * power)
    return int(10 * power)


def ticks_from_zero(largest: float, *, steps: int = 5) -> list[int]:
    """Return the ticks of a scale from zero to the first round value at or above `largest`."""
    step = nice_step(largest, steps=steps)
    count = max(math.ceil(largest / step), 1)
    return [step * index for index in range(count + 1)]
