"""Forms of response activities. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking, Phase, Tier, Verb
from pocweb.forms import DateInput
from pocweb.models import Area, Component, Mission, Office, Person
from pocweb.permissions import grants_for
from strategy.models import Activity
from strategy.services import EDITABLE
from threats.models import Threat


def editable_offices(user: Any, mission: Mission) -> Any:
    """Return the mission's offices in which the user may record activities, in the order of the tree."""
    where = Q(pk__in=[])
    for grant in grants_for(user, "activity", Verb.EDIT):
        if grant.mission_id == mission.pk:
            where |= Q(path__startswith=grant.office_path)
    return Office.objects.filter(where, mission=mission).order_by("path")


def areas_of(mission: Mission) -> Any:
    """Return the prefectures, sub-prefectures and communes in the reach of the mission's offices."""
    where = Q(pk__in=[])
    for path in Area.objects.filter(offices__mission=mission).values_list("path", flat=True):
        where |= Q(path__startswith=path)
    return Area.objects.filter(where, level__range=(1, 3))


class AreaField(forms.ModelChoiceField):
    """A place by name and p-code, since names repeat."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.pcode})"


class ActivityForm(forms.Form):
    """All that people write of an activity; its status moves by acts of its own."""

    title = forms.CharField(
        label=_("Activity"),
        max_length=200,
        help_text=_("What will be done, in one line."),
        error_messages={"required": _("Say what will be done.")},
    )
    description = forms.CharField(
        label=_("Details"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Do not write names of sources, victims or witnesses."),
    )
    tier = forms.TypedChoiceField(
        label=_("Tier"),
        choices=Tier.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the tier that the activity belongs to.")},
    )
    phases = forms.MultipleChoiceField(
        label=_("Phases"),
        choices=Phase.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("One activity may serve several."),
        error_messages={"required": _("Choose at least one phase.")},
    )
    threats = forms.ModelMultipleChoiceField(
        label=_("Threats that it answers"),
        queryset=Threat.objects.none(),
        required=False,
        help_text=_("The activity takes over the highest marking of these threats."),
    )
    office = forms.ModelChoiceField(label=_("Office"), queryset=Office.objects.none(), empty_label=None)
    component = forms.ModelChoiceField(label=_("Lead component"), queryset=Component.objects.none())
    supporting = forms.ModelMultipleChoiceField(
        label=_("Supporting components"),
        queryset=Component.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=Person.objects.none(),
        required=False,
        help_text=_("An action without an owner is shown as a gap."),
    )
    area = AreaField(label=_("Area"), queryset=Area.objects.none(), required=False)
    starts_on = forms.DateField(label=_("From"), required=False, widget=DateInput())
    due_on = forms.DateField(label=_("Deadline"), required=False, widget=DateInput())
    catalogue_code = forms.CharField(
        label=_("Code in the catalogue"),
        max_length=20,
        required=False,
        help_text=_("As in the Handbook's catalogue of activities, such as PCF-01."),
    )
    result = forms.CharField(label=_("Result"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, activity: Activity | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["component"].empty_label = _("choose one")
        fields["owner"].empty_label = _("nobody yet")
        fields["area"].empty_label = _("not recorded")
        linked = Q(activities=activity) if activity else Q(pk__in=[])
        threats = Threat.objects.visible_to(user).filter(Q(status="active") | linked, mission=mission)
        fields["threats"].queryset = threats.select_related("mission").distinct()
        offices = editable_offices(user, mission)
        fields["office"].queryset = offices
        components = Component.objects.filter(mission=mission)
        fields["component"].queryset = fields["supporting"].queryset = components
        people = Person.objects.filter(postings__mission=mission, is_active=True).distinct()
        fields["owner"].queryset = people.order_by("last_name", "username")
        fields["area"].queryset = areas_of(mission)
        fields["marking"].choices = [item for item in Marking.choices if item[0] <= user.clearance]

    @property
    def fieldsets(self) -> list[tuple[Any, list[Any]]]:
        """Return the groups in which the form is drawn."""
        groups: list[tuple[Any, tuple[str, ...]]] = [
            (_("What"), ("title", "description", "tier", "phases", "threats")),
            (_("Who and where"), ("office", "component", "supporting", "owner", "area")),
            (_("When"), ("starts_on", "due_on")),
            (_("Besides"), ("catalogue_code", "result", "marking")),
        ]
        return [(heading, [self[name] for name in names]) for heading, names in groups]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take."""
        return {name: self.cleaned_data[name] for name in EDITABLE}


class DoneForm(forms.Form):
    """Closing an activity as done: the day, and what came of it."""

    done_on = forms.DateField(label=_("Done on"), widget=DateInput())
    result = forms.CharField(label=_("Result"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
