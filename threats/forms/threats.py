"""Forms of threats: the whole record, one cell of the matrix, a rating, a decision on imminence, closing."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb import clock
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import Face, FieldKind
from pocweb.models import Area, Component, Office, Person
from threats.choices import Vulnerability
from threats.fieldlists.threat import CRITERIA, LABELS, THREAT
from threats.models import Actor, AtRiskGroup, ProtectionActor, Threat, ViolenceType
from threats.services.threat_values import CODED, DATES, LISTS

DateInput = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
LINE_CODES = {"group": "code", "area": "pcode", "name": "name"}
WHOLE = tuple(name for name in THREAT.names(Face.FORM) if name not in LISTS)
SECTIONS = (
    (
        gettext_lazy("What and where"),
        ("title", "areas", "location", "violence_types", "scale", "near_mission_presence"),
    ),
    (gettext_lazy("Civilians at risk"), ("civilians",)),
    (gettext_lazy("Source of violence"), ("actors", "perpetrators", "red_lines", "triggers")),
    (gettext_lazy("Other actors"), ("other_actors",)),
    (
        gettext_lazy("Response"),
        ("capacity", "capacity_in_reach", "response", "action", "objective", "lead", "components"),
    ),
    (gettext_lazy("Five criteria for the response"), CRITERIA),
    (gettext_lazy("Time and marking"), ("horizon_on", "review_on", "marking")),
)
HINTS = {
    "location": gettext_lazy("Name a village, quarter or road."),
    "civilians": gettext_lazy("Do not write names of sources, victims or witnesses."),
    "response": gettext_lazy("Activities under way and done are added to this by themselves."),
    "action": gettext_lazy("Planned activities are added to this by themselves."),
    "near_mission_presence": gettext_lazy("Violence near the mission is always acted on, whatever its scale."),
    "marking": gettext_lazy("Never lower than that of a source of violence named here."),
}


def areas_for(office: Office, threat: Threat | None = None) -> Any:
    """Return the areas that a threat of the office may name: its own and below, in force, and what is named already."""
    rows: Any = Area.objects.valid_on(clock.today(office.mission))
    paths = list(office.areas.values_list("path", flat=True))
    where = Q() if not paths else Q(pk__in=[])
    for path in paths:
        where |= Q(path__startswith=path)
    if threat is not None and threat.pk:
        named = threat.areas.values_list("pk", flat=True)
        return Area.objects.filter(Q(pk__in=rows.filter(where).values("pk")) | Q(pk__in=list(named)))
    return rows.filter(where)


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

    In a cell (`compact`) long lists are selection lists; on the page of the whole record, boxes to tick.
    """

    def __init__(
        self,
        *args: Any,
        names: Iterable[str] = WHOLE,
        office: Office,
        user: Any,
        threat: Threat | None = None,
        compact: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.office, self.user, self.threat, self.compact = office, user, threat, compact
        for name in names:
            self.fields[name] = self._field(name)
            self.fields[name].label = LABELS[name]  # type: ignore[assignment]  # a lazy text
            self.fields[name].help_text = HINTS.get(name, "") if not compact else ""

    @property
    def fieldsets(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Return headed groups of fields for `components/_form.html`; none in a cell."""
        if self.compact:
            return []
        return [(heading, [self[name] for name in names if name in self.fields]) for heading, names in SECTIONS]

    def changes(self) -> dict[str, Any]:
        """Return the sent fields as plain values, with the codes that the service knows."""
        return {name: _plain(name, value) for name, value in self.cleaned_data.items()}

    def _field(self, name: str) -> forms.Field:
        if name == "areas":
            queryset = areas_for(self.office, self.threat)
            widget = forms.SelectMultiple(attrs={"size": 6 if self.compact else 12})
            return AreaChoices(queryset, to_field_name="pcode", widget=widget)
        if name in CODED:
            rows = {
                "violence_types": ViolenceType.objects.all(),
                "actors": Actor.objects.visible_to(self.user).filter(mission=self.office.mission),
                "components": Component.objects.filter(mission=self.office.mission),
            }[name]
            several = forms.SelectMultiple(attrs={"size": 6}) if self.compact else forms.CheckboxSelectMultiple()
            return forms.ModelMultipleChoiceField(rows, to_field_name="code", required=False, widget=several)
        if name == "lead":
            people = Person.objects.filter(is_active=True, postings__mission=self.office.mission_id).distinct()
            return forms.ModelChoiceField(
                people.order_by("last_name", "username"),
                to_field_name="username",
                required=False,
                empty_label=_("Nobody yet"),
            )
        return self._plain_field(name)

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
            required=name == "title", max_length=length, widget=area if is_long else forms.TextInput()
        )


class InReach(forms.NullBooleanSelect):
    """Yes, no, or nobody has said so yet."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.choices = [("unknown", _("Nobody has said so yet")), ("true", _("Yes")), ("false", _("No"))]


class GroupForm(GuardedForm):
    """One group of civilians at risk. Source: POC Handbook 2020, 8.2.2."""

    group = forms.ModelChoiceField(AtRiskGroup.objects.all(), to_field_name="code", label=gettext_lazy("Group"))
    area = forms.ModelChoiceField(
        Area.objects.none(), to_field_name="pcode", required=False, label=gettext_lazy("Where")
    )
    number = forms.IntegerField(
        min_value=0, required=False, label=gettext_lazy("Estimated number"), help_text=gettext_lazy("Empty: unknown.")
    )
    exposure = forms.CharField(max_length=200, required=False, label=gettext_lazy("Exposed to"))
    vulnerability = forms.TypedChoiceField(
        choices=[("", gettext_lazy("Not judged")), *Vulnerability.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Vulnerability"),
    )
    reason = forms.CharField(max_length=200, required=False, label=gettext_lazy("Reason"))
    as_of = forms.DateField(required=False, widget=DateInput, label=gettext_lazy("Seen on"))

    def __init__(self, *args: Any, areas: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = areas  # type: ignore[attr-defined]


class ProtectionActorForm(GuardedForm):
    """Another protection actor with the seven variables. Source: POC Handbook 2020, 8.2.3."""

    name = forms.ModelChoiceField(ProtectionActor.objects.none(), to_field_name="name", label=gettext_lazy("Actor"))
    role = forms.CharField(max_length=200, required=False, label=gettext_lazy("Role"))
    presence = forms.CharField(max_length=200, required=False, label=gettext_lazy("Presence or reach"))
    capability = forms.CharField(max_length=200, required=False, label=gettext_lazy("Capability against this threat"))
    acceptance = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("Neutrality, relationship, acceptance")
    )
    constraint = forms.CharField(max_length=200, required=False, label=gettext_lazy("Legal or policy constraint"))
    potential_harm = forms.CharField(max_length=200, required=False, label=gettext_lazy("Potential to harm"))
    willingness = forms.CharField(max_length=200, required=False, label=gettext_lazy("Willingness to act"))
    coordination = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("Readiness to coordinate with the mission")
    )

    def __init__(self, *args: Any, protection_actors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].queryset = protection_actors  # type: ignore[attr-defined]


GroupFormSet = forms.formset_factory(GroupForm, extra=1, can_delete=True, max_num=40)
ProtectionActorFormSet = forms.formset_factory(ProtectionActorForm, extra=1, can_delete=True, max_num=40)


def plain_lines(formset: Any) -> list[dict[str, Any]]:
    """Return a formset's lines as plain values, without empty ones and those marked for removal."""
    return [
        {name: _plain(name, value) for name, value in form.cleaned_data.items() if name != "DELETE"}
        for form in formset.forms
        if form.has_changed() and form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]


class ImminenceForm(GuardedForm):
    """A decision on imminence, with its reason. Source: POC Handbook 2020, 8.2.5."""

    imminent = forms.TypedChoiceField(
        coerce=lambda value: value == "yes",
        choices=[("yes", gettext_lazy("Imminent")), ("no", gettext_lazy("Not imminent"))],
        widget=forms.RadioSelect,
        label=gettext_lazy("Decision"),
    )
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), label=gettext_lazy("Reason"))


class ReasonForm(GuardedForm):
    """Why a threat is closed or reopened."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), label=gettext_lazy("Reason"))


def _plain(name: str, value: Any) -> Any:
    if name in CODED:
        return sorted(getattr(row, CODED[name]) for row in value)
    if name == "lead":
        return value.username if value else ""
    if name in LINE_CODES and value is not None and not isinstance(value, str):
        return getattr(value, LINE_CODES[name])
    if name in (*DATES, "as_of"):
        return value.isoformat() if value else ""
    if name == "area":
        return ""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
