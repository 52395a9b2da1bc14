"""Forms of community protection plans. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coordination.communities import plans
from coordination.communities.choices import PlanState, Semester
from coordination.communities.places import APPROVE_TOO, areas_of, offices_of
from coordination.communities.plan_content import LABELS, SECTIONS
from coordination.models import CommunityPlan, Engagement, Forum, Network
from pocweb.choices import Marking
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Area, Mission, Office
from threats.forms.threats import GuardedForm
from threats.models import Threat

AREA = forms.Textarea(attrs={"rows": 5})
HINTS: dict[str, Any] = {
    "security": _("What happened since the last plan, and what it means for the communities."),
    "threats": _("Those of your office's matrix that this plan answers. The plan is marked at least as they are."),
    "threats_text": _("What could happen, and what people would see before it."),
    "at_risk": _("Villages, quarters and groups. No names of persons."),
    "vulnerable": _("Kinds of persons and what they need. No names, no addresses. Never leaves the mission."),
    "mapping": _("What drives the conflict, its history, leaders, spoilers, minorities. Never leaves the mission."),
    "contact_channels": _("How actors are reached. Never leaves the mission."),
    "preventive": _("Goes into the community's version: no names, no numbers to call."),
    "responses": _("Goes into the community's version: no names, no numbers to call."),
    "meeting_points": _("Goes into the community's version: name places that people know and that are safe to tell."),
    "no_network_reason": _("Only where no alert network is chosen above."),
    "drafters": _("Posts rather than persons: Civil Affairs, liaison assistant, commander of the base."),
    "due_on": _("1 May or 1 November, unless the mission has set another day."),
}


class AreaPick(forms.ModelChoiceField):
    """One area, the tree shown by indentation."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'– ' * max(obj.level - 1, 0)}{obj.name}"


class RefChoices(forms.ModelMultipleChoiceField):
    """Records to tick, each with its reference."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.ref} {getattr(obj, 'title', None) or obj.name}"


def markings(user: Any) -> list[tuple[int, Any]]:
    """Return the markings up to the person's clearance."""
    return [item for item in Marking.choices if item[0] <= user.clearance]


class PlanForm(GuardedForm):
    """Which plan is begun: area and semester."""

    area = AreaPick(
        label=_("Area"), queryset=Area.objects.none(), empty_label=_("choose one"),
        error_messages={"required": _("Choose the area.")},
    )  # fmt: skip
    year = forms.IntegerField(
        label=_("Year"), min_value=1999, max_value=2100, error_messages={"required": _("Give the year.")}
    )
    semester = forms.TypedChoiceField(label=_("Semester"), choices=Semester.choices, coerce=int)
    due_on = forms.DateField(
        label=_("To be adopted by"), widget=DateInput(), required=False,
        help_text=_("Leave empty for 1 May or 1 November."),
    )  # fmt: skip
    drafters = forms.CharField(label=_("Drafted by"), max_length=200, required=False, help_text=HINTS["drafters"])
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["area"].queryset = areas_of(offices_of(user, mission, "community", APPROVE_TOO))
        fields["marking"].choices = markings(user)


def section_names(section: str) -> tuple[str, ...]:
    """Return the fields of a section, empty for one that there is not."""
    return next((tuple(name for name, _l in fields) for slug, _h, fields in SECTIONS if slug == section), ())


