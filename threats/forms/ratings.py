"""The form that rates a threat: now, how sure, from what, and what is expected after the response."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.choices import RiskLevel
from pocweb.errors import RuleError
from threats.choices import Confidence
from threats.forms.threats import GuardedForm
from threats.models import Scheme
from threats.reference_loader import assessment_inputs
from threats.rules.scheme import expected_risk_of, risk_of, steps

AXES = ("likelihood", "impact")


class AssessForm(GuardedForm):
    """A rating: a cell of the scheme, why, from which inputs, how sure, and the rating expected after the response.

    An expected risk above the risk of today is asked about once (`is_above`) and may then be stored.
    """

    cell = forms.ChoiceField(
        widget=forms.RadioSelect,
        label=gettext_lazy("Likelihood and impact"),
        error_messages={"required": gettext_lazy("Choose one cell.")},
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("What speaks for this rating. Do not write names of sources, victims or witnesses."),
        error_messages={"required": gettext_lazy("Say what speaks for this rating.")},
    )
    confidence = forms.TypedChoiceField(
        coerce=int,
        initial=Confidence.MEDIUM,
        widget=forms.RadioSelect,
        label=gettext_lazy("Confidence"),
        help_text=gettext_lazy("How sure you are. The Handbook names no levels; these words are ours."),
    )
    inputs = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, required=False, label=gettext_lazy("Inputs used")
    )
    expected_likelihood = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label=gettext_lazy("Likelihood after the response")
    )
    expected_impact = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label=gettext_lazy("Impact after the response")
    )
    above = forms.BooleanField(
        required=False, label=gettext_lazy("Yes, the risk is expected to be higher after the response")
    )
    is_above = False

    def __init__(self, *args: Any, scheme: Scheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scheme = scheme
        fields: Any = self.fields
        fields["cell"].choices = [
            (f"{row['value']}-{column['value']}", f"{row['label']} × {column['label']}")
            for row in steps(scheme.data, "likelihood")
            for column in steps(scheme.data, "impact")
        ]
        fields["confidence"].choices = [(one.value, f"{one.label}. {one.meaning}") for one in Confidence]
        fields["inputs"].choices = assessment_inputs()
        for axis in AXES:
            words = [(step["value"], step["label"]) for step in reversed(steps(scheme.data, axis))]
            fields[f"expected_{axis}"].choices = [("", _("Not judged")), *words]

    def clean(self) -> dict[str, Any]:
        """Ask once about an expected risk above that of today; refuse half an expectation at its field."""
        values: dict[str, Any] = self.cleaned_data
        expected = {f"expected_{axis}": values.get(f"expected_{axis}") for axis in AXES}
        if "cell" not in values or any(name in self.errors for name in expected):
            return values
        try:
            after = expected_risk_of(self.scheme.data, *expected.values())
        except RuleError as error:
            self.refuse(error)
            return values
        now = risk_of(self.scheme.data, *self._steps(values["cell"]))
        self.is_above = after is not None and after > now
        if self.is_above and after is not None and not values.get("above"):
            text = _("%(after)s after the response is above %(now)s of today. Change it, or tick the box to confirm.")
            self.add_error("above", text % {"after": RiskLevel(after).label, "now": RiskLevel(now).label})
        return values

    def rating(self) -> dict[str, Any]:
        """Return what the service is given: the picked cell as likelihood and impact, and the rest as sent."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("cell", "above")}
        likelihood, impact = self._steps(self.cleaned_data["cell"])
        return values | {"likelihood": likelihood, "impact": impact}

    @staticmethod
    def _steps(cell: str) -> tuple[int, int]:
        likelihood, impact = cell.split("-")
        return int(likelihood), int(impact)
