"""The shape of input on the pages of reports."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reporting.choices import SectionState
from reporting.models import ReportSection
from reporting.periods import Quarter

TEXT_LIMIT = 20_000


class OpenReportForm(forms.Form):
    """Which quarter to open."""

    period = forms.CharField(label=_("Quarter"), max_length=7, help_text=_("Year and number, such as 2020-Q4."))

    def clean_period(self) -> str:
        from pocweb.errors import RuleError  # shown at the field, where the service would raise it for the page

        try:
            return str(Quarter.parse(self.cleaned_data["period"]))
        except RuleError as error:
            raise forms.ValidationError(error.message, code=error.code) from error


class SectionForm(forms.ModelForm):
    """Text and state of one section."""

    class Meta:
        model = ReportSection
        fields = ("text", "state")
        widgets = {"text": forms.Textarea(attrs={"rows": 12})}
        help_texts = {
            "text": _(
                "An empty line begins a new paragraph. Figures stand as [F-07]: they are filled from the records and "
                "keep their source. Do not write names of sources, victims or witnesses."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = False
        self.fields["text"].max_length = TEXT_LIMIT  # type: ignore[attr-defined]  # a text field of ours
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            (SectionState.DRAFT, SectionState.DRAFT.label),
            (SectionState.READY, SectionState.READY.label),
        ]
        self.fields["state"].required = False

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n").strip()

    def clean_state(self) -> str:
        return self.cleaned_data["state"] or SectionState.DRAFT


class HeadForm(forms.Form):
    """Lead summary and precedence."""

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

    def clean_lead(self) -> str:
        return self.cleaned_data["lead"].replace("\r\n", "\n").strip()


class ReasonForm(forms.Form):
    """Why a report goes back."""

    reason = forms.CharField(
        label=_("What must change"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), required=True
    )
