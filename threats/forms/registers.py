"""Forms of the registers: another protection actor, a mission's own entry of a shared list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from threats.forms.threats import GuardedForm
from threats.models import ProtectionActor


class ProtectionActorForm(GuardedForm):
    """A protection actor of the register. Source: POC Handbook 2020, 8.2.3."""

    name = forms.CharField(
        max_length=120,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("An organization or group, never a person."),
        error_messages={"required": gettext_lazy("Write the name by which the mission knows the actor.")},
    )
    kind = forms.ChoiceField(choices=ProtectionActor.Kind.choices, label=gettext_lazy("Kind"))
    description = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("Description"),
        help_text=gettext_lazy("What it is and does, where it reaches. Do not write names of people."),
    )

    def changes(self) -> dict[str, Any]:
        """Return the sent fields as plain values."""
        values = dict(self.cleaned_data)
        values["description"] = values["description"].replace("\r\n", "\n")
        return values


class EntryForm(GuardedForm):
    """A mission's own entry of a list that missions share."""

    name = forms.CharField(max_length=80, label=gettext_lazy("Name"))
