"""The form of a perpetrator profile."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from pocweb.choices import Marking
from pocweb.fieldlist import Face, FieldKind
from threats.fieldlists.actor import ACTOR
from threats.forms.threats import GuardedForm
from threats.models import Actor


class ActorForm(GuardedForm):
    """A profile by its field list: names, source of violence, the seven heads, opportunity, marking."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in ACTOR.on(Face.FORM):
            self.fields[field.name] = self._field(field.name, field.kind, user)
            self.fields[field.name].label = field.label  # type: ignore[assignment]  # a lazy text

    def _field(self, name: str, kind: FieldKind, user: Any) -> forms.Field:
        if name == "marking":
            choices = [(int(value), label) for value, label in Marking.choices if value <= user.clearance]
            return forms.TypedChoiceField(choices=choices, coerce=int)
        if kind == FieldKind.CHOICE:
            return forms.ChoiceField(choices=ACTOR[name].choices)
        length = getattr(Actor._meta.get_field(name), "max_length", None)
        widget = forms.Textarea(attrs={"rows": 4}) if kind == FieldKind.LONG_TEXT else forms.TextInput()
        said = {"required": _("Write the name by which the mission knows the actor.")}
        return forms.CharField(required=name == "name", max_length=length, widget=widget, error_messages=said)

    def changes(self) -> dict[str, Any]:
        """Return the sent fields as plain values."""
        return {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }
