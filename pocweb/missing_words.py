"""What a form says where something is missing: what to do, by the kind of field, never "This field is required.".

A field with a sentence of its own says that one.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[type[forms.Field], Any] = {
    forms.Field: _("Fill this in."),
    forms.CharField: _("Write something here."),
    forms.EmailField: _("Write an e-mail address."),
    forms.IntegerField: _("Give a number."),
    forms.DateField: _("Give the day."),
    forms.TimeField: _("Give the time."),
    forms.DateTimeField: _("Give the day and the time."),
    forms.BooleanField: _("Tick the box, or leave the page without sending."),
    forms.FileField: _("Choose a file."),
    forms.ChoiceField: _("Choose one from the list."),
    forms.MultipleChoiceField: _("Choose at least one."),
    forms.ModelMultipleChoiceField: _("Choose at least one."),
}


def register() -> None:
    """Give each kind of field its sentence; kinds made of them inherit it."""
    for kind, sentence in SENTENCES.items():
        kind.default_error_messages = {**kind.default_error_messages, "required": sentence}
