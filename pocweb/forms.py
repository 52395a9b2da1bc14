"""Forms of the shared pages; each hands over to one service."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pocweb import notices
from pocweb.choices import Marking, NoticeMode, OfficeKind, Role
from pocweb.models import Area, AuditEvent, Component, Mission, Office, Person
from pocweb.offices import state_of
from pocweb.permissions import LETTERS, default_table


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class OfficeChoice(forms.ModelChoiceField):
    """Offices as a tree, deeper ones set in."""

    def label_from_instance(self, office: Any) -> str:
        return f"{'– ' * (office.depth - 1)}{office.name}"


class PostingForm(forms.Form):
    """A role in an office for a period."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none())
    component = forms.ModelChoiceField(
        label=_("Component"),
        queryset=Component.objects.none(),
        required=False,
        help_text=_("A head of military or police needs theirs: it decides which approval is theirs."),
    )
    starts_on = forms.DateField(label=_("From"), widget=DateInput())
    ends_on = forms.DateField(label=_("Until"), widget=DateInput(), required=False)

    def __init__(self, *args: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.queryset = Office.objects.filter(mission=mission).order_by("path")
        components: Any = self.fields["component"]
        components.queryset = Component.objects.filter(mission=mission)


class PersonForm(PostingForm):
    """An account and its first posting."""

    username = forms.CharField(label=_("Name for signing in"), max_length=40)
    first_name = forms.CharField(label=_("First name or initial"), max_length=60, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=60)
    function = forms.CharField(label=_("Function"), max_length=80, required=False, help_text=_("As on the name plate."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    clearance = forms.TypedChoiceField(
        label=_("Clearance"), choices=Marking.choices, coerce=int, initial=Marking.CONFIDENTIAL
    )
    password = forms.CharField(
        label=_("First password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. Hand it over by voice; the person changes it."),
    )
    field_order = (
        "username",
        "first_name",
        "last_name",
        "function",
        "email",
        "role",
        "office",
        "component",
        "starts_on",
        "clearance",
        "password",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["ends_on"]

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if Person.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("There is an account with this name. Choose another."))
        return name


class EndPostingForm(forms.Form):
    ends_on = forms.DateField(label=_("Last day"), widget=DateInput())


class ClearanceForm(forms.Form):
    clearance = forms.TypedChoiceField(label=_("Clearance"), choices=Marking.choices, coerce=int)


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. Hand it over by voice; the person changes it."),
    )


class PermissionForm(forms.Form):
    """One cell of the mission's permission table."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    kind = forms.ChoiceField(label=_("Object"))
    letter = forms.ChoiceField(label=_("May"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [(kind, row["label"]) for kind, row in default_table().items()]
        letters: Any = self.fields["letter"]
        letters.choices = [(letter, f"{letter} {LETTER_WORDS[letter]}") for letter in LETTERS]


LETTER_WORDS = {
    "V": _("views"),
    "C": _("comments and contributes"),
    "E": _("edits in the own office and below"),
    "D": _("leads the draft"),
    "A": _("approves"),
    "r": _("sees released versions only"),
    "-": _("nothing"),
}


class PlaceSearchForm(forms.Form):
    q = forms.CharField(label=_("Name or p-code"), max_length=80, required=False)


class OtherNameForm(forms.Form):
    """Another spelling of a place, which imports then know."""

    name = forms.CharField(label=_("Other name"), max_length=120)
    source = forms.CharField(label=_("Where it is used"), max_length=80, required=False)


class OfficeForm(forms.ModelForm):
    """An office and its area of responsibility."""

    parent = OfficeChoice(label=_("Answers to"), queryset=Office.objects.none())
    based_on = forms.CharField(max_length=64, widget=forms.HiddenInput)

    class Meta:
        model = Office
        fields = ("code", "name", "kind", "lat", "lon", "areas")
        widgets = {"areas": forms.CheckboxSelectMultiple}

    field_order = ("parent", "code", "name", "kind", "lat", "lon", "areas")

    def __init__(self, *args: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mission = mission
        parents: Any = self.fields["parent"]
        parents.queryset = Office.objects.filter(mission=mission).order_by("path")
        areas: Any = self.fields["areas"]
        areas.queryset = Area.objects.at_level(1).filter(valid_to=None).order_by("name")
        kinds: Any = self.fields["kind"]
        kinds.choices = [choice for choice in OfficeKind.choices if choice[0] != OfficeKind.HEADQUARTERS]
        if self.instance.pk:
            self.initial["based_on"] = state_of(self.instance)
        else:
            del self.fields["based_on"]
        if self.instance.pk:
            del self.fields["parent"]
            del self.fields["code"]
            if self.instance.is_headquarters:
                del self.fields["kind"]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].upper()
        if Office.objects.filter(mission=self.mission, code=code).exists():
            raise forms.ValidationError(_("There is an office with this code. Choose another."))
        return code


class TrailFilterForm(forms.Form):
    """Filters of the audit trail."""

    person = forms.ModelChoiceField(label=_("Who"), queryset=Person.objects.none(), required=False)
    verb = forms.ChoiceField(label=_("Act"), required=False)
    ref = forms.CharField(label=_("Record"), max_length=80, required=False)
    start = forms.DateField(label=_("From"), widget=DateInput(), required=False)
    end = forms.DateField(label=_("Until"), widget=DateInput(), required=False)

    def __init__(self, *args: Any, mission: Mission, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who: Any = self.fields["person"]
        who.queryset = people.order_by("last_name", "username")
        verbs = AuditEvent.objects.filter(mission=mission).order_by("verb").values_list("verb", flat=True).distinct()
        acts: Any = self.fields["verb"]
        acts.choices = [("", _("all acts")), *((verb, verb) for verb in verbs)]


MODE_WORDS = {
    NoticeMode.OFF: _("Not at all"),
    NoticeMode.IN_APP: _("No e-mail"),
    NoticeMode.AT_ONCE: _("E-mail at once"),
    NoticeMode.DIGEST: _("E-mail once a day"),
}


class NoticeChoicesForm(forms.Form):
    """For each topic, how the person hears of it; a topic's own default is chosen until they say otherwise."""

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = notices.choices_of(person)
        for topic in notices.topics():
            self.fields[topic.code] = forms.ChoiceField(
                label=str(topic.label),
                choices=[(mode.value, MODE_WORDS[mode]) for mode in topic.modes],
                initial=chosen[topic.code],
                widget=forms.RadioSelect,
                help_text=_("Cannot be switched off.") if topic.urgent else "",
            )
