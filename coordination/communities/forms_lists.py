"""Forms of assessments, and the filters of the lists of communities."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coordination.communities import pcia
from coordination.communities.choices import NetworkState
from coordination.communities.forms_networks import NO_NAMES, CommunityForm
from coordination.communities.plain import offices_for
from pocweb.choices import Marking, Verb
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Area, Mission, Office
from threats.forms.presences import AreaChoice, areas_of

LONG = forms.Textarea(attrs={"rows": 6})


class PciaBeginForm(CommunityForm):
    """Office and year of a new assessment; the texts of the one before are carried over."""

    editable: tuple[str, ...] = ("office", "year", "due_on", "marking")
    office = OfficeChoice(label=_("Office"), queryset=Office.objects.none(), to_field_name="code", empty_label=None)
    year = forms.IntegerField(
        label=_("Year"), min_value=1999, max_value=2100, error_messages={"required": _("Give the year.")}
    )
    due_on = forms.DateField(
        label=_("Due"), widget=DateInput(), required=False, help_text=_("Left empty: 15 June of the year.")
    )
    marking = forms.TypedChoiceField(label=_("Marking"), choices=Marking.choices, coerce=int)


class PciaForm(PciaBeginForm):
    """All that people write of an assessment."""

    editable = pcia.EDITABLE
    conflict_map = forms.CharField(
        label=_("Conflict map: social, political, economic"), widget=LONG, required=False,
        help_text=_("With gender-based violence, transhumance and natural resources."),
    )  # fmt: skip
    stakeholder_map = forms.CharField(label=_("Stakeholder map"), widget=LONG, required=False, help_text=NO_NAMES)
    risks = forms.CharField(label=_("POC risks and opportunities per conflict"), widget=LONG, required=False)
    with_whom = forms.CharField(
        label=_("Made with"), max_length=200, required=False,
        help_text=_("Sections, such as Political Affairs, Civil Affairs, JMAC, police, military intelligence."),
    )  # fmt: skip
    field_order = ("office", "year", "due_on", "conflict_map", "stakeholder_map", "risks", "with_whom", "marking")


class NetworkFilterForm(forms.Form):
    """The filters of the list of networks, sent by GET."""

    state = forms.ChoiceField(
        label=_("State"), required=False,
        choices=[("", _("All but closed")), ("amber", _("To be looked after")), *NetworkState.choices],
    )  # fmt: skip
    office = OfficeChoice(
        label=_("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=_("All"),
    )  # fmt: skip
    area = AreaChoice(
        label=_("Area and below"), required=False, queryset=Area.objects.none(), to_field_name="pcode",
        empty_label=_("All areas"),
    )  # fmt: skip
    sort = forms.ChoiceField(
        label=_("Sort by"), required=False,
        choices=[("", _("Office")), ("area", _("Area")), ("contact", _("Longest without contact"))],
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["office"].queryset = offices_for(user, mission, Verb.VIEW)
        fields["area"].queryset = areas_of(mission)


class AssistantFilterForm(forms.Form):
    """The filters of the list of assignments, sent by GET."""

    when = forms.ChoiceField(
        label=_("Assignments"),
        required=False,
        choices=[("", _("Going on")), ("coming", _("To come")), ("ended", _("Ended"))],
    )
    office = OfficeChoice(
        label=_("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=_("All"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["office"].queryset = offices_for(user, mission, Verb.VIEW)
