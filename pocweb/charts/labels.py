"""Find a place for each name on a map, so that names do not cover each other and seldom cover a mark."""

from collections.abc import Sequence
from typing import Any

CHARACTER, LINE = 6.6, 12.0
"""Width of a character and height of a line in pixels at the charts' size; an estimate, as no font is measured."""

Box = tuple[float, float, float, float]
SHIFTS = tuple((dx, dy) for dy in (0, -12, 12, -18, 18, -24, 24) for dx in (0, 14, -14, 24, -24))


def place_labels(
    named: Sequence[tuple[str, tuple[float, float]]], dots: Sequence[dict[str, Any]], *, width: float, height: float
) -> list[tuple[str, float, float]]:
    """Return (text, x, y) of each name, near its wished middle, inside the drawing, off the names placed before it.

    Where no shift is free of marks, the one that covers least is taken.
    """
    marks = [
        (dot["x"] - dot["radius"], dot["y"] - dot["radius"], dot["x"] + dot["radius"], dot["y"] + dot["radius"])
        for dot in dots
    ]
    taken: list[Box] = []
    placed = []
    for text, (x, y) in named:
        half = len(text) * CHARACTER / 2
        choices = [(_inside(x + dx, y + dy, half, width, height), float(abs(dx) + abs(dy))) for dx, dy in SHIFTS]
        box = min(choices, key=lambda choice: _cost(choice[0], taken, marks) + choice[1])[0]
        taken.append(box)
        placed.append((text, round((box[0] + box[2]) / 2, 1), round(box[3] - 3, 1)))
    return placed


def _cost(box: Box, taken: Sequence[Box], marks: Sequence[Box]) -> float:
    """Return what a place costs: a covered name ten times, a covered mark twice the pixels that it hides."""
    return sum(_overlap(box, other) for other in taken) * 10 + sum(_overlap(box, other) for other in marks) * 2


def _inside(x: float, y: float, half: float, width: float, height: float) -> Box:
    x = min(max(x, half + 1), width - half - 1)
    y = min(max(y, LINE / 2 + 1), height - LINE / 2 - 1)
    return x - half, y - LINE / 2, x + half, y + LINE / 2


def _overlap(one: Box, other: Box) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across * down if across > 0 and down > 0 else 0.0
