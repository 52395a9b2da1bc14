"""Versions of a rating scheme: what a new one must keep to, and where it differs from the one before."""

from collections.abc import Mapping
from typing import Any

from threats.rules.scheme import faults_of, priority_of, steps

AXES = ("likelihood", "impact")
LEVELS = (4, 3, 2, 1)


def objections(data: Mapping[str, Any]) -> list[str]:
    """Return in sentences why a scheme cannot be used: the faults of its build, then what contradicts itself.

    Every step needs a word of its own and a definition; risk never falls where likelihood or impact rises, and a
    higher risk never has a lower priority. These are ours: the Handbook gives one grid (POC Handbook 2020, 8.2.4) and
    leaves a mission's own open.
    """
    found = faults_of(data)
    if found:
        return found
    for axis in AXES:
        words = [str(step["label"]).strip().casefold() for step in data[axis]]
        if not all(words) or len(set(words)) < len(words):
            found.append(f"Every step of {axis} needs a word of its own.")
        if not all(str(step.get("definition", "")).strip() for step in data[axis]):
            found.append(f"Every step of {axis} needs a definition, so that two people rate alike.")
    grid = data["grid"]
    if any(row != sorted(row) for row in grid):
        found.append("In a row of the grid the risk falls where the impact rises.")
    if any(list(column) != sorted(column) for column in zip(*grid, strict=True)):
        found.append("In a column of the grid the risk falls where the likelihood rises.")
    priorities = [priority_of(data, level) for level in LEVELS if has_priority(data, level)]
    if any(priority not in (1, 2, 3) for priority in priorities) or priorities != sorted(priorities):
        found.append("A higher risk has a lower priority than a lower one.")
    return found


def has_priority(data: Mapping[str, Any], level: int) -> bool:
    """Say whether the scheme gives this risk level a priority."""
    return str(level) in data["priority"] or level in data["priority"]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return where two versions of one build differ: {"likelihood 4 label": [before, after], "4 x 5": [2, 3]}."""
    found: dict[str, list[Any]] = {}
    for axis in AXES:
        for old, new in zip(steps(before, axis), steps(after, axis), strict=True):
            for name in ("label", "definition"):
                if old.get(name) != new.get(name):
                    found[f"{axis} {new['value']} {name}"] = [old.get(name), new.get(name)]
    for likelihood, (old_row, new_row) in enumerate(zip(before["grid"], after["grid"], strict=True), start=1):
        for impact, (old_risk, new_risk) in enumerate(zip(old_row, new_row, strict=True), start=1):
            if old_risk != new_risk:
                found[f"{likelihood} x {impact}"] = [old_risk, new_risk]
    for level in LEVELS:
        pair = [priority_of(data, level) if has_priority(data, level) else None for data in (before, after)]
        if pair[0] != pair[1]:
            found[f"priority of risk {level}"] = pair
    return found
