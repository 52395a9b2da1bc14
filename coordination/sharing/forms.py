"""Forms of contacts, agreements, shares and blocks. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.choices import PartnerKind
from coordination.models import SharingAgreement
from coordination.sharing import contacts, services
from coordination.sharing.sheet import CSV, PDF, XLSX
from coordination.sharing.wording import STANDINGS
from pocweb.choices import Marking, Verb
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Mission, Office
from threats.forms.threats import GuardedForm
from threats.models import Threat

AREA = forms.Textarea(attrs={"rows": 3})


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


def _marking(user: Any) -> list[tuple[int, Any]]:
    return [item for item in Marking.choices if item[0] <= user.clearance]


class ContactForm(GuardedForm):
    """All that people write of a contact."""

    name = forms.CharField(
        label=_("Name or function"),
        max_length=120,
        help_text=_("Rather the post than the person, such as: Duty officer, prefecture."),
        error_messages={"required": _("Give the name or function.")},
    )
    organization = forms.CharField(
        label=_("Organization"), max_length=120, error_messages={"required": _("Give the organization.")}
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[("", _("choose one")), *PartnerKind.choices],
        error_messages={"required": _("Choose the kind.")},
    )
    phone = forms.CharField(label=_("Telephone, radio"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    languages = forms.CharField(label=_("Languages"), max_length=120, required=False)
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none(), to_field_name="code", empty_label=None)
    reviewed_on = forms.DateField(
        label=_("Last checked"),
        widget=DateInput(),
        help_text=_("The day on which somebody made sure that these lines work."),
        error_messages={"required": _("Say on which day the contact was last checked.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        widget=AREA,
        help_text=_("When to call, through whom. Do not write names of sources, victims or witnesses."),
    )
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["office"].queryset = contacts.offices_for(user, mission, Verb.EDIT)
        fields["marking"].choices = _marking(user)

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take."""
        values = {name: self.cleaned_data[name] for name in contacts.EDITABLE}
        values |= {"office": values["office"].code, "note": values["note"].replace("\r\n", "\n")}
        return values | {"reviewed_on": values["reviewed_on"].isoformat()}


class ContactFilterForm(forms.Form):
    """The filters of the contact list, sent by GET."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *PartnerKind.choices])
    office = OfficeChoice(
        label=_("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=_("All"),
    )  # fmt: skip
    review = forms.ChoiceField(
        label=_("Check"),
        required=False,
        choices=[("", _("All")), ("overdue", _("Overdue")), ("soon", _("Due within 14 days, or overdue"))],
    )
    use = forms.ChoiceField(label=_("In use"), required=False, choices=[("", _("In use")), ("no", _("Retired"))])

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.queryset = contacts.offices_for(user, mission, Verb.VIEW)


class HandOverForm(GuardedForm):
    """To whom an office's contact list goes, and in which form."""

    office = OfficeChoice(label=_("Office and below"), queryset=Office.objects.none(), empty_label=None)
    recipient = forms.CharField(
        label=_("To whom"),
        max_length=160,
        help_text=_("The stakeholder that receives it, and the post there."),
        error_messages={"required": _("Say to whom the list goes.")},
    )
    form = forms.ChoiceField(
        label=_("As"), choices=[(XLSX, "XLSX"), (CSV, "CSV"), (PDF, "PDF")], widget=forms.RadioSelect, initial=XLSX
    )

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.queryset = contacts.offices_for(user, mission, Verb.EDIT)


