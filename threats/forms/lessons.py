"""The form of a quarter's lesson; the service judges it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.errors import RuleError
from threats.services.lessons import EDITABLE


class LessonForm(forms.Form):
    """What the office learned from a quarter, and the marking of that text."""

    text = forms.CharField(
        label=_("What we learned"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "What did the ratings see, what did they miss, and what changes in the next forward look? "
            "Do not write names of sources, victims or witnesses."
        ),
    )
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        markings: Any = self.fields["marking"]
        markings.choices = [item for item in Marking.choices if item[0] <= user.clearance]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take."""
        return {name: self.cleaned_data[name] for name in EDITABLE}

    def refuse(self, error: RuleError) -> None:
        """Show a refused rule at its field, or above the form where it belongs to none."""
        self.add_error(error.field if error.field in self.fields else None, error.message)
