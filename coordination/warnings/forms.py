"""Forms of cases: the intake, a further report, what a case is tied to. The steps: `act_forms.py`."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy

from coordination.meetings.forms import MomentInput, RefusingForm
from coordination.models import WarningCase
from coordination.warnings.choices import (
    AtRisk,
    Channel,
    ExpectedTime,
    ThreatenedAct,
    Threatening,
)
from pocweb.choices import Marking
from pocweb.models import Person
from threats.models import Incident, Source, Threat

NO_NAMES = gettext_lazy(
    "Do not write names of sources, victims or witnesses. If a name matters, human rights will ask you."
)


def picks(label: Any, choices: Any, said: Any, **more: Any) -> forms.ChoiceField:
    """Return a group of large radio buttons that says in a sentence what to do when nothing is chosen."""
    field = forms.ChoiceField(
        label=label, choices=choices, widget=forms.RadioSelect,
        error_messages={"required": said, "invalid_choice": said}, **more,
    )  # fmt: skip
    field.widget.is_required = False
    return field


def words(label: Any, *, rows: int = 3, required: bool = False, help_text: Any = "", said: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=10_000,
        widget=forms.Textarea(attrs={"rows": rows}), error_messages={"required": said},
    )  # fmt: skip


class IntakeForm(RefusingForm):
    """The seven questions of a report, and what is seldom needed behind them (EW-01)."""

    use_required_attribute = False
    MORE = ("un_staff", "received_at", "source", "marking")

    act = picks(gettext_lazy("1 What may happen?"), ThreatenedAct.choices, gettext_lazy("Say what may happen."))
    place = forms.CharField(
        label=gettext_lazy("2 Where?"), max_length=160,
        help_text=gettext_lazy("Village, quarter or road, as exact as you can"),
        widget=forms.TextInput(attrs={"list": "near", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Name a village, quarter or road.")},
    )  # fmt: skip
    expected = picks(
        gettext_lazy("3 When?"), ExpectedTime.choices, gettext_lazy("Choose when from the list."),
        initial=ExpectedTime.UNKNOWN,
    )  # fmt: skip
    threatening = picks(
        gettext_lazy("4 Who threatens?"), Threatening.choices, gettext_lazy("Choose who threatens from the list."),
        initial=Threatening.UNKNOWN,
    )  # fmt: skip
    at_risk = forms.MultipleChoiceField(
        label=gettext_lazy("5 Who is at risk?"), choices=AtRisk.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    people = forms.IntegerField(
        label=gettext_lazy("How many, if you know"), required=False, min_value=0, max_value=10_000_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": gettext_lazy("Give a number, or leave it empty.")},
    )  # fmt: skip
    text = words(
        gettext_lazy("6 What did you see or hear?"), rows=4, required=True, help_text=NO_NAMES,
        said=gettext_lazy("Write in a sentence what was seen or heard."),
    )  # fmt: skip
    channel = picks(gettext_lazy("7 How do you know?"), Channel.choices, gettext_lazy("Say how you know."))
    hierarchy_copy = forms.ModelChoiceField(
        label=gettext_lazy("Copy to your hierarchy"), queryset=Person.objects.none(), empty_label=None
    )
    un_staff = forms.BooleanField(label=gettext_lazy("UN staff are threatened too"), required=False)
    received_at = forms.DateTimeField(
        label=gettext_lazy("Received"), widget=MomentInput(),
        help_text=gettext_lazy("UTC. Set it back where you were told earlier than you write."),
        error_messages={"required": gettext_lazy("Say when you got the report.")},
    )  # fmt: skip
    source = forms.CharField(
        label=gettext_lazy("Key of the source"), max_length=40, required=False,
        help_text=gettext_lazy("The pseudonym code only, never a name."),
    )  # fmt: skip
    marking = forms.TypedChoiceField(label=gettext_lazy("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, hierarchy: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["marking"].choices = [one for one in Marking.choices if one[0] <= user.clearance]
        if hierarchy:
            fields["hierarchy_copy"].queryset = Person.objects.filter(pk__in=[one.pk for one in hierarchy])
            fields["hierarchy_copy"].choices = [(one.pk, f"{one}, {one.function}" if one.function else str(one))
                                                for one in hierarchy]  # fmt: skip
        else:
            del fields["hierarchy_copy"]
        if not user.has_perm("threats.view_source"):
            del fields["source"]
        self.user = user

    @property
    def questions(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.MORE]

    @property
    def more(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in self.MORE]

    @property
    def needs_more(self) -> bool:
        """Say whether what is seldom needed must be shown: something there needs mending."""
        return any(name in self.errors for name in self.MORE)

    def clean_source(self) -> Source | None:
        """Return the source with the code among those that are known; a new one is registered with incidents."""
        code = self.cleaned_data["source"].strip().upper()
        if not code:
            return None
        source = Source.objects.filter(mission=self.user.mission, code=code).first()
        if source is None:
            raise forms.ValidationError(
                gettext_lazy("No source has this key. Leave it empty, and write none in the text.")
            )
        return source


class FurtherReportForm(RefusingForm):
    """A further report on the same threat."""

    use_required_attribute = False
    text = words(
        gettext_lazy("What was seen or heard"), required=True, help_text=NO_NAMES,
        said=gettext_lazy("Write in a sentence what was seen or heard."),
    )  # fmt: skip
    channel = forms.ChoiceField(label=gettext_lazy("How do you know?"), choices=Channel.choices)
    corroborates = forms.BooleanField(label=gettext_lazy("It bears out what was reported"), required=False)


class PlaceForm(RefusingForm):
    """Which known place the words of a report mean."""

    use_required_attribute = False
    area = forms.CharField(
        label=gettext_lazy("Known place"), max_length=160, widget=forms.TextInput(attrs={"list": "near"}),
        help_text=gettext_lazy("A name or p-code of the mission's areas. The office that answers for it takes over."),
        error_messages={"required": gettext_lazy("Name a known place.")},
    )  # fmt: skip


class Linkable(forms.ModelChoiceField):
    def label_from_instance(self, obj: models.Model) -> str:
        return f"{obj.ref} {obj.title}"  # type: ignore[attr-defined]  # threats and incidents


class ThreatLinkForm(RefusingForm):
    use_required_attribute = False
    threat = Linkable(
        label=gettext_lazy("Threat of the matrix"), queryset=Threat.objects.none(),
        empty_label=gettext_lazy("Choose one"),
        error_messages={"required": gettext_lazy("Choose a threat from the list.")},
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, case: WarningCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        rows = Threat.objects.visible_to(user).filter(mission=case.mission_id, status="active")
        fields["threat"].queryset = rows.order_by("number").only("number", "title")


class IncidentLinkForm(RefusingForm):
    use_required_attribute = False
    incident = forms.CharField(
        label=gettext_lazy("Reference of the incident"), max_length=12,
        widget=forms.TextInput(attrs={"placeholder": "I-120"}),
        error_messages={"required": gettext_lazy("Write its reference, such as I-120.")},
    )  # fmt: skip

    def incident_for(self, user: Any, case: WarningCase) -> Incident | None:
        """Return the incident with the reference, None where the person sees none."""
        digits = self.cleaned_data["incident"].upper().removeprefix("I-").strip()
        if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
            return None
        rows = Incident.objects.visible_to(user).filter(mission=case.mission_id)
        found: Incident | None = rows.filter(number=int(digits)).first()
        return found


class ReasonForm(RefusingForm):
    use_required_attribute = False
    reason = words(gettext_lazy("Why"), rows=2, required=True, said=gettext_lazy("Say why."))
