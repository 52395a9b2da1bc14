"""Forms of sending, deciding, responding, telling and closing. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.meetings.forms import MomentInput, RefusingForm
from coordination.models import Decision, Forum, RecipientRule, SharingAgreement, WarningCase
from coordination.warnings.choices import Audience, Outcome, ResponseKind
from coordination.warnings.harm import ASK
from coordination.warnings.recipients import may_see, steps_known
from pocweb.choices import Marking, Role
from pocweb.models import Component
from pocweb.recipients import Staff

NO_NAMES = gettext_lazy("Do not write names of sources, victims or witnesses.")
Choices = list[tuple[Any, Any]]


def lines(label: Any, hint: Any = "", *, rows: int = 3, ask: Any = "") -> forms.CharField:
    """Return a field of several lines; with `ask`, the sentence that asks for it where it is left empty."""
    widget = forms.Textarea(attrs={"rows": rows})
    errors = {"required": ask}
    return forms.CharField(label=label, help_text=hint, required=bool(ask), widget=widget, error_messages=errors)


def person_choices(case: WarningCase, *, without: set[int] | None = None) -> Choices:
    """Return the people of the mission who may see the case, by family name, with their function."""
    people = [one for one in Staff(case.mission).people.values() if one.pk not in (without or set())]
    people = sorted((one for one in people if may_see(one, case)), key=lambda one: (one.last_name, one.username))
    return [(one.pk, f"{one}, {one.function}" if one.function else str(one)) for one in people]


class ActForm(RefusingForm):
    """An act of the state table; the reason is asked where it skips a step or goes back."""

    reason = lines(gettext_lazy("Why out of order"), ask=gettext_lazy("This skips a step or goes back. Say why."))

    def __init__(self, *args: Any, is_out_of_order: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_out_of_order:
            del self.fields["reason"]


class SendForm(ActForm):
    """Changes of the list of recipients: who is left out, who is added, and why."""

    removed = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Leave out"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    added = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Add"), coerce=int, required=False, widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=gettext_lazy("People who may see the case; several with Ctrl."),
    )  # fmt: skip
    change_reason = lines(
        gettext_lazy("Why the list is changed"), gettext_lazy("Only where you leave out or add somebody."), rows=2
    )

    def __init__(self, *args: Any, listed: Choices, others: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["removed"].choices, fields["added"].choices = listed, others


class EmergencyForm(RefusingForm):
    """Which forum is called, and why."""

    forum = forms.ModelChoiceField(
        label=gettext_lazy("Forum"), queryset=Forum.objects.none(), required=False, empty_label=None,
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = lines(gettext_lazy("Why now"), gettext_lazy("Read by the members. Left empty, the reason of imminence."))

    def __init__(self, *args: Any, forums: list[Forum], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["forum"].queryset = Forum.objects.filter(pk__in=[one.pk for one in forums])
        if len(forums) < 2:
            del self.fields["forum"]


class CloseForm(ActForm):
    """What became of the threat."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What became of it"), choices=Outcome.choices, widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say what became of the threat.")},
    )  # fmt: skip
    finding = lines(
        gettext_lazy("By what you know that the threat has gone"), NO_NAMES,
        ask=gettext_lazy("Say by what you know that the threat has gone."),
    )  # fmt: skip
    neutralised_at = forms.DateTimeField(
        label=gettext_lazy("Gone since (UTC)"), required=False, widget=MomentInput(),
        help_text=gettext_lazy("Needed where it was averted; otherwise leave empty what is not known."),
    )  # fmt: skip
    killed = forms.IntegerField(label=gettext_lazy("Killed, although warned"), required=False, min_value=0)
    injured = forms.IntegerField(
        label=gettext_lazy("Injured, although warned"), required=False, min_value=0,
        help_text=gettext_lazy("Only where it happened. Leave empty where it is not known; 0 stands for nobody."),
    )  # fmt: skip
    field_order = ("outcome", "finding", "neutralised_at", "killed", "injured", "reason")


