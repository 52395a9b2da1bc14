"""The form of an outside mechanism."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coordination.choices import Frequency, MechanismKind
from coordination.forms import offices_for
from coordination.models import Mechanism
from pocweb.choices import Marking
from pocweb.forms import OfficeChoice
from pocweb.models import Mission, Office, Person
from threats.forms.threats import GuardedForm


class MechanismForm(GuardedForm):
    """All that people write of an outside mechanism."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=MechanismKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the kind.")},
    )
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none(), empty_label=None)
    chaired_by = forms.CharField(
        label=_("Chaired by"), max_length=120, required=False, help_text=_("A body or function, not a name.")
    )
    representative = forms.ModelChoiceField(
        label=_("Represents the mission"),
        queryset=Person.objects.none(),
        required=False,
        help_text=_(
            "Among humanitarians normally a civilian, such as the POC Adviser or Civil Affairs (Handbook 6.2)."
        ),
    )
    uniformed_reason = forms.CharField(
        label=_("Why a uniformed person represents the mission"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed only for military or police in a humanitarian mechanism: which topic calls for them."),
    )
    cadence = forms.ChoiceField(label=_("Meets"), choices=Frequency.choices)
    purpose = forms.CharField(
        label=_("Purpose"), required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(
        self, *args: Any, user: Any, mission: Mission, mechanism: Mechanism | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["office"].queryset = offices_for(user, mission)
        here = Q(postings__mission=mission, is_active=True)
        if mechanism is not None:
            here |= Q(pk=mechanism.representative_id)
        people = Person.objects.filter(here).distinct().order_by("last_name", "username")
        fields["representative"].queryset, fields["representative"].empty_label = people, _("nobody named yet")
        fields["marking"].choices = [item for item in Marking.choices if item[0] <= user.clearance]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take."""
        values = {name: self.cleaned_data[name] for name in self.fields}
        return values | {name: values[name].replace("\r\n", "\n") for name in ("uniformed_reason", "purpose")}