class AgreementForm(GuardedForm):
    """All that people write of a sharing agreement."""

    partner = forms.CharField(label=_("Partner"), max_length=120, error_messages={"required": _("Name the partner.")})
    kind = forms.ChoiceField(
        label=_("Kind of partner"),
        choices=[("", _("choose one")), *PartnerKind.choices],
        error_messages={"required": _("Choose the kind of partner.")},
        help_text=_("With State representatives no threat is shared that is blocked for host authorities."),
    )
    what = forms.CharField(label=_("What is shared"), widget=AREA)
    use = forms.CharField(label=_("For which use"), widget=AREA)
    how = forms.CharField(label=_("Who shares, how and when"), widget=AREA)
    storage = forms.CharField(label=_("How it is collected and kept"), widget=AREA, required=False)
    highest_marking = forms.TypedChoiceField(
        label=_("Shares up to"),
        choices=Marking.choices,
        coerce=int,
        help_text=_("Nothing marked higher is shared under this agreement."),
    )
    individual_cases = forms.BooleanField(label=_("Covers cases of individuals, with their consent"), required=False)
    valid_from = forms.DateField(
        label=_("Valid from"), widget=DateInput(), error_messages={"required": _("Give the first day.")}
    )
    valid_to = forms.DateField(
        label=_("Valid until"), widget=DateInput(), required=False, help_text=_("Leave empty for an open end.")
    )
    marking = forms.TypedChoiceField(label=_("Marking of the agreement itself"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["marking"].choices = _marking(user)

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take, days in ISO form."""
        values = {name: self.cleaned_data[name] for name in services.EDITABLE}
        values |= {name: values[name].replace("\r\n", "\n") for name in services.TEXTS}
        return values | {name: day.isoformat() if (day := values[name]) else None for name in services.DAYS}


class AgreementChoice(forms.ModelChoiceField):
    """Agreements by partner, each with how it stands today."""

    today: Any = None

    def label_from_instance(self, obj: SharingAgreement) -> str:
        return f"{obj.ref} {obj.partner} ({STANDINGS[services.standing_of(obj, self.today)][1]})"


class ThreatChoices(forms.ModelMultipleChoiceField):
    """Threats to choose from, blocked ones named so."""

    def label_from_instance(self, obj: Threat) -> str:
        blocked = _("blocked for host authorities") if services.block_of(obj).is_blocked else ""
        marked = str(Marking(obj.marking).label)
        return f"{obj.ref} ({', '.join(str(one) for one in (marked, blocked) if one)}) {obj.title}"


class ShareForm(GuardedForm):
    """What was shared with whom, under which agreement."""

    agreement = AgreementChoice(
        label=_("Under which agreement"),
        queryset=SharingAgreement.objects.none(),
        empty_label=_("choose one"),
        help_text=_("Without a valid agreement with the partner nothing is shared."),
        error_messages={"required": _("Choose the agreement. Without a valid one nothing is shared.")},
    )
    recipient = forms.CharField(
        label=_("To whom"), max_length=160, error_messages={"required": _("Say to whom it went.")}
    )
    what = forms.CharField(
        label=_("What was shared"),
        widget=AREA,
        help_text=_("In words, so that others can tell later. No names of sources, victims or witnesses."),
        error_messages={"required": _("Say what was shared.")},
    )
    threats = ThreatChoices(
        label=_("Threats that it tells of"),
        queryset=Threat.objects.none(),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Leave out what it does not tell of; several with Ctrl."),
    )
    marking = forms.TypedChoiceField(
        label=_("Marking of what was shared"),
        choices=Marking.choices,
        coerce=int,
        help_text=_("A threat's own marking counts too, where it is higher."),
    )
    has_individuals = forms.BooleanField(label=_("It tells of cases of individuals"), required=False)
    consent = forms.CharField(
        label=_("Consent"),
        required=False,
        widget=AREA,
        help_text=_("For cases of individuals: when consent was given, and for what. Do not name the person."),
    )
    how = forms.CharField(
        label=_("How"), max_length=120, required=False, help_text=_("Such as: orally, at the coordination meeting.")
    )
    shared_at = forms.DateTimeField(
        label=_("When (UTC)"), widget=MomentInput(), error_messages={"required": _("Say when it was shared.")}
    )

    def __init__(self, *args: Any, user: Any, mission: Mission, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        agreements = SharingAgreement.objects.visible_to(user).filter(mission=mission).select_related("mission")
        fields["agreement"].queryset, fields["agreement"].today = agreements.order_by("partner", "-valid_from"), today
        seen = Threat.objects.visible_to(user).filter(mission=mission, status="active")
        fields["threats"].queryset = services.with_blocks(seen.select_related("mission")).order_by("number")
        fields["marking"].choices = _marking(user)


class ShareFilterForm(forms.Form):
    """The filters of the log of shares, sent by GET."""

    agreement = forms.ModelChoiceField(
        label=_("Agreement"), queryset=SharingAgreement.objects.none(), required=False, empty_label=_("All")
    )
    kind = forms.ChoiceField(label=_("Kind of partner"), required=False, choices=[("", _("All")), *PartnerKind.choices])
    threat = forms.CharField(label=_("Threat"), required=False, max_length=12, help_text=_("Its reference."))
    start = forms.DateField(label=_("From"), required=False, widget=DateInput())
    end = forms.DateField(label=_("To"), required=False, widget=DateInput())

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreements: Any = self.fields["agreement"]
        agreements.queryset = SharingAgreement.objects.visible_to(user).filter(mission=mission)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("start") and cleaned.get("end") and cleaned["start"] > cleaned["end"]:
            self.add_error("end", _("The end of the period lies before its beginning."))
        return cleaned


class ReasonForm(GuardedForm):
    """A reason, for ending an agreement and for a decision on a block."""

    reason = forms.CharField(
        label=_("Reason"), widget=AREA, error_messages={"required": _("Give the reason; it is kept with your name.")}
    )