class ResponseForm(RefusingForm):
    """All that people write of a response."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Response"), error_messages={"required": gettext_lazy("Say what kind of response it is.")}
    )
    text = lines(gettext_lazy("What is done, where"))
    is_operation = forms.TypedChoiceField(
        label=gettext_lazy("Is it an operation"), required=False, widget=forms.RadioSelect, coerce=str,
        choices=[("", gettext_lazy("As its kind is")), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))],
        help_text=gettext_lazy(
            "Robust patrols, buffer zones, urgent measures and force are. The harm of an operation is assessed first."
        ),
    )  # fmt: skip
    component = forms.TypedChoiceField(label=gettext_lazy("Component"), required=False, coerce=int, empty_value=None)
    host_authority = forms.CharField(
        label=gettext_lazy("or host authority"), max_length=120, required=False,
        help_text=gettext_lazy("Such as: prefecture, gendarmerie."),
    )  # fmt: skip
    owner = forms.TypedChoiceField(label=gettext_lazy("Who answers for it"), required=False, coerce=int)
    due_at = forms.DateTimeField(label=gettext_lazy("Until (UTC)"), required=False, widget=MomentInput())
    decision = forms.TypedChoiceField(label=gettext_lazy("As decided in"), required=False, coerce=int)

    def __init__(self, *args: Any, case: WarningCase, decisions: list[Decision], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        components = Component.objects.filter(mission=case.mission_id)
        fields["kind"].choices = [("", _("choose one")), *ResponseKind.choices]
        fields["component"].choices = [("", _("none")), *((one.pk, one.name) for one in components)]
        fields["owner"].choices = [("", _("not named")), *person_choices(case)]
        shown = [(one.pk, f"{one.ref} {one.text[:80]}") for one in decisions]
        fields["decision"].choices = [("", _("no decision of a forum")), *shown]

    def values(self) -> dict[str, Any]:
        """Return the plain values that the services take; an operation left open follows its kind."""
        data = dict(self.cleaned_data)
        said = data.pop("is_operation")
        data["is_operation"] = data["kind"] in ResponseKind.OPERATIONS if said == "" else said == "yes"
        data |= {name: data[name] or None for name in ("component", "owner", "decision")}
        data["due_at"] = data["due_at"].isoformat() if data["due_at"] else None
        data["text"] = data["text"].replace("\r\n", "\n").strip()
        return data


class BeginForm(RefusingForm):
    begun_at = forms.DateTimeField(
        label=gettext_lazy("Action taken (UTC)"), required=False, widget=MomentInput(),
        help_text=gettext_lazy("Left empty: now."),
    )  # fmt: skip


class ObstacleForm(RefusingForm):
    obstacle = lines(gettext_lazy("What hinders it"), rows=2, ask=gettext_lazy("Say what hinders it."))


class EffectForm(RefusingForm):
    effect = lines(gettext_lazy("Effect"), gettext_lazy("What it led to, for the people at risk."), rows=2)


class HarmForm(RefusingForm):
    """What an operation may do to people, and what is done about it (step 16)."""

    operation = lines(gettext_lazy("Operation"), gettext_lazy("Who does what, where and when."), ask=ASK["operation"])
    foreseen_harm = lines(
        gettext_lazy("Harm that is foreseen"), gettext_lazy("To civilians, by anybody, reprisals after it included."),
        ask=ASK["foreseen_harm"],
    )  # fmt: skip
    mitigation = lines(gettext_lazy("How it is held down"), ask=ASK["mitigation"])
    response_strategy = lines(gettext_lazy("What is done if harm occurs"), ask=ASK["response_strategy"])
    consulted = forms.CharField(
        label=gettext_lazy("JMAC and U2 consulted: who, when"), max_length=200, help_text=NO_NAMES,
        error_messages={"required": ASK["consulted"]},
    )  # fmt: skip


class TellForm(RefusingForm):
    """Whom the forum's decision tells, in which words (step 13)."""

    decision = forms.TypedChoiceField(
        label=gettext_lazy("As decided in"), coerce=int,
        error_messages={"required": gettext_lazy("Choose the forum's decision. Without one nobody is told.")},
    )  # fmt: skip
    audience = forms.ChoiceField(
        label=gettext_lazy("Who is told"), choices=Audience.choices, widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say who is told.")},
    )  # fmt: skip
    recipients = lines(
        gettext_lazy("To whom"), gettext_lazy("By function or place, not by name."), rows=2,
        ask=gettext_lazy("Say to whom, by function or place."),
    )  # fmt: skip
    text = lines(gettext_lazy("What is told"), NO_NAMES, rows=5, ask=gettext_lazy("Write the words that are told."))
    agreement = forms.ModelChoiceField(
        label=gettext_lazy("Under which sharing agreement"), queryset=SharingAgreement.objects.none(), required=False,
        empty_label=gettext_lazy("choose one"),
        help_text=gettext_lazy("For partners and other structures: without a valid one nothing is shared."),
    )  # fmt: skip
    marking = forms.TypedChoiceField(
        label=gettext_lazy("Marking of what partners are told"), choices=Marking.choices, coerce=int,
        initial=Marking.UNCLASSIFIED,
    )  # fmt: skip
    is_clean = forms.BooleanField(
        label=gettext_lazy("For the population: these words are unclassified and name no source, victim or witness"),
        required=False,
    )

    def __init__(self, *args: Any, user: Any, case: WarningCase, decisions: list[Decision], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        shown = [(one.pk, f"{one.ref} {one.text[:80]}") for one in decisions]
        fields["decision"].choices = [("", _("choose one")), *shown]
        rows = SharingAgreement.objects.visible_to(user).filter(mission=case.mission_id, ended_reason="")
        fields["agreement"].queryset = rows.select_related("mission").order_by("partner")
        fields["marking"].choices = [one for one in Marking.choices if one[0] <= user.clearance]


class RuleForm(RefusingForm):
    """A line of a step's list of recipients."""

    step = forms.ChoiceField(label=gettext_lazy("Step"))
    label = forms.CharField(
        label=gettext_lazy("As"), max_length=80,
        error_messages={"required": gettext_lazy("Say who it is, as the list shall show it.")},
    )  # fmt: skip
    reach = forms.ChoiceField(
        label=gettext_lazy("Found"), choices=RecipientRule.Reach.choices, widget=forms.RadioSelect
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[("", gettext_lazy("none: a body outside")), *Role.choices], required=False
    )
    component_kind = forms.ChoiceField(
        label=gettext_lazy("Only of this kind of component"),
        choices=[("", gettext_lazy("any")), *Component.Kind.choices], required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["step"].choices = [(one, one) for one in steps_known()]