class SectionForm(GuardedForm):
    """The fields of one section of a plan."""

    def __init__(self, *args: Any, plan: CommunityPlan, section: str, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = section_names(section)
        for name in self.names:
            self.fields[name] = self._field(name, plan, user)

    def _field(self, name: str, plan: CommunityPlan, user: Any) -> forms.Field:
        given: dict[str, Any] = {"label": LABELS[name], "required": False, "help_text": HINTS.get(name, "")}
        if name == "threats":
            seen = Threat.objects.visible_to(user).filter(mission=plan.mission)
            near = Q(status="active", office__path__startswith=plan.office.path)
            rows = seen.filter(near | Q(community_plans=plan)).distinct().select_related("mission").order_by("number")
            return RefChoices(queryset=rows, widget=forms.CheckboxSelectMultiple, **given)
        if name == "networks":
            networks = Network.objects.visible_to(user).filter(mission=plan.mission)
            near = Q(office__path__startswith=plan.office.path)
            linked = networks.filter(near | Q(plans=plan)).distinct().select_related("mission").order_by("number")
            return RefChoices(queryset=linked, widget=forms.CheckboxSelectMultiple, **given)
        if name == "due_on":
            errors = {"required": _("Give the day by which it is to be adopted.")}
            return forms.DateField(widget=DateInput(), error_messages=errors, **given | {"required": True})
        if name == "marking":
            return forms.TypedChoiceField(choices=markings(user), coerce=int, **given | {"required": True})
        if name == "drafters":
            return forms.CharField(max_length=200, **given)
        return forms.CharField(widget=AREA, **given)

    def values(self) -> dict[str, Any]:
        """Return the cleaned values of the section as plain values."""
        values: dict[str, Any] = {}
        for name in self.names:
            value = self.cleaned_data[name]
            if name in plans.LISTS:
                values[name] = sorted(one.pk for one in value)
            elif name == "due_on":
                values[name] = value.isoformat()
            else:
                values[name] = value.replace("\r\n", "\n") if isinstance(value, str) else value
        return values


class ConsultationForm(GuardedForm):
    """A consultation held for a plan."""

    held_on = forms.DateField(
        label=_("Held on"), widget=DateInput(), error_messages={"required": _("Give the day on which it was held.")}
    )
    with_whom = forms.CharField(
        label=_("With whom"), max_length=200, help_text=_("By group, not by name."),
        error_messages={"required": _("Say with whom, by group and not by name.")},
    )  # fmt: skip
    womens_organizations = forms.BooleanField(label=_("Women's organizations took part"), required=False)
    was_separate = forms.BooleanField(label=_("Women were met apart"), required=False)
    people = forms.IntegerField(
        label=_("People"), min_value=0, max_value=100_000, required=False, help_text=_("Leave empty if not counted.")
    )
    findings = forms.CharField(
        label=_("What was said"), widget=AREA, required=False, help_text=_("No names of persons.")
    )
    engagement = forms.ModelChoiceField(
        label=_("Engagement record"), queryset=Engagement.objects.none(), required=False, empty_label=_("none")
    )

    def __init__(self, *args: Any, plan: CommunityPlan, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Engagement.objects.visible_to(user).filter(mission=plan.mission, area__path__startswith=plan.area.path)
        fields: Any = self.fields
        fields["engagement"].queryset = rows.select_related("mission", "area").order_by("-held_on", "-number")


class ReviewForm(GuardedForm):
    """Which forum reviewed a plan."""

    forum = forms.ModelChoiceField(
        label=_("Local forum"), queryset=Forum.objects.none(), empty_label=_("choose one"),
        error_messages={"required": _("Name the local forum that reviewed it.")},
    )  # fmt: skip

    def __init__(self, *args: Any, plan: CommunityPlan, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Forum.objects.visible_to(user).filter(mission=plan.mission, is_active=True)
        path = plan.office.path
        above = [path[:end] for end in range(Office.steplen, len(path), Office.steplen)]
        rows = rows.filter(Q(office__path__in=above) | Q(office__path__startswith=plan.office.path))
        fields: Any = self.fields
        fields["forum"].queryset = rows.select_related("office").order_by("-office__path", "name")


class ReasonForm(GuardedForm):
    """Why a plan goes back to draft."""

    reason = forms.CharField(
        label=_("Why it goes back"), widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it goes back to draft.")},
    )  # fmt: skip


class PlanFilterForm(forms.Form):
    """The filters of the list of plans, sent by GET."""

    office = OfficeChoice(
        label=_("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=_("All"),
    )  # fmt: skip
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *PlanState.choices])
    year = forms.IntegerField(label=_("Year"), required=False, min_value=1999, max_value=2100)
    due = forms.ChoiceField(
        label=_("Due"), required=False,
        choices=[("", _("All")), ("overdue", _("Overdue")), ("soon", _("Within 30 days or overdue"))],
    )  # fmt: skip

    def __init__(self, *args: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.queryset = Office.objects.filter(mission=mission).order_by("path")
