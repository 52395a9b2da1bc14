"""Forms of assistants, networks, focal points and alerts. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coordination.communities import assistants, networks
from coordination.communities.choices import AlertChannel, ConsentScope, Sex
from coordination.communities.plain import offices_for
from coordination.models import LiaisonAssistant, Network
from coordination.sharing.forms import MomentInput
from coordination.warnings.choices import AtRisk, ExpectedTime, ThreatenedAct, Threatening
from pocweb import clock
from pocweb.choices import Marking, Verb
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Area, Mission, Office
from threats.forms.presences import AreaChoice, areas_of
from threats.forms.threats import AreaChoices, GuardedForm

TEXT = forms.Textarea(attrs={"rows": 3})
NO_NAMES = _("Do not write names of sources, victims or witnesses.")
KEY_HINT = _("Such as CLA-BAM-1: letters, hyphens and a short number. Never a name, initials or a telephone number.")
EDITORS = (Verb.EDIT, Verb.APPROVE)


def markings_for(user: Any) -> list[tuple[int, Any]]:
    return [item for item in Marking.choices if item[0] <= user.clearance]


def plain_text(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class CommunityForm(GuardedForm):
    """What the forms of a record share: offices of one's own, areas of the mission, markings up to the clearance."""

    editable: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: Any, mission: Mission, record: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.user, self.mission = user, mission
        fields["office"].queryset = offices_for(user, mission, *EDITORS)
        fields["marking"].choices = markings_for(user)
        for name in ("area", "areas"):
            if name in fields:
                fields[name].queryset = self._areas(record, name)
        if "base" in fields:
            fields["base"].queryset = Office.objects.filter(mission=mission).order_by("path")

    def _areas(self, record: Any, name: str) -> Any:
        """Return the areas to choose from; what the record names stays among them whatever its division."""
        found = areas_of(self.mission)
        if record is None:
            return found
        own = [record.area_id] if name == "area" else list(record.areas.values_list("pk", flat=True))
        return Area.objects.filter(Q(pk__in=found.values("pk")) | Q(pk__in=own)).defer("shape").order_by("path")

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take."""
        return {name: plain_text(self.cleaned_data[name]) for name in self.editable}


class AssistantForm(CommunityForm):
    """All that people write of an assignment."""

    editable = assistants.EDITABLE
    key = forms.CharField(
        label=_("Key of the assistant"), max_length=40, help_text=KEY_HINT,
        error_messages={"required": _("Give the key; the name stays with the office.")},
    )  # fmt: skip
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, initial=Sex.UNKNOWN)
    base = OfficeChoice(
        label=_("Co-located with"), queryset=Office.objects.none(), to_field_name="code",
        empty_label=_("choose one"), error_messages={"required": _("Choose the base.")},
    )  # fmt: skip
    areas = AreaChoices(
        label=_("Areas covered"), queryset=Area.objects.none(), to_field_name="pcode",
        help_text=_("They count as seen on the map of blind spots while the assignment lasts."),
        error_messages={"required": _("Choose at least one area.")},
    )  # fmt: skip
    languages = forms.CharField(
        label=_("Languages"), max_length=160, error_messages={"required": _("Name the languages.")}
    )
    starts_on = forms.DateField(
        label=_("From"), widget=DateInput(), error_messages={"required": _("Give the first day.")}
    )
    ends_on = forms.DateField(
        label=_("Until"), widget=DateInput(), required=False, help_text=_("Leave empty for an open end.")
    )
    is_lent = forms.BooleanField(label=_("Lent for a short time to a base that has none"), required=False)
    risk_note = forms.CharField(
        label=_("Risk to the assistant, and what is done about it"), widget=TEXT, required=False,
        help_text=_("Shown only to those who keep these records, in no export and no history of others."),
    )  # fmt: skip
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none(), to_field_name="code", empty_label=None)
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def values(self) -> dict[str, Any]:
        return super().values() | {"areas": [area.pcode for area in self.cleaned_data["areas"]]}


class EndForm(GuardedForm):
    """The last day of an assignment."""

    ends_on = forms.DateField(
        label=_("Last day"), widget=DateInput(), error_messages={"required": _("Give the last day.")}
    )


class NetworkForm(CommunityForm):
    """All that people write of a network; the parts of later steps may stay empty until then."""

    editable = networks.EDITABLE
    PARTS = (
        (_("Where and who"), ("name", "area", "communities", "base", "assistant")),
        (_("Channel"), ("channels", "equipment")),
        (_("Expectations that were agreed"), ("threat_types", "response_time", "responder", "limits")),
        (_("Members"), ("members", "women_members", "has_crsv_signs")),
        (_("Kept by"), ("office", "marking")),
    )
    name = forms.CharField(label=_("Name"), max_length=120, error_messages={"required": _("Give it a name.")})
    area = AreaChoice(
        label=_("Area"), queryset=Area.objects.none(), to_field_name="pcode",
        help_text=_("As small as is known: an active network makes its own area seen, and those above it."),
        error_messages={"required": _("Choose the area.")},
    )  # fmt: skip
    communities = forms.CharField(
        label=_("Communities"), widget=TEXT, help_text=_("Villages, quarters and groups; why they are at risk."),
        error_messages={"required": _("Name the villages, quarters or groups.")},
    )  # fmt: skip
    base = OfficeChoice(
        label=_("Calls base"), queryset=Office.objects.none(), to_field_name="code", required=False,
        empty_label=_("not chosen yet"),
    )  # fmt: skip
    assistant = forms.ModelChoiceField(
        label=_("Set up by"), queryset=LiaisonAssistant.objects.none(), to_field_name="number", required=False,
        empty_label=_("not chosen yet"),
        help_text=_("Where there is no liaison assistant, one is lent for a short time."),
    )  # fmt: skip
    channels = forms.MultipleChoiceField(
        label=_("Channels"), choices=AlertChannel.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    equipment = forms.CharField(
        label=_("Equipment"), widget=TEXT, required=False,
        help_text=_("What the community has, who charges it, who pays. Never telephone numbers."),
    )  # fmt: skip
    threat_types = forms.CharField(label=_("Threats to call for"), widget=TEXT, required=False)
    response_time = forms.CharField(label=_("How fast is answered"), max_length=120, required=False)
    responder = forms.CharField(label=_("Police or military comes"), max_length=120, required=False)
    limits = forms.CharField(
        label=_("Limits that were explained"), widget=TEXT, required=False,
        help_text=_("What the mission cannot do: night, distance, numbers. A network becomes active only with these."),
    )  # fmt: skip
    members = forms.IntegerField(label=_("Active members"), min_value=0, required=False)
    women_members = forms.IntegerField(label=_("Women among them"), min_value=0, required=False)
    has_crsv_signs = forms.BooleanField(label=_("Watches signs of conflict-related sexual violence"), required=False)
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none(), to_field_name="code", empty_label=None)
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, record: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, mission=mission, record=record, **kwargs)
        today = clock.today(mission)
        working = Q(ends_on=None) | Q(ends_on__gte=today)
        if record is not None and record.assistant_id:
            working |= Q(pk=record.assistant_id)
        rows = LiaisonAssistant.objects.visible_to(user).filter(working, mission=mission).order_by("number")
        fields: Any = self.fields
        fields["assistant"].queryset = rows

    @property
    def fieldsets(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(heading, [self[name] for name in names]) for heading, names in self.PARTS]

    def values(self) -> dict[str, Any]:
        given = super().values()
        chosen = given["assistant"]
        return given | {"assistant": chosen.number if chosen else None}


class MoveForm(GuardedForm):
    """One step of a network: the state that the page showed, and the reason where one is needed."""

    state = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why"), widget=TEXT, required=False)

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_reason:
            del self.fields["reason"]
        else:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = _("Say why.")


class KeepForm(GuardedForm):
    """A day on which the network was spoken to, or its equipment checked."""

    day = forms.DateField(label=_("On"), widget=DateInput(), error_messages={"required": _("Give the day.")})
    note = forms.CharField(label=_("What was found"), max_length=300, required=False, help_text=NO_NAMES)


class FocalPointForm(GuardedForm):
    """A focal point with the consent that was given."""

    key = forms.CharField(
        label=_("Key"), max_length=40,
        help_text=_("Such as FP-IPPY-2. Never a name, initials or a telephone number; those stay with your unit."),
        error_messages={"required": _("Give the key.")},
    )  # fmt: skip
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, initial=Sex.UNKNOWN)
    role = forms.CharField(
        label=_("Role in the community"), max_length=80, required=False,
        help_text=_("In general words, such as market or school; nothing by which one person can be told."),
    )  # fmt: skip
    consent_scope = forms.MultipleChoiceField(
        label=_("Consented to"), choices=ConsentScope.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    consent_on = forms.DateField(label=_("Consent given on"), widget=DateInput(), required=False)


class AlertForm(GuardedForm):
    """A call of a network: what the early-warning case needs, and how it came."""

    channel = forms.ChoiceField(
        label=_("How the call came"), error_messages={"required": _("Choose how the call came.")}
    )
    received_at = forms.DateTimeField(label=_("Received (UTC)"), widget=MomentInput())
    act = forms.ChoiceField(
        label=_("What may happen"), choices=[("", _("choose one")), *ThreatenedAct.choices],
        error_messages={"required": _("Say what may happen.")},
    )  # fmt: skip
    place = forms.CharField(
        label=_("Where"), max_length=160, error_messages={"required": _("Name a village, quarter or road.")}
    )
    text = forms.CharField(
        label=_("What the network said"), widget=TEXT, help_text=NO_NAMES,
        error_messages={"required": _("Write in a sentence what was seen or heard.")},
    )  # fmt: skip
    expected = forms.ChoiceField(label=_("When"), choices=ExpectedTime.choices, initial=ExpectedTime.UNKNOWN)
    threatening = forms.ChoiceField(label=_("Who threatens"), choices=Threatening.choices, initial=Threatening.UNKNOWN)
    at_risk = forms.MultipleChoiceField(
        label=_("Who is at risk"), choices=AtRisk.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    people = forms.IntegerField(label=_("How many, if known"), min_value=0, required=False)

    def __init__(self, *args: Any, network: Network, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [choice for choice in AlertChannel.choices if choice[0] in network.channels]
        others = [choice for choice in AlertChannel.choices if choice[0] not in network.channels]
        choices: Any = [("", _("choose one")), *own, *others]
        fields: Any = self.fields
        fields["channel"].choices = choices


class AnswerForm(GuardedForm):
    """What the mission did after a network's alert, and with what result."""

    response = forms.CharField(label=_("What the mission did"), widget=TEXT, required=False)
    result = forms.CharField(label=_("Result"), widget=TEXT, required=False, help_text=NO_NAMES)


class PeriodsForm(GuardedForm):
    """After how many days a network is amber."""

    contact_days = forms.IntegerField(label=_("Days without contact"), min_value=1, max_value=365)
    equipment_days = forms.IntegerField(label=_("Days without a check of the equipment"), min_value=1, max_value=730)
