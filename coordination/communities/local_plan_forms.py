"""Forms of local POC plans. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from coordination.communities import local_plans
from coordination.models import Decision, LocalPlan
from pocweb.forms import DateInput
from pocweb.models import Component
from threats.forms.threats import GuardedForm
from threats.models import ProtectionActor, Threat

AREA = forms.Textarea(attrs={"rows": 2})


class LocalPlanForm(GuardedForm):
    """Title and period."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=160, error_messages={"required": gettext_lazy("Give the plan a title.")}
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"), widget=DateInput(),
        error_messages={"required": gettext_lazy("Give the first day.")},
    )  # fmt: skip
    ends_on = forms.DateField(
        label=gettext_lazy("Until"), widget=DateInput(), error_messages={"required": gettext_lazy("Give the last day.")}
    )


class ThreatChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.ref} {obj.title}"


class RiskForm(GuardedForm):
    """A risk, of the matrix or in words."""

    threat = ThreatChoice(
        label=gettext_lazy("Threat of the matrix"), queryset=Threat.objects.none(), required=False,
        empty_label=gettext_lazy("none: in words"),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Risk in words"), widget=AREA, required=False,
        help_text=gettext_lazy("Leave empty for the title of the threat."),
    )  # fmt: skip


class LineForm(GuardedForm):
    """What an actor does about a risk."""

    actor = forms.ModelChoiceField(
        label=gettext_lazy("Protection actor outside the mission"), queryset=ProtectionActor.objects.none(),
        required=False, empty_label=gettext_lazy("none"),
    )  # fmt: skip
    component = forms.ModelChoiceField(
        label=gettext_lazy("Or component of the mission"), queryset=Component.objects.none(), required=False,
        empty_label=gettext_lazy("none"),
    )  # fmt: skip
    activity = forms.CharField(
        label=gettext_lazy("Activity"), widget=AREA, help_text=gettext_lazy("What they do about this risk."),
        error_messages={"required": gettext_lazy("Say what they do about this risk.")},
    )  # fmt: skip
    capacity = forms.CharField(
        label=gettext_lazy("Capacity"), widget=AREA, help_text=gettext_lazy("With what: people, means, reach."),
        error_messages={"required": gettext_lazy("Say with what they do it.")},
    )  # fmt: skip
    role = forms.CharField(
        label=gettext_lazy("Role"), max_length=160, help_text=gettext_lazy("Such as: leads, supports, informs."),
        error_messages={"required": gettext_lazy("Say which role they have.")},
    )  # fmt: skip
    responsibility = forms.CharField(
        label=gettext_lazy("Responsibility"), widget=AREA, help_text=gettext_lazy("What they answer for, and to whom."),
        error_messages={"required": gettext_lazy("Say what they answer for.")},
    )  # fmt: skip
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, plan: LocalPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["actor"].queryset = ProtectionActor.objects.filter(mission=plan.mission).order_by("name")
        fields["component"].queryset = Component.objects.filter(mission=plan.mission)


class DecisionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.ref} {obj.text[:90]}"


class AdoptForm(GuardedForm):
    """The decision by which a forum adopted its plan."""

    decision = DecisionChoice(
        label=gettext_lazy("Decision of the forum"), queryset=Decision.objects.none(),
        empty_label=gettext_lazy("choose one"),
        error_messages={"required": gettext_lazy("Name the decision by which the forum adopted it.")},
    )  # fmt: skip

    def __init__(self, *args: Any, plan: LocalPlan, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["decision"]
        field.queryset = local_plans.decisions_for(plan, user)
