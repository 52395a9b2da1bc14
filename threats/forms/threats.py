"""Forms of threats: the whole record, one cell of the matrix, a rating, a decision on imminence, closing."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import Face, FieldKind
from pocweb.models import Component, Office, Person
from threats.fieldlists.threat import CRITERIA, LABELS, THREAT
from threats.forms.pickers import ActorSource, AreaSource, CodesField, GroupedPicker
from threats.models import Threat, ViolenceType
from threats.services.threat_values import CODED, DATES, LISTS

WHOLE = tuple(name for name in THREAT.names(Face.FORM) if name not in LISTS)
SECTIONS = (
    (
        "what",
        gettext_lazy("What and where"),
        ("title", "areas", "location", "violence_types", "scale", "near_mission_presence"),
    ),
    ("civilians", gettext_lazy("Civilians at risk"), ("civilians",)),
    ("source", gettext_lazy("Source of violence"), ("actors", "perpetrators", "red_lines", "triggers")),
    ("others", gettext_lazy("Other actors"), ("other_actors",)),
    (
        "response",
        gettext_lazy("Response"),
        ("capacity", "capacity_in_reach", "response", "action", "objective", "lead", "components"),
    ),
    ("criteria", gettext_lazy("Five criteria for the response"), CRITERIA),
    ("time", gettext_lazy("Time and marking"), ("horizon_on", "review_on", "marking")),
)
"""Anchor, heading and fields of each part of the form; the lists stand below the parts that they belong to."""
HINTS = {
    "areas": gettext_lazy("Those of the office stand below. Find others by name or p-code."),
    "location": gettext_lazy("Name a village, quarter or road."),
    "civilians": gettext_lazy("Do not write names of sources, victims or witnesses."),
    "response": gettext_lazy("Activities under way and done are added to this by themselves."),
    "action": gettext_lazy("Planned activities are added to this by themselves."),
    "near_mission_presence": gettext_lazy("Violence near the mission is always acted on, whatever its scale."),
    "marking": gettext_lazy("Never lower than that of a source of violence named here."),
}


class AreaChoices(forms.ModelMultipleChoiceField):
    """Areas by p-code, the tree shown by indentation."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'- ' * max(obj.level - 1, 0)}{obj.name} ({obj.pcode})"


