"""Forms of issues. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.meetings.forms import RefusingForm
from coordination.models import Decision, Forum
from threats.models import Threat


class IssueForm(RefusingForm):
    """An issue as it is raised."""

    forum = forms.ModelChoiceField(label=_("Raised in"), queryset=Forum.objects.none())
    title = forms.CharField(label=_("Issue"), max_length=200)
    text = forms.CharField(label=_("What is asked, and why"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    threat = forms.ModelChoiceField(
        label=_("Threat"), queryset=Threat.objects.none(), required=False, empty_label=_("none")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        rows = Forum.objects.visible_to(user).filter(mission=user.mission, is_active=True)
        fields["forum"].queryset = rows.select_related("office", "mission").order_by("office__path", "name")
        fields["threat"].queryset = Threat.objects.visible_to(user).active().filter(mission=user.mission)
        fields["threat"].label_from_instance = lambda one: f"{one.ref} {one.title}"


class StepForm(RefusingForm):
    """One step: why, and the decision where a forum has taken one."""

    decision = forms.ModelChoiceField(
        label=_("Decision of the forum"), queryset=Decision.objects.none(), required=False
    )
    reason = forms.CharField(label=_("Why"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, decisions: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        if decisions is None:
            del fields["decision"]
        else:
            fields["decision"].queryset = decisions
            fields["decision"].label_from_instance = lambda one: f"{one.ref} {one.text[:80]}"
