"""Forms of presences: the record, its end, the filters of the list."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pocweb import clock
from pocweb.choices import Marking, Verb
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Area, Mission, Office
from pocweb.permissions import grants_for
from threats.choices import PresenceKind
from threats.forms.threats import AreaChoices, GuardedForm
from threats.models import Presence
from threats.services.incident_places import areas_of_mission
from threats.services.presences import EDITABLE, as_plain


class AreaChoice(forms.ModelChoiceField):
    """One area by p-code, the tree shown by indentation."""

    label_from_instance = AreaChoices.label_from_instance


def areas_of(mission: Mission, also: str = "") -> Any:
    """Return the first- to third-level areas of the mission's countries in force, in the order of the tree.

    `also` is the p-code of an area in force of any level that belongs to the list too.
    """
    rows = Area.objects.filter(areas_of_mission(mission), Q(level__range=(1, 3)) | Q(pcode=also or None))
    return rows.valid_on(clock.today(mission)).defer("shape")


def offices_for(user: Any, mission: Mission, verb: Verb) -> Any:
    """Return the offices in whose branch the user may do this to presences, in the order of the tree."""
    where = Q(pk__in=[])
    for grant in grants_for(user, "presence", verb):
        if grant.mission_id == mission.pk:
            where |= Q(path__startswith=grant.office_path)
    return Office.objects.filter(where, mission=mission).order_by("path")


class PresenceForm(GuardedForm):
    """All that people write of a presence."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=PresenceKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the kind of presence.")},
    )
    area = AreaChoice(
        label=_("Area"),
        queryset=Area.objects.none(),
        to_field_name="pcode",
        help_text=_("As small as is known: a presence makes its own area seen, and those above it."),
        error_messages={"required": _("Choose the area.")},
    )
    place = forms.CharField(
        label=_("Place, as exact as possible"),
        required=False,
        max_length=160,
        help_text=_("Name a village, quarter or road."),
    )
    starts_on = forms.DateField(
        label=_("From"), widget=DateInput(), error_messages={"required": _("Give the first day.")}
    )
    ends_on = forms.DateField(
        label=_("Until"),
        required=False,
        widget=DateInput(),
        help_text=_("Leave empty while it goes on. A patrol or visit left empty is of one day."),
    )
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none(), to_field_name="code", empty_label=None)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Do not write names of sources or assistants."),
    )
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, presence: Presence | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        areas = areas_of(mission)
        if presence is not None:  # its own may be a locality, or of an earlier division
            areas = Area.objects.filter(Q(pk__in=areas.values("pk")) | Q(pk=presence.area_id)).defer("shape")
        fields["area"].queryset, fields["area"].empty_label = areas, _("choose one")
        fields["office"].queryset = offices_for(user, mission, Verb.EDIT)
        fields["marking"].choices = [item for item in Marking.choices if item[0] <= user.clearance]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values as the plain values that the services take."""
        values = as_plain({name: self.cleaned_data[name] for name in EDITABLE})
        return values | {"note": values["note"].replace("\r\n", "\n")}


class EndForm(GuardedForm):
    """The day on which a presence ended."""

    ended_on = forms.DateField(label=_("Ended on"), widget=DateInput())


class PresenceFilterForm(forms.Form):
    """The filters of the list, sent by GET; the period takes presences that were there on one of its days."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *PresenceKind.choices])
    area = AreaChoice(
        label=_("Area and below"), required=False, queryset=Area.objects.none(), to_field_name="pcode",
        empty_label=_("All areas"),
    )  # fmt: skip
    office = OfficeChoice(
        label=_("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=_("All"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["area"].queryset = areas_of(mission, also=str(self.data.get("area", "")))
        fields["office"].queryset = offices_for(user, mission, Verb.VIEW)
        # "from" is a word of Python, so these two cannot stand above
        fields["from"] = forms.DateField(label=_("From"), required=False, widget=DateInput())
        fields["to"] = forms.DateField(label=_("To"), required=False, widget=DateInput())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("from") and cleaned.get("to") and cleaned["from"] > cleaned["to"]:
            self.add_error("to", _("The end of the period lies before its beginning."))
        return cleaned
