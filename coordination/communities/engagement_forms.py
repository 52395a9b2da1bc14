"""Forms of engagement records. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.communities import engagements
from coordination.communities.choices import AgeGroup, ConsentScope, Interlocutor, Purpose, RiskResult, Sex
from coordination.communities.places import areas_of, offices_of
from coordination.communities.plan_forms import AreaPick, markings
from pocweb.choices import Marking, Phase, Tier
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Area, Component, Mission, Office
from threats.forms.threats import GuardedForm

AREA = forms.Textarea(attrs={"rows": 3})
TICKS = forms.CheckboxSelectMultiple
CELLS = tuple(f"{sex}:{age}" for sex in Sex.values for age in AgeGroup.values)
FIELDSETS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("When and where"), ("held_on", "area", "place", "component")),
    (_("Risk for the people"), ("risk", "risks_weighed", "concerns_child_victim")),
    (_("Why and with whom"), ("purposes", "groups", "was_separate", "tier", "phase")),
    (_("How many people"), tuple(f"count_{cell.replace(':', '_')}" for cell in CELLS)),
    (_("What came of it"), ("findings", "follow_up", "problem", "duplication", "marking")),
)


class EngagementForm(GuardedForm):
    """All that people write of an engagement, save what is of persons: that has a page of its own."""

    held_on = forms.DateField(
        label=_("Held on"), widget=DateInput(), error_messages={"required": _("Give the day on which you met.")}
    )
    area = AreaPick(
        label=_("Area"), queryset=Area.objects.none(), empty_label=_("choose one"),
        error_messages={"required": _("Choose the area.")},
    )  # fmt: skip
    place = forms.CharField(
        label=_("Place"), max_length=160, required=False, help_text=_("Village or quarter; no house, no name.")
    )
    component = forms.ModelChoiceField(
        label=_("Component"), queryset=Component.objects.none(), required=False, empty_label=_("not recorded")
    )
    risk = forms.ChoiceField(
        label=_("Result of the risk assessment"),
        choices=RiskResult.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "For the people whom you met: before, during and after. With the last two nothing of persons is kept."
        ),
        error_messages={"required": _("Assess the risk for the people first.")},
    )
    risks_weighed = forms.CharField(
        label=_("Risks that were weighed"), widget=AREA, required=False,
        help_text=_("Stigma or reprisal, loss of their own protection, a network that does not last."),
    )  # fmt: skip
    concerns_child_victim = forms.BooleanField(
        label=_("It concerns a child victim: no photograph is kept"), required=False
    )
    purposes = forms.MultipleChoiceField(
        label=_("Why you met them"), choices=Purpose.choices, widget=TICKS,
        error_messages={"required": _("Say why you met them.")},
    )  # fmt: skip
    groups = forms.MultipleChoiceField(
        label=_("Whom you met"), choices=Interlocutor.choices, widget=TICKS,
        error_messages={"required": _("Say whom you met, by group.")},
    )  # fmt: skip
    was_separate = forms.BooleanField(label=_("A group was met apart, such as women without men"), required=False)
    tier = forms.TypedChoiceField(
        label=_("Tier"), choices=[("", _("choose one")), *Tier.choices], coerce=int,
        error_messages={"required": _("Choose the tier.")},
    )  # fmt: skip
    phase = forms.ChoiceField(
        label=_("Phase"), choices=[("", _("choose one")), *Phase.choices],
        error_messages={"required": _("Choose the phase.")},
    )  # fmt: skip
    findings = forms.CharField(
        label=_("What you learned"), widget=AREA, help_text=_("Patterns, not persons. No names."),
        error_messages={"required": _("Write what you learned, without names.")},
    )  # fmt: skip
    follow_up = forms.CharField(label=_("Follow-up"), widget=AREA, required=False)
    problem = forms.CharField(
        label=_("Recurring problem"), widget=AREA, required=False,
        help_text=_("For community-oriented policing: what comes back again and again, and what was tried."),
    )  # fmt: skip
    duplication = forms.CharField(
        label=_("Checked with other protection actors"), max_length=200, required=False,
        help_text=_("With whom, so that people are not asked the same twice."),
    )  # fmt: skip
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["area"].queryset = areas_of(offices_of(user, mission, "engagement"))
        fields["component"].queryset = Component.objects.filter(mission=mission)
        fields["marking"].choices = markings(user)
        counts = (self.initial or {}).get("counts") or {}
        for cell in CELLS:
            sex, age = cell.split(":")
            label = f"{Sex(sex).label}, {str(AgeGroup(age).label).lower()}"
            widget = forms.NumberInput(attrs={"aria-label": label})
            given: Any = {"label": label, "required": False, "initial": counts.get(cell), "widget": widget}
            self.fields[f"count_{sex}_{age}"] = forms.IntegerField(min_value=0, max_value=100_000, **given)

    @property
    def count_rows(self) -> list[tuple[Any, list[tuple[Any, Any]]]]:
        """Return the numbers as a table: sex, and for each age group its label and bound field."""
        return [(sex.label, [(age.label, self[f"count_{sex.value}_{age.value}"]) for age in AgeGroup]) for sex in Sex]

    @property
    def fieldsets(self) -> list[tuple[Any, list[Any]]]:
        """Return headings with their bound fields, risk before anything of people; no fields stand for the table."""
        return [
            (heading, [self[name] for name in names if not name.startswith("count_")]) for heading, names in FIELDSETS
        ]

    def refuse(self, error: Any) -> None:
        """Show a refusal of the numbers at the first of them."""
        if error.field == "counts":
            self.add_error(f"count_{CELLS[0].replace(':', '_')}", error.message)
            return
        super().refuse(error)

    def values(self) -> dict[str, Any]:
        """Return the cleaned values as plain values of the service."""
        data = self.cleaned_data
        values = {
            name: data[name] for name in (*engagements.LISTS, *engagements.FLAGS, "tier", "phase", "risk", "marking")
        }
        values |= {name: data[name].replace("\r\n", "\n") for name in engagements.TEXTS}
        values |= {"held_on": data["held_on"].isoformat(), "area": data["area"].pk}
        values["component"] = data["component"].pk if data["component"] else None
        counts = {cell: data[f"count_{cell.replace(':', '_')}"] for cell in CELLS}
        return values | {"counts": {cell: people for cell, people in sorted(counts.items()) if people}}


class PersonsForm(GuardedForm):
    """Consent of persons, and details of them by key."""

    consent_scope = forms.MultipleChoiceField(
        label=_("They consented"), choices=ConsentScope.choices, widget=TICKS,
        help_text=_("Freely, and knowing what happens with it."),
        error_messages={"required": _("Nothing of persons is kept without their consent to be recorded.")},
    )  # fmt: skip
    consent_on = forms.DateField(
        label=_("Consent given on"), widget=DateInput(),
        error_messages={"required": _("Give the day on which they consented.")},
    )  # fmt: skip
    personal_details = forms.CharField(
        label=_("Details of persons"), widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}), required=False,
        help_text=_("By key, never by name. Only what is needed to help. Leave empty to keep none."),
    )  # fmt: skip


class PhotoForm(GuardedForm):
    """A photograph."""

    photo = forms.FileField(
        label=_("Photograph"), help_text=_("JPEG or PNG, at most 12 MB. Place and time are taken out of it."),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
    )  # fmt: skip
    caption = forms.CharField(
        label=_("What it shows"), max_length=160, help_text=_("Without names."),
        error_messages={"required": _("Say what it shows, without names.")},
    )  # fmt: skip


def _all(choices: Any) -> list[tuple[str, Any]]:
    return [("", _("All")), *choices]


class EngagementFilterForm(forms.Form):
    """The filters of the list and of the figures, sent by GET."""

    office = OfficeChoice(
        label=_("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=_("All"),
    )  # fmt: skip
    area = AreaPick(label=_("Area and below"), required=False, queryset=Area.objects.none(), empty_label=_("All"))
    purpose = forms.ChoiceField(label=_("Why"), required=False, choices=_all(Purpose.choices))
    group = forms.ChoiceField(label=_("Group met"), required=False, choices=_all(Interlocutor.choices))
    sex = forms.ChoiceField(label=_("Sex"), required=False, choices=_all(Sex.choices))
    age = forms.ChoiceField(label=_("Age"), required=False, choices=_all(AgeGroup.choices))
    separate = forms.ChoiceField(
        label=_("Met apart"), required=False, choices=_all([("yes", _("yes")), ("no", _("no"))])
    )
    problem = forms.ChoiceField(label=_("Recurring problem"), required=False, choices=_all([("yes", _("yes"))]))
    start = forms.DateField(label=_("From"), required=False, widget=DateInput())
    end = forms.DateField(label=_("To"), required=False, widget=DateInput())

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["office"].queryset = Office.objects.filter(mission=mission).order_by("path")
        fields["area"].queryset = areas_of(Office.objects.filter(mission=mission))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("start") and cleaned.get("end") and cleaned["start"] > cleaned["end"]:
            self.add_error("end", _("The end of the period lies before its beginning."))
        return cleaned