class GuardedForm(forms.Form):
    """A form that hands plain values to a service, and takes refused rules back."""

    def refuse(self, error: RuleError) -> None:
        """Show a refused rule at its field, or above the form where it belongs to none."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class ThreatForm(GuardedForm):
    """The named fields of a threat, built from its field list; `changes()` gives plain values for the service.

    `compact` leaves out the hints, for a cell of the matrix; `action` is the form's address, for its searches. With
    `more` what was sent is shown again unchecked, for a search or another line. Source of the fields: POC Handbook
    2020, 8.3.
    """

    def __init__(
        self,
        *args: Any,
        names: Iterable[str] = WHOLE,
        office: Office,
        user: Any,
        threat: Threat | None = None,
        compact: bool = False,
        action: str = "",
        more: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.office, self.user, self.threat, self.compact, self.action = office, user, threat, compact, action
        for name in (name for name in names if name not in LISTS):
            self.fields[name] = self._field(name)
            self.fields[name].label = LABELS[name]  # type: ignore[assignment]  # a lazy text
            self.fields[name].help_text = HINTS.get(name, "") if not compact else ""
        if "actors" in self.fields and (count := len(self._actors.hidden())):
            said = ngettext(
                "%(n)d more, outside your reach, stays named.", "%(n)d more, outside your reach, stay named.", count
            )
            self.fields["actors"].help_text = said % {"n": count}
        if more is not None:
            self._show_again()

    @property
    def sections(self) -> list[tuple[str, Any, list[forms.BoundField]]]:
        """Return anchor, heading and fields of each part, in the order of the matrix's columns."""
        return [
            (anchor, heading, [self[name] for name in names if name in self.fields])
            for anchor, heading, names in SECTIONS
        ]

    def changes(self) -> dict[str, Any]:
        """Return the sent fields as plain values, with the codes that the service knows.

        Profiles that the threat names and the person may not see stay named: nobody removes what they cannot see.
        """
        values = {name: _plain(name, value) for name, value in self.cleaned_data.items()}
        if "actors" in values:
            values["actors"] = sorted({*values["actors"], *self._actors.hidden()})
        return values

    def _show_again(self) -> None:
        """Turn what was sent into the values to begin from: shown as typed, not judged yet."""
        for name, field in self.fields.items():
            self.initial[name] = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        self.data, self.is_bound = {}, False

    def _field(self, name: str) -> forms.Field:
        if name in ("areas", "actors"):
            return self._picked(name)
        if name in CODED:
            rows: Any = ViolenceType.objects.known_in(self.office.mission)
            if name == "components":
                rows = Component.objects.filter(mission=self.office.mission)
            choices = list(rows.values_list("code", "name"))
            return forms.MultipleChoiceField(choices=choices, required=False, widget=forms.CheckboxSelectMultiple)
        if name == "lead":
            people = Person.objects.filter(is_active=True, postings__mission=self.office.mission_id).distinct()
            return forms.ModelChoiceField(
                people.order_by("last_name", "username"),
                to_field_name="username",
                required=False,
                empty_label=_("Nobody yet"),
            )
        return self._plain_field(name)

    def _picked(self, name: str) -> forms.Field:
        """Return the field of a list of hundreds: boxes in groups, with a search."""
        if name == "areas":
            areas = AreaSource(self.office, self.threat)
            words = _("Name or p-code")
            widget = GroupedPicker(areas.groups, action=self.action, searched=words)
            said = {"required": _("Name at least one area.")}
            return CodesField(areas.known, unknown=_("Not known here: %(codes)s."), widget=widget, error_messages=said)
        actors = self._actors = ActorSource(self.office, self.user, self.threat)
        widget = GroupedPicker(actors.groups, action=self.action, searched=_("Name"))
        known = actors.known
        return CodesField(known, unknown=_("Not known here: %(codes)s."), widget=widget, required=False)

    def _plain_field(self, name: str) -> forms.Field:
        if name == "marking":
            choices = [(int(value), label) for value, label in Marking.choices if value <= self.user.clearance]
            return forms.TypedChoiceField(choices=choices, coerce=int)
        if name == "capacity_in_reach":
            return forms.NullBooleanField(required=False, widget=InReach())
        if name == "near_mission_presence":
            return forms.BooleanField(required=False)
        if name in DATES:
            return forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        length = getattr(Threat._meta.get_field(name), "max_length", None)
        area = forms.Textarea(attrs={"rows": 4})
        is_long = THREAT[name].kind == FieldKind.LONG_TEXT or self.compact
        return forms.CharField(
            required=name == "title",
            max_length=length,
            widget=area if is_long else forms.TextInput(),
            error_messages={"required": _("Say in one line who threatens whom, and where.")},
        )


class InReach(forms.NullBooleanSelect):
    """Yes, no, or nobody has said so yet."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.choices = [("unknown", _("Nobody has said so yet")), ("true", _("Yes")), ("false", _("No"))]


class ImminenceForm(GuardedForm):
    """A decision on imminence, with its reason. Source: POC Handbook 2020, 8.2.5."""

    imminent = forms.TypedChoiceField(
        coerce=lambda value: value == "yes",
        choices=[("yes", gettext_lazy("Imminent")), ("no", gettext_lazy("Not imminent"))],
        widget=forms.RadioSelect,
        label=gettext_lazy("Decision"),
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("Reason"),
        error_messages={"required": gettext_lazy("Say what was seen, or what is no longer seen.")},
    )


class ReasonForm(GuardedForm):
    """Why a threat is closed or reopened."""

    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("Reason"),
        error_messages={"required": gettext_lazy("Say why. The reason is kept with the threat.")},
    )


def _plain(name: str, value: Any) -> Any:
    if name in CODED:
        return sorted(value)
    if name == "lead":
        return value.username if value else ""
    if name in DATES:
        return value.isoformat() if value else ""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
