"""Forms of matrix editions. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pocweb.forms import DateInput
from threats.choices import ApprovalSlot


class RollOverForm(forms.Form):
    """The period of the next edition."""

    starts_on = forms.DateField(
        label=_("Covers from"), widget=DateInput(), help_text=_("The first day of the new period.")
    )
    horizon_on = forms.DateField(
        label=_("Horizon"),
        widget=DateInput(),
        help_text=_("The day up to which this edition looks ahead; days to months."),
    )
    review_on = forms.DateField(
        label=_("Next review"),
        widget=DateInput(),
        help_text=_("Review days of threats that end before the new period move here."),
    )


class ConfirmForm(forms.Form):
    """A rating that still holds, and why. `rating` is the key of the rating that was read."""

    rating = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why the rating still holds"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Name what you looked at. Do not write names of sources, victims or witnesses."),
    )


class ApproveForm(forms.Form):
    """One approval. The fingerprint says which content the person has read."""

    slot = forms.ChoiceField(choices=ApprovalSlot.choices, widget=forms.HiddenInput)
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class ReturnForm(forms.Form):
    """Back to draft, with the reason."""

    reason = forms.CharField(
        label=_("Why it goes back"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("The drafters read this.")
    )


class CompareForm(forms.Form):
    """Any two states of an office's matrix: frozen editions, and the live matrix (0), which is the later one."""

    before = forms.TypedChoiceField(label=_("Earlier"), coerce=int)
    after = forms.TypedChoiceField(label=_("Later"), coerce=int)

    def __init__(self, *args: Any, editions: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("before", "after"):
            field: Any = self.fields[name]
            field.choices = editions

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        before, after = given.get("before"), given.get("after")
        if before is not None and before == after:
            self.add_error("after", _("Choose two different ones."))
        elif before == 0:
            given["before"], given["after"] = after, before
        return given
