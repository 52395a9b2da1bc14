"""The form of a mission's settings: what each value does, and where it comes from."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.choices import Marking
from pocweb.mission_settings import LONGEST, NAMES, TEXTS, values_of
from pocweb.models import Mission

SALT = "mission settings"


class SettingsForm(forms.Form):
    """The values, with those that the person was shown in a signed hidden field."""

    based_on = forms.CharField(widget=forms.HiddenInput)
    blind_days = forms.IntegerField(
        label=gettext_lazy("Days after which an area is blind"),
        min_value=1,
        max_value=LONGEST,
        help_text=gettext_lazy(
            "An area without base, network, liaison assistant, patrol, visit or report for so long is a blind spot "
            "(POC Handbook 2020, 8.4). The Handbook names no number; 30 is this application's."
        ),
    )
    review_days = forms.IntegerField(
        label=gettext_lazy("Review period in days"),
        min_value=1,
        max_value=LONGEST,
        help_text=gettext_lazy(
            "A matrix edition or a rating older than this is late. Forums review weekly or monthly (POC Handbook 2020, "
            "5.1); 31 is the longest month."
        ),
    )
    default_marking = forms.TypedChoiceField(
        label=gettext_lazy("Marking of new records"),
        choices=Marking.choices,
        coerce=int,
        help_text=gettext_lazy(
            "Offered for each new record; its author may choose another. Records that exist keep theirs. The three "
            "levels are those of ST/SGB/2007/6; which one a mission begins with is its own choice."
        ),
    )
    report_signatory = forms.CharField(
        label=gettext_lazy("Signs the quarterly cable"),
        max_length=120,
        help_text=gettext_lazy("The line FROM of the code cable, by function. The words are the mission's own."),
    )
    report_addressee = forms.CharField(
        label=gettext_lazy("Cable is addressed to"),
        max_length=200,
        help_text=gettext_lazy(
            "The line TO. The quarterly assessment goes to Headquarters (POC Handbook 2020, 8.4); the words are ours."
        ),
    )
    report_info = forms.CharField(
        label=gettext_lazy("Cable for information"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("The line INFO, parted by semicolons. Left empty, the line stays empty."),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, mission: Mission, user: Any) -> None:
        now = values_of(mission)
        super().__init__(data, initial={**now, "based_on": self.signed(now)})
        fields: Any = self.fields
        levels = [one for one in Marking.choices if one[0] <= user.clearance or one[0] == now["default_marking"]]
        fields["default_marking"].choices = levels

    @staticmethod
    def signed(values: Mapping[str, Any]) -> str:
        """Return the values that a form shows, as its hidden field carries them."""
        return signing.dumps(dict(values), salt=SALT, compress=True)

    @classmethod
    def labels(cls) -> dict[str, Any]:
        """Return the label of each value."""
        return {name: cls.base_fields[name].label for name in NAMES}

    def clean_based_on(self) -> dict[str, Any]:
        """Return the values that the page showed; a text that is not ours is refused."""
        try:
            base: dict[str, Any] = signing.loads(self.cleaned_data["based_on"], salt=SALT)
        except signing.BadSignature as error:
            raise forms.ValidationError(_("The page cannot be read. Open the settings again.")) from error
        return base

    @property
    def base(self) -> dict[str, Any]:
        """The values that the person was shown."""
        return dict(self.cleaned_data["based_on"])

    def values(self) -> dict[str, Any]:
        """Return the values that the person sent, texts in one line."""
        data = self.cleaned_data
        return {name: " ".join(data[name].split()) if name in TEXTS else data[name] for name in NAMES}
