"""The shape of input on the pages of reports."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.periods import Quarter
from reporting.choices import SectionState

TEXT_LIMIT = 20_000


class OpenReportForm(forms.Form):
    """Which quarter to open."""

    period = forms.CharField(label=_("Quarter"), max_length=7, help_text=_("Year and number, such as 2020-Q4."))

    def clean_period(self) -> str:
        try:
            return str(Quarter.parse(self.cleaned_data["period"]))
        except RuleError as error:
            raise forms.ValidationError(error.message, code=error.code) from error


class SectionForm(forms.Form):
    """Text and state of one section."""

    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "An empty line begins a new paragraph. Figures stand as [F-07]: they are filled from the records and "
            "keep their source. Do not write names of sources, victims or witnesses."
        ),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[(state.value, state.label) for state in (SectionState.DRAFT, SectionState.READY)],
    )

    def clean_text(self) -> str:
        return _tidy(self.cleaned_data["text"])

    def clean_state(self) -> str:
        return self.cleaned_data["state"] or SectionState.DRAFT


class HeadForm(forms.Form):
    """Lead summary, precedence, and the marking where the person may set it."""

    lead = forms.CharField(
        label=_("Lead summary"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Three or four sentences for a reader with one minute. Figures stand as [F-07]."),
    )
    precedence = forms.ChoiceField(
        label=_("Precedence"),
        choices=[("Routine", _("Routine")), ("Priority", _("Priority")), ("Immediate", _("Immediate"))],
    )
    marking = forms.TypedChoiceField(
        label=_("Marking"),
        coerce=int,
        help_text=_(
            "Records marked higher are neither counted nor named. A lower marking leaves more out, but the text stays "
            "as it was written: read it again."
        ),
    )

    def __init__(self, *args: Any, markings: int | None, **kwargs: Any) -> None:
        """Offer markings up to `markings`; with None the field is left out."""
        super().__init__(*args, **kwargs)
        if markings is None:
            del self.fields["marking"]
        else:
            choices = [(marking.value, marking.label) for marking in Marking if marking <= markings]
            self.fields["marking"].choices = choices  # type: ignore[attr-defined]  # a field with choices

    def clean_lead(self) -> str:
        return _tidy(self.cleaned_data["lead"])


class ReasonForm(forms.Form):
    """Why a report goes back."""

    reason = forms.CharField(label=_("What must change"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
