"""Forms of the atrocity watch: the judgment of a factor with its baseline, and a reading."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.choices import Marking
from pocweb.forms import DateInput
from pocweb.models import Area, Mission
from threats.choices import SignLevel
from threats.forms.threats import GuardedForm
from threats.models import AtrocityFactor
from threats.services.incident_places import areas_of_mission
from threats.services.watch import GUARDED

YES_NO = (("yes", gettext_lazy("Relevant here")), ("no", gettext_lazy("Not relevant here")))
LABELS = {
    "is_relevant": gettext_lazy("Relevant here"),
    "relevance": gettext_lazy("Why it is relevant, or why not"),
    "baseline_level": gettext_lazy("Baseline"),
    "baseline_on": gettext_lazy("Baseline of"),
    "baseline": gettext_lazy("Baseline in words"),
    "who": gettext_lazy("Who is vulnerable, and what intensifies it"),
    "triggers": gettext_lazy("What may trigger it"),
    "protection": gettext_lazy("How to protect before, how to deter"),
    "marking": gettext_lazy("Marking"),
}
MOST_LEVEL = 2


def markings_for(user: Any) -> list[tuple[int, Any]]:
    """Return the markings that a person may give."""
    return [(int(value), label) for value, label in Marking.choices if value <= user.clearance]


def areas_to_name(mission: Mission) -> Any:
    """Return the areas in force of the mission's countries, down to the second level."""
    rows = Area.objects.filter(areas_of_mission(mission), valid_to=None, level__gte=1, level__lte=MOST_LEVEL)
    return rows.defer("shape")


class AreaChoice(forms.ModelChoiceField):
    """One area by p-code, or the whole country."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'- ' * (obj.level - 1)}{obj.name} ({obj.pcode})"


class BaselineForm(GuardedForm):
    """What the mission holds of a factor. Source: POC Handbook 2020, 8.5."""

    is_relevant = forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect)
    relevance = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    baseline_level = forms.TypedChoiceField(choices=SignLevel.choices, coerce=int, widget=forms.RadioSelect)
    baseline_on = forms.DateField(
        widget=DateInput, help_text=gettext_lazy("Change is read from this day on; older readings are background.")
    )
    baseline = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What is usual here, so that a change can be seen."),
    )
    who = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    triggers = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    protection = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    marking = forms.TypedChoiceField(coerce=int)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in GUARDED:
            self.fields[name].label = LABELS[name]
        self.fields["marking"].choices = markings_for(user)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """Return the sent fields as plain values for the service."""
        plain: dict[str, Any] = {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }
        plain["is_relevant"] = plain["is_relevant"] == "yes"
        plain["baseline_on"] = plain["baseline_on"].isoformat()
        return plain


class ReadingForm(GuardedForm):
    """What was seen of a factor. The four kinds of levels and the shipped signs are offered; own words may be added."""

    read_on = forms.DateField(label=gettext_lazy("Seen on"), widget=DateInput)
    is_background = forms.BooleanField(
        label=gettext_lazy("Background from before the baseline; it moves no level"), required=False
    )
    level = forms.TypedChoiceField(
        label=gettext_lazy("Level"), choices=SignLevel.choices, coerce=int, widget=forms.RadioSelect
    )
    signs = forms.MultipleChoiceField(
        label=gettext_lazy("Signs seen"), required=False, widget=forms.CheckboxSelectMultiple
    )
    other_signs = forms.CharField(
        label=gettext_lazy("Other signs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One a line."),
    )
    area = AreaChoice(
        label=gettext_lazy("Where"),
        queryset=Area.objects.none(),
        to_field_name="pcode",
        required=False,
        empty_label=gettext_lazy("The whole country"),
    )
    evidence = forms.CharField(
        label=gettext_lazy("What was seen"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Do not write names of sources, victims or witnesses."),
    )
    marking = forms.TypedChoiceField(label=gettext_lazy("Marking"), coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, factor: AtrocityFactor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["signs"].choices = [(row["code"], row["text"]) for row in factor.indicators]
        fields["area"].queryset = areas_to_name(mission)
        fields["marking"].choices = markings_for(user)
        fields["level"].error_messages["required"] = _("Choose the level that the signs speak for.")
        fields["read_on"].error_messages["required"] = _("Say on which day this was seen.")
        fields["evidence"].error_messages["required"] = _("Say what was seen, where and by what kind of source.")

    def values(self) -> dict[str, Any]:
        """Return the sent fields as plain values for the service."""
        given = dict(self.cleaned_data)
        own = given.pop("other_signs").splitlines()
        given["signs"] = [*given["signs"], *own]
        given["read_on"] = given["read_on"].isoformat()
        given["area"] = given["area"].pcode if given["area"] else ""
        given["evidence"] = given["evidence"].replace("\r\n", "\n")
        return given

    def refuse(self, error: Any) -> None:
        """Put a refused sign beside the box in which it was written."""
        if error.field == "signs":
            error.field = "other_signs"
        super().refuse(error)
