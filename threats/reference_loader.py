"""Loading of the threats app's shipped reference data: schemes, forms of violence, groups at risk, risk factors."""

from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from pocweb.reference_data import load_rows, read_yaml
from threats.models import AtRiskGroup, AtrocityFactor, Scheme, ViolenceType
from threats.rules.scheme import faults_of

FOLDER = Path(__file__).parent / "reference"


@transaction.atomic
def load() -> dict[str, tuple[int, int]]:
    """Create what is not there yet and return (created, present) by file; local edits stay. Can run twice.

    A scheme that is shipped as current becomes so only where no shared scheme is current yet, so that a choice made
    here is kept. Raises `ValueError` for a shipped scheme that does not hold together.
    """
    counts = {
        "violence_types": load_rows(ViolenceType, read_yaml(FOLDER / "violence_types.yaml")["rows"], key=("code",)),
        "at_risk_groups": load_rows(AtRiskGroup, read_yaml(FOLDER / "at_risk_groups.yaml")["rows"], key=("code",)),
        "atrocity_factors": load_rows(
            AtrocityFactor, read_yaml(FOLDER / "atrocity_factors.yaml")["rows"], key=("number",)
        ),
    }
    for name in ("scheme-5x5", "scheme-3x3"):
        counts[name] = load_rows(Scheme, shipped_schemes(name), key=("mission", "code", "edition"))
    return counts


def shipped_schemes(name: str) -> list[dict[str, Any]]:
    """Return the schemes of a shipped file as rows of the table."""
    content = read_yaml(FOLDER / f"{name}.yaml")
    has_current = Scheme.objects.filter(mission=None, is_current=True).exists()
    rows = []
    for row in content["schemes"]:
        if faults := faults_of(row["data"]):
            raise ValueError(f"{name}: {' '.join(faults)}")
        is_current = row["is_current"] and not has_current
        rows.append({**row, "mission": None, "source": content["source"][:160], "is_current": is_current})
    return rows


@cache
def assessment_inputs() -> tuple[tuple[str, str], ...]:
    """Return the inputs that a rating may name, as (code, name). Source: POC Handbook 2020, 8.2.1."""
    rows = read_yaml(FOLDER / "assessment_inputs.yaml")["rows"]
    return tuple((row["code"], row["name"]) for row in rows)
