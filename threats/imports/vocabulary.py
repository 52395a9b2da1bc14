"""Codes of the forms of violence that files may use: those shipped with the app. A mission may know more."""

from pathlib import Path

from pocweb.reference_data import read_yaml

VIOLENCE_TYPES: tuple[str, ...] = tuple(
    row["code"] for row in read_yaml(Path(__file__).parents[1] / "reference" / "violence_types.yaml")["rows"]
)
