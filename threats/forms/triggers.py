"""Forms of the trigger calendar: an event, its effect this time, the reason why it is called off, filters."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.forms import DateInput
from pocweb.models import Area, Mission, Person
from threats.choices import TriggerKind
from threats.forms.threats import AreaChoices, GuardedForm
from threats.forms.watch import areas_to_name, markings_for
from threats.models import AtRiskGroup, TriggerEvent
from threats.services.triggers import DATES

LABELS = {
    "kind": gettext_lazy("Kind"),
    "title": gettext_lazy("Event"),
    "starts_on": gettext_lazy("From"),
    "ends_on": gettext_lazy("Until"),
    "watch_from": gettext_lazy("Watch from"),
    "is_yearly": gettext_lazy("Comes back every year"),
    "areas": gettext_lazy("Areas"),
    "groups": gettext_lazy("Groups at risk"),
    "past_effect": gettext_lazy("Effect last time"),
    "planned_action": gettext_lazy("Planned action"),
    "action_owner": gettext_lazy("Who acts"),
    "marking": gettext_lazy("Marking"),
    "effect_of": gettext_lazy("Effect of the occurrence that ended on"),
    "called_off": gettext_lazy("Called off because"),
}
SECTIONS = (
    (gettext_lazy("What and when"), ("kind", "title", "starts_on", "ends_on", "is_yearly", "watch_from")),
    (gettext_lazy("Where and whom"), ("areas", "groups", "past_effect")),
    (gettext_lazy("What is planned"), ("planned_action", "action_owner", "marking")),
)


def people_of(mission: Mission) -> Any:
    """Return the people of a mission by name."""
    rows = Person.objects.filter(is_active=True, postings__mission=mission).distinct()
    return rows.order_by("last_name", "username")


def groups_of(mission: Mission) -> Any:
    """Return the groups at risk that all share, and the mission's own."""
    return AtRiskGroup.objects.filter(Q(mission=None) | Q(mission=mission))


class TriggerForm(GuardedForm):
    """An event of the calendar. Source: POC Handbook 2020, 8.5."""

    kind = forms.ChoiceField(choices=TriggerKind.choices)
    title = forms.CharField(max_length=160)
    starts_on = forms.DateField(widget=DateInput)
    ends_on = forms.DateField(
        widget=DateInput, required=False, help_text=gettext_lazy("Empty: the same day. A window may run over New Year.")
    )
    is_yearly = forms.BooleanField(required=False)
    watch_from = forms.DateField(
        widget=DateInput, help_text=gettext_lazy("From this day on the event stands on the desks of those concerned.")
    )
    areas = AreaChoices(
        Area.objects.none(),
        to_field_name="pcode",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 10}),
        help_text=gettext_lazy("None: the whole country."),
    )
    groups = forms.ModelMultipleChoiceField(
        AtRiskGroup.objects.none(), to_field_name="code", required=False, widget=forms.CheckboxSelectMultiple
    )
    past_effect = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    planned_action = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    action_owner = forms.ModelChoiceField(
        Person.objects.none(), to_field_name="username", required=False, empty_label=gettext_lazy("Nobody yet")
    )
    marking = forms.TypedChoiceField(coerce=int)

    def __init__(
        self, *args: Any, mission: Mission, user: Any, trigger: TriggerEvent | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        for name, field in fields.items():
            field.label = LABELS[name]
        areas = areas_to_name(mission)
        if trigger is not None:
            named = Q(pk__in=areas.values("pk")) | Q(pk__in=trigger.areas.values("pk"))
            areas = Area.objects.filter(named).defer("shape")
        fields["areas"].queryset = areas
        fields["groups"].queryset = groups_of(mission)
        fields["action_owner"].queryset = people_of(mission)
        fields["marking"].choices = markings_for(user)
        fields["title"].error_messages["required"] = _("Name the event, as people call it.")
        fields["starts_on"].error_messages["required"] = _("Say on which day it begins.")
        fields["watch_from"].error_messages["required"] = _("Say from which day it is watched.")

    @property
    def fieldsets(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Return headed groups of fields for `components/_form.html`."""
        return [(heading, [self[name] for name in names]) for heading, names in SECTIONS]

    def values(self) -> dict[str, Any]:
        """Return the sent fields as plain values for the service."""
        given = dict(self.cleaned_data)
        given["ends_on"] = given["ends_on"] or given["starts_on"]
        for name in DATES:
            given[name] = given[name].isoformat()
        given["areas"] = sorted(area.pcode for area in given["areas"])
        given["groups"] = sorted(group.code for group in given["groups"])
        given["action_owner"] = given["action_owner"].username if given["action_owner"] else ""
        return {name: value.replace("\r\n", "\n") if isinstance(value, str) else value for name, value in given.items()}


class EffectForm(GuardedForm):
    """What an event did this time."""

    past_effect = forms.CharField(
        label=gettext_lazy("What happened this time"),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Say what happened, or that nothing did.")},
        help_text=gettext_lazy("Next time this stands as the effect last time; the text before stays in the history."),
    )


class CallOffForm(GuardedForm):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why. The reason is kept with the event.")},
    )


class CalendarFilterForm(forms.Form):
    """Filters of the calendar, sent by GET."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), required=False, choices=[("", gettext_lazy("All")), *TriggerKind.choices]
    )
    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False)
    start = forms.DateField(label=gettext_lazy("From the month of"), required=False, widget=DateInput)
    months = forms.TypedChoiceField(
        label=gettext_lazy("Period"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", gettext_lazy("Twelve months")),
            (3, gettext_lazy("Three months")),
            (1, gettext_lazy("One month")),
        ],
    )

    def __init__(self, *args: Any, areas: list[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area: Any = self.fields["area"]
        area.choices = [("", _("All")), *((row.pcode, f"{'- ' * (row.level - 1)}{row.name}") for row in areas)]
