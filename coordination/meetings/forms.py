"""Forms of meetings and action points. They shape the input; the services judge it."""

from datetime import UTC
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.choices import DecisionKind, MeetingKind
from coordination.meetings.records import ItemEntry
from coordination.models import Forum
from pocweb.audit import fingerprint
from pocweb.choices import Marking, Verb
from pocweb.errors import RuleError
from pocweb.forms import DateInput
from pocweb.permissions import grants_for
from threats.models import Threat


class RefusingForm(forms.Form):
    """A form that takes refused rules back; `ALIASES` maps a service's field to the form's."""

    ALIASES: dict[str, str] = {}

    def refuse(self, error: RuleError) -> None:
        """Show a refused rule at its field, or above the form where it belongs to none."""
        name = self.ALIASES.get(error.field or "", error.field)
        self.add_error(name if name in self.fields else None, error.message)


class MomentInput(forms.DateTimeInput):
    """A day with an hour, as browsers pick it."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class MeetingForm(RefusingForm):
    """The call for a meeting."""

    forum = forms.ModelChoiceField(label=gettext_lazy("Forum"), queryset=Forum.objects.none())
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=MeetingKind.choices, widget=forms.RadioSelect, initial=MeetingKind.REGULAR
    )
    starts_at = forms.DateTimeField(label=gettext_lazy("Begins"), widget=MomentInput(), help_text=gettext_lazy("UTC."))
    place = forms.CharField(label=gettext_lazy("Place"), max_length=120, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why now"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed for an emergency meeting: why it cannot wait."),
    )
    marking = forms.TypedChoiceField(label=gettext_lazy("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = Q(pk__in=[])
        for grant in grants_for(user, "forum", Verb.DRAFT):
            where |= Q(mission=grant.mission_id, office__path__startswith=grant.office_path)
        fields: Any = self.fields
        rows = Forum.objects.visible_to(user).filter(where, is_active=True).select_related("office", "mission")
        fields["forum"].queryset = rows.order_by("office__path", "name")
        fields["marking"].choices = [one for one in Marking.choices if one[0] <= user.clearance]


class ChangeForm(RefusingForm):
    """What can be changed of a planned meeting."""

    starts_at = forms.DateTimeField(
        label=gettext_lazy("Begins"),
        widget=MomentInput(),
        help_text=gettext_lazy("UTC."),
        error_messages={"required": gettext_lazy("Say when it begins.")},
    )
    place = forms.CharField(label=gettext_lazy("Place"), max_length=120, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why now"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed for an emergency meeting: why it cannot wait."),
    )
    marking = forms.TypedChoiceField(label=gettext_lazy("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["marking"].choices = [one for one in Marking.choices if one[0] <= user.clearance]

    def values(self) -> dict[str, Any]:
        """Return the plain values that the form holds; the moment as ISO text in UTC."""
        data = self.cleaned_data
        texts = {name: data[name].replace("\r\n", "\n") for name in ("place", "reason")}
        return {"starts_at": data["starts_at"].astimezone(UTC).isoformat(), "marking": data["marking"], **texts}


class ReasonForm(RefusingForm):
    """One reason."""

    reason = forms.CharField(label=gettext_lazy("Why"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class NewItemForm(RefusingForm):
    """An item that somebody puts on the agenda by hand."""

    title = forms.CharField(label=gettext_lazy("Item"), max_length=200, required=False)
    threat = forms.ModelChoiceField(
        label=gettext_lazy("Threat"), queryset=Threat.objects.none(), required=False, empty_label=gettext_lazy("none")
    )

    def __init__(self, *args: Any, threats: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["threat"].queryset = threats
        fields["threat"].label_from_instance = lambda one: f"{one.ref} {one.title}"


def shown(text: str) -> str:
    """Return the fingerprint of a note as a form showed it, which tells whether the person wrote in it."""
    return fingerprint(text.replace("\r\n", "\n").strip())


class ItemForm(RefusingForm):
    """All that is written under one item in session: what was said, a decision, an action point.

    `people` and `components` are pairs of key and name, read once for the whole page.
    """

    ALIASES = {
        "kind": "decision_kind",
        "decision": "decision_text",
        "text": "action_text",
        "owner": "action_owner",
        "component": "action_component",
        "due_on": "action_due",
    }
    note_was = forms.CharField(widget=forms.HiddenInput, required=False)
    note = forms.CharField(
        label=gettext_lazy("What was said"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    decision_kind = forms.ChoiceField(label=gettext_lazy("Kind of decision"), required=False)
    decision_text = forms.CharField(
        label=gettext_lazy("Decision"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    action_text = forms.CharField(label=gettext_lazy("Action point: what"), max_length=300, required=False)
    action_owner = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    action_component = forms.ChoiceField(label=gettext_lazy("Component"), required=False)
    action_due = forms.DateField(label=gettext_lazy("Deadline"), required=False, widget=DateInput())

    def __init__(
        self, *args: Any, people: list[tuple[int, str]], components: list[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["decision_kind"].choices = [("", _("choose")), *DecisionKind.choices]
        fields["action_owner"].choices = [("", _("choose")), *people]
        fields["action_component"].choices = [("", _("that of the person")), *components]

    def clean(self) -> dict[str, Any]:
        """Ask for the missing half of a decision or an action point that was begun (CO-04)."""
        data: dict[str, Any] = self.cleaned_data
        if data.get("decision_text") and not data.get("decision_kind"):
            self.add_error("decision_kind", _("Say what kind of decision it is."))
        if data.get("decision_kind") and not data.get("decision_text"):
            self.add_error("decision_text", _("Say what was decided."))
        if self.has_action:
            needed = {
                "action_text": _("Say what is to be done."),
                "action_owner": _("Say who does it. An action point needs one person."),
                "action_due": _("Say until when. An action point needs a deadline."),
            }
            for name, words in needed.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return data

    @property
    def has_action(self) -> bool:
        """Whether the person began an action point."""
        return any(self.data.get(name) for name in ("action_text", "action_owner", "action_component", "action_due"))

    def entry(self, *, people: Any, components: Any) -> ItemEntry:
        """Return what the service takes; a note that the person did not touch is left alone."""
        data = self.cleaned_data
        note = None if shown(data["note"]) == data["note_was"] else data["note"]
        decision = {"kind": data["decision_kind"], "text": data["decision_text"]} if data["decision_text"] else None
        action = None
        if self.has_action:
            owner, component = data["action_owner"], data["action_component"]
            action = {
                "text": data["action_text"],
                "owner": people.get(int(owner)),
                "component": components.get(int(component)) if component else None,
                "due_on": data["action_due"],
            }
        return ItemEntry(note=note, decision=decision, action=action)


class DoneForm(RefusingForm):
    """What came of an action point."""

    done_on = forms.DateField(label=gettext_lazy("Done on"), required=False, widget=DateInput())
    result = forms.CharField(label=gettext_lazy("Result"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class OverruleForm(RefusingForm):
    """What senior leadership decides instead, and why."""

    text = forms.CharField(
        label=gettext_lazy("What holds instead"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason = forms.CharField(label=gettext_lazy("Why"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
