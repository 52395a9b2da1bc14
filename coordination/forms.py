"""Forms of forums and of their acts. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coordination.choices import ActKind, Frequency
from coordination.models import Forum
from coordination.services import EDITABLE
from pocweb.choices import Level, Marking, Verb
from pocweb.forms import DateInput
from pocweb.models import Component, Mission, Office, Person
from pocweb.permissions import grants_for


class ForumForm(forms.Form):
    """All that people write of a forum."""

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.SlugField(label=_("Code"), max_length=30, help_text=_("Short, without spaces, such as bambari-smgp."))
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices, widget=forms.RadioSelect)
    office = forms.ModelChoiceField(label=_("Office"), queryset=Office.objects.none(), empty_label=None)
    frequency = forms.ChoiceField(label=_("Meets"), choices=Frequency.choices)
    chair = forms.ModelChoiceField(label=_("Chair"), queryset=Person.objects.none(), required=False)
    members = forms.ModelMultipleChoiceField(
        label=_("Member components"),
        queryset=Component.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("An active forum joins civilian, military and police components (Handbook 6.1)."),
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        where = Q(pk__in=[])
        for grant in grants_for(user, "forum", Verb.DRAFT):
            if grant.mission_id == mission.pk:
                where |= Q(path__startswith=grant.office_path)
        fields["office"].queryset = Office.objects.filter(where, mission=mission).order_by("path")
        people = Person.objects.filter(postings__mission=mission, is_active=True).distinct()
        fields["chair"].queryset = people.order_by("last_name", "username")
        fields["members"].queryset = Component.objects.filter(mission=mission)
        fields["marking"].choices = [item for item in Marking.choices if item[0] <= user.clearance]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take."""
        return {name: self.cleaned_data[name] for name in EDITABLE}


class ForumActForm(forms.Form):
    """What a forum decided on an edition, and when. `kinds` are the decisions that the edition's state leaves open."""

    kind = forms.ChoiceField(label=_("Decision"), choices=ActKind.choices, widget=forms.RadioSelect)
    forum = forms.ModelChoiceField(label=_("Forum"), queryset=Forum.objects.none(), empty_label=None)
    decided_on = forms.DateField(label=_("Decided on"), widget=DateInput())
    note = forms.CharField(
        label=_("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when the forum sends the edition back: what is missing."),
    )

    def __init__(self, *args: Any, forums: list[Forum], kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["kind"].choices = [choice for choice in ActKind.choices if choice[0] in kinds]
        fields["forum"].queryset = Forum.objects.filter(pk__in=[forum.pk for forum in forums])
