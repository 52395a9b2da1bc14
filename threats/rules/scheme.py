"""Rating schemes as data: from likelihood and impact to risk, from risk to priority."""

from collections.abc import Mapping
from typing import Any

from pocweb.errors import RuleError


def steps(data: Mapping[str, Any], axis: str) -> list[dict[str, Any]]:
    """Return the steps of an axis ("likelihood" or "impact"), lowest value first."""
    return sorted(data[axis], key=lambda step: step["value"])


def label_of(data: Mapping[str, Any], axis: str, value: int | None) -> str:
    """Return the word of a step, such as "likely"; empty for None and for a value that the scheme does not hold."""
    return next((str(step["label"]) for step in data[axis] if step["value"] == value), "")


def risk_of(data: Mapping[str, Any], likelihood: int, impact: int) -> int:
    """Return the risk level (1 low to 4 extreme) of a cell of the scheme's grid.

    Raises `RuleError` with the axis as field for a value that the scheme does not hold. Source: POC Handbook 2020,
    8.2.4: risk is likelihood by impact, read from the grid.
    """
    for axis, value in (("likelihood", likelihood), ("impact", impact)):
        if value not in {step["value"] for step in data[axis]}:
            raise RuleError("not_in_scheme", f"The rating scheme has no {axis} {value}.", axis)
    return int(data["grid"][likelihood - 1][impact - 1])


def expected_risk_of(data: Mapping[str, Any], likelihood: int | None, impact: int | None) -> int | None:
    """Return the risk level expected after the response, None where nothing is expected.

    Raises `RuleError` with the field `expected_likelihood` or `expected_impact` for one without the other, and for a
    value that the scheme does not hold. Ours: the Handbook asks for the expected effect (POC Handbook 2020, 8.2.5) and
    leaves open how to write it down.
    """
    if likelihood is None and impact is None:
        return None
    if likelihood is None or impact is None:
        field = "expected_likelihood" if likelihood is None else "expected_impact"
        raise RuleError("expected_in_part", "Give likelihood and impact after the response, or neither.", field)
    try:
        return risk_of(data, likelihood, impact)
    except RuleError as error:
        raise RuleError(error.code, error.message, f"expected_{error.field}") from error


def priority_of(data: Mapping[str, Any], risk: int) -> int:
    """Return the priority (1 to 3) that the scheme gives a risk level. Source: POC Handbook 2020, 8.3, matrix template.

    The mapping is the mission's decision: the Handbook shows both columns and leaves their relation open.
    """
    mapping = data["priority"]
    return int(mapping[str(risk)] if str(risk) in mapping else mapping[risk])


def faults_of(data: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a scheme in sentences: axes from 1 upward, a full grid, every level with a priority."""
    faults = []
    sizes = {}
    for axis in ("likelihood", "impact"):
        values = sorted(step["value"] for step in data.get(axis, []))
        sizes[axis] = len(values)
        if not values or values != list(range(1, len(values) + 1)):
            faults.append(f"The steps of {axis} are not 1 to {max(len(values), 1)}.")
    grid = data.get("grid", [])
    if len(grid) != sizes["likelihood"] or any(len(row) != sizes["impact"] for row in grid):
        faults.append("The grid does not have one row per likelihood and one column per impact.")
    levels = {level for row in grid for level in row}
    mapped = {int(level) for level in data.get("priority", {})}
    if not levels <= {1, 2, 3, 4}:
        faults.append("The grid holds a risk level outside 1 to 4.")
    if levels - mapped:
        faults.append("A risk level of the grid has no priority.")
    return faults
