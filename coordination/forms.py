"""Forms of forums and of their acts. They shape the input; the services judge it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coordination.choices import ActKind, ForumBody, Frequency
from coordination.models import Forum
from pocweb.choices import Level, Marking, Verb
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Component, Mission, Office, Person
from pocweb.permissions import grants_for


class OfficeNamed(forms.ModelChoiceField):
    """Forums with the name of their office, since each office has its own local one."""

    def label_from_instance(self, forum: Any) -> str:
        return f"{forum.name} ({forum.office})"


class ForumForm(forms.Form):
    """All that people write of a forum but the seats, which are lines of their own (`seat_lines`).

    With `more` what was sent is shown again unchecked, for another line.
    """

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.SlugField(label=_("Code"), max_length=30, help_text=_("Short, without spaces, such as bambari-smgp."))
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices, widget=forms.RadioSelect)
    body = forms.ChoiceField(
        label=_("Kind of body"), choices=ForumBody.choices, widget=forms.RadioSelect, initial=ForumBody.OWN
    )
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none(), empty_label=None)
    frequency = forms.ChoiceField(label=_("Meets"), choices=Frequency.choices)
    chair = forms.ModelChoiceField(label=_("Chair"), queryset=Person.objects.none(), required=False)
    secretariat = forms.CharField(
        label=_("Secretariat"),
        max_length=120,
        required=False,
        help_text=_("The post or unit that calls meetings and keeps the records."),
    )
    parent = OfficeNamed(
        label=_("Refers up to"),
        queryset=Forum.objects.none(),
        required=False,
        help_text=_("A forum of a higher level; what this one cannot settle goes there."),
    )
    members = forms.ModelMultipleChoiceField(
        label=_("Member components"),
        queryset=Component.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("An active forum joins civilian, military and police components (Handbook 6.1)."),
    )
    terms = forms.CharField(
        label=_("Terms of reference"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 8})
    )
    active_from = forms.DateField(label=_("Active from"), required=False, widget=DateInput())
    active_to = forms.DateField(label=_("Active until"), required=False, widget=DateInput())
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)

    def __init__(
        self,
        *args: Any,
        user: Any,
        mission: Mission,
        forum: Forum | None = None,
        more: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["office"].queryset = offices_for(user, mission)
        fields["chair"].queryset = self._people(mission, forum)
        above = Forum.objects.referable_by(user).filter(mission=mission).exclude(level=Level.TACTICAL)
        own = Q(pk=forum.parent_id) if forum else Q(pk=None)
        above = above.filter(Q(is_active=True) | own).exclude(pk=forum.pk if forum else None)
        fields["parent"].queryset = above.select_related("office").order_by("office__path", "name")
        fields["members"].queryset = Component.objects.filter(mission=mission)
        fields["marking"].choices = [item for item in Marking.choices if item[0] <= user.clearance]
        if more is not None:
            show_again(self)

    def _people(self, mission: Mission, forum: Forum | None) -> Any:
        """Return who may be named: people of the mission, and those whom the forum names already."""
        here = Q(postings__mission=mission, is_active=True)
        if forum is not None:
            here |= Q(pk=forum.chair_id) | Q(pk__in=forum.seats.values("person"))
        return Person.objects.filter(here).distinct().order_by("last_name", "username")

    @property
    def people(self) -> list[tuple[int, str]]:
        """Return the people to choose from, for the lines of seats."""
        fields: Any = self.fields
        return [(person.pk, str(person)) for person in fields["chair"].queryset]

    @property
    def parts(self) -> list[tuple[str, Any, list[forms.BoundField]]]:
        """Return anchor, heading and fields of each part of the form."""
        return [(anchor, heading, [self[name] for name in names]) for anchor, heading, names in PARTS]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values that the services take."""
        values = {name: self.cleaned_data[name] for name in self.fields}
        return values | {"terms": values["terms"].replace("\r\n", "\n")}


PARTS = (
    ("forum-self", _("The forum"), ("name", "code", "level", "body", "office", "parent")),
    ("forum-work", _("How it works"), ("frequency", "chair", "secretariat", "terms")),
    ("forum-members", _("Who sits in it"), ("members",)),
    ("forum-state", _("State"), ("is_active", "active_from", "active_to", "marking")),
)


def offices_for(user: Any, mission: Mission) -> Any:
    """Return the offices whose forums the user may keep, in the order of the tree."""
    where = Q(pk__in=[])
    for grant in grants_for(user, "forum", Verb.DRAFT):
        if grant.mission_id == mission.pk:
            where |= Q(path__startswith=grant.office_path)
    return Office.objects.filter(where, mission=mission).order_by("path")


def show_again(form: forms.Form) -> None:
    """Turn what was sent into the values to begin from: shown as typed, not judged yet."""
    for name, field in form.fields.items():
        form.initial[name] = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    form.data, form.is_bound = {}, False


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
