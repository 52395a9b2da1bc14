"""The form of a new version of a rating scheme: words, definitions, the grid cell by cell, priorities."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.choices import Priority, RiskLevel
from threats.forms.threats import GuardedForm
from threats.models import Scheme
from threats.rules.scheme import priority_of, risk_of, steps
from threats.rules.scheme_versions import AXES, LEVELS, has_priority

AXIS_LABELS = {"likelihood": gettext_lazy("Likelihood"), "impact": gettext_lazy("Impact")}
LABEL_MOST, DEFINITION_MOST = 40, 300


class SchemeForm(GuardedForm):
    """A new version that begins from `base` and keeps its number of steps; `data()` gives it as a scheme's data."""

    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    note = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Why it changes"),
        help_text=gettext_lazy("Kept with the version, for those who compare old ratings with new ones."),
    )

    def __init__(self, *args: Any, base: Scheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base = base
        self.fields["name"].initial = base.name
        for axis in AXES:
            for step in steps(base.data, axis):
                self._add_step(axis, step)
        for row in steps(base.data, "likelihood"):
            for column in steps(base.data, "impact"):
                self._add_cell(row, column)
        for level in LEVELS:
            self.fields[f"priority_{level}"] = forms.TypedChoiceField(
                choices=Priority.choices,
                coerce=int,
                initial=priority_of(base.data, level) if has_priority(base.data, level) else Priority.choices[-1][0],
                label=str(RiskLevel(level).label),
            )

    @property
    def words(self) -> Iterator[tuple[Any, list[tuple[str, forms.BoundField, forms.BoundField]]]]:
        """Yield each axis with its steps, highest first: what it is called now, its word, its definition."""
        for axis in AXES:
            rows = [
                (step["label"], self[f"{axis}_{step['value']}"], self[f"{axis}_{step['value']}_definition"])
                for step in reversed(steps(self.base.data, axis))
            ]
            yield AXIS_LABELS[axis], rows

    @property
    def grid(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Yield the rows of the grid, highest likelihood first, each with its cells by rising impact."""
        for row in reversed(steps(self.base.data, "likelihood")):
            yield row["label"], [self[f"cell_{row['value']}_{one['value']}"] for one in steps(self.base.data, "impact")]

    @property
    def priorities(self) -> list[forms.BoundField]:
        return [self[f"priority_{level}"] for level in LEVELS]

    def data_of_version(self) -> dict[str, Any]:
        """Return the checked form as the data of a scheme; codes and number of steps are those of the base."""
        given, base = self.cleaned_data, self.base.data
        axes = {
            axis: [
                step
                | {
                    "label": given[f"{axis}_{step['value']}"],
                    "definition": given[f"{axis}_{step['value']}_definition"],
                }
                for step in steps(base, axis)
            ]
            for axis in AXES
        }
        grid = [
            [given[f"cell_{row['value']}_{column['value']}"] for column in steps(base, "impact")]
            for row in steps(base, "likelihood")
        ]
        return {**axes, "grid": grid, "priority": {str(level): given[f"priority_{level}"] for level in LEVELS}}

    def _add_step(self, axis: str, step: dict[str, Any]) -> None:
        words = {"axis": AXIS_LABELS[axis], "step": step["value"]}
        self.fields[f"{axis}_{step['value']}"] = forms.CharField(
            max_length=LABEL_MOST, initial=step["label"], label=_("%(axis)s %(step)s, word") % words
        )
        self.fields[f"{axis}_{step['value']}_definition"] = forms.CharField(
            max_length=DEFINITION_MOST,
            initial=step.get("definition", ""),
            widget=forms.Textarea(attrs={"rows": 2}),
            label=_("%(axis)s %(step)s, definition") % words,
        )

    def _add_cell(self, row: dict[str, Any], column: dict[str, Any]) -> None:
        self.fields[f"cell_{row['value']}_{column['value']}"] = forms.TypedChoiceField(
            choices=RiskLevel.choices,
            coerce=int,
            initial=risk_of(self.base.data, row["value"], column["value"]),
            label=str(column["label"]),
        )
