"""The lines of a threat's lists: groups of civilians at risk, and other protection actors with the seven variables."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from pocweb.models import Office
from pocweb.numbers import whole
from threats.choices import Vulnerability
from threats.forms.pickers import AreaSource
from threats.models import AtRiskGroup, ProtectionActor, Threat

GROUPS, PROTECTION = "groups", "protection_actors"
ADD = "add-"
"""A button's `act` that asks for another line: `add-groups`."""
Line = dict[str, Any]


def _text(label: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(max_length=200, required=False, label=label, help_text=hint)


class GroupLine(forms.Form):
    """One group of civilians at risk. Source: POC Handbook 2020, 8.2.2."""

    group = forms.ChoiceField(
        label=gettext_lazy("Group"), error_messages={"required": gettext_lazy("Choose a group, or remove this line.")}
    )
    area = forms.ChoiceField(required=False, label=gettext_lazy("Where"))
    number = forms.IntegerField(
        min_value=0,
        max_value=100_000_000,
        required=False,
        label=gettext_lazy("Estimated number"),
        help_text=gettext_lazy("Empty: unknown. Not 0."),
        error_messages={"min_value": gettext_lazy("Write 0 or more, or leave it empty where nobody knows.")},
    )
    exposure = _text(gettext_lazy("Exposed to"))
    vulnerability = forms.TypedChoiceField(
        choices=[("", gettext_lazy("Not judged")), *Vulnerability.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Vulnerability"),
    )
    reason = _text(gettext_lazy("Reason for the vulnerability"))
    as_of = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label=gettext_lazy("Seen on"),
    )

    def __init__(self, *args: Any, groups: list[Any], areas: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", _("Choose a group")), *groups]  # type: ignore[attr-defined]
        self.fields["area"].choices = [("", _("not recorded")), *areas]  # type: ignore[attr-defined]

    @property
    def heading(self) -> str:
        """Return the line in short, `Women, 1 200`; empty where no group is chosen."""
        name = dict(self.fields["group"].choices).get(code) if (code := self["group"].value()) else None  # type: ignore[attr-defined]
        if not name:
            return ""
        number = self["number"].value()
        known = for_people(whole(str(number))) if whole(str(number)) or number in (0, "0") else _("number unknown")
        return f"{name}, {known}"


class ProtectionLine(forms.Form):
    """Another protection actor with the seven variables. Source: POC Handbook 2020, 8.2.3."""

    name = forms.ChoiceField(
        label=gettext_lazy("Actor"), error_messages={"required": gettext_lazy("Choose an actor, or remove this line.")}
    )
    role = _text(gettext_lazy("Role"))
    presence = _text(gettext_lazy("Presence or reach"))
    capability = _text(gettext_lazy("Capability against this threat"))
    acceptance = _text(gettext_lazy("Neutrality, relationship, acceptance"))
    constraint = _text(gettext_lazy("Legal or policy constraint"))
    potential_harm = _text(gettext_lazy("Potential to harm"))
    willingness = _text(gettext_lazy("Willingness to act"))
    coordination = _text(gettext_lazy("Readiness to coordinate with the mission"))

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose an actor")), *((name, name) for name in names)]
        self.fields["name"].choices = choices  # type: ignore[attr-defined]

    @property
    def heading(self) -> str:
        """Return actor and role, empty where no actor is chosen."""
        return ", ".join(str(value) for value in (self["name"].value(), self["role"].value()) if value)


class Lines(forms.BaseFormSet):
    """Lines of one list. A line left empty is no line; one ticked for removal goes when the record is saved."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove this line when saving")

    @property
    def is_faulty(self) -> bool:
        return self.is_bound and not self.is_valid()


GroupLines: Any = forms.formset_factory(GroupLine, formset=Lines, extra=1, can_delete=True, max_num=300)
ProtectionLines: Any = forms.formset_factory(ProtectionLine, formset=Lines, extra=1, can_delete=True, max_num=300)


class ThreatLines:
    """The lists of one threat on a form: all of them on its page, one in a cell of the matrix.

    `values` are the stored plain values. `data`, what was sent, is checked and kept; with `more` it is shown again
    unchecked, with another empty line where `more` names the list. Sent lines are read without the stored ones beside
    them: another person may have changed those meanwhile, and the lost-update guard compares the whole lists. A list
    of which nothing was sent is left as it is.
    """

    def __init__(
        self,
        office: Office,
        *,
        names: Iterable[str] = (GROUPS, PROTECTION),
        threat: Threat | None = None,
        values: Mapping[str, Any] | None = None,
        data: Any = None,
        more: str | None = None,
        suffix: str = "",
    ) -> None:
        self.office, self.threat, self.data, self.more = office, threat, data, more
        self.values, self.suffix = values or {}, suffix
        wanted = [name for name in (GROUPS, PROTECTION) if name in set(names)]
        if data is not None:
            wanted = [name for name in wanted if f"{name}-TOTAL_FORMS" in data]
        self.sets = {name: self._formset(name) for name in wanted}

    @property
    def groups(self) -> Any:
        return self.sets.get(GROUPS)

    @property
    def protection(self) -> Any:
        return self.sets.get(PROTECTION)

    def is_valid(self) -> bool:
        return all([formset.is_valid() for formset in self.sets.values()])

    def changes(self) -> dict[str, list[Line]]:
        """Return the sent lists as plain values, without empty lines and those marked for removal."""
        return {
            name: [
                _plain(form.cleaned_data)
                for form in formset.forms
                if form.has_changed() and form.cleaned_data and not form.cleaned_data.get("DELETE")
            ]
            for name, formset in self.sets.items()
        }

    def refuse(self, error: RuleError) -> bool:
        """Show a refused rule at the list that it names and return True; False where it names none of them."""
        formset = self.sets.get(error.field or "")
        if formset is None:
            return False
        formset.is_valid()
        formset._non_form_errors.append(error.message)
        return True

    def _formset(self, name: str) -> Any:
        make = GroupLines if name == GROUPS else ProtectionLines
        sent = self._sent(name) if self.data is not None and self.more is not None else None
        initial = self.values.get(name, []) if sent is None else sent
        formset = make(
            self.data if sent is None else None,
            prefix=name,
            initial=initial if self.data is None or sent is not None else None,
            auto_id=f"id{self.suffix}_%s",
            form_kwargs=self._given(name) | {"empty_permitted": True, "use_required_attribute": False},
        )
        formset.extra = 1 if self.data is None or self.more == name else 0
        return formset

    def _given(self, name: str) -> dict[str, Any]:
        mission = self.office.mission
        if name == PROTECTION:
            return {"names": list(ProtectionActor.objects.filter(mission=mission).values_list("name", flat=True))}
        groups = list(AtRiskGroup.objects.known_in(mission).values_list("code", "name"))
        named = {line["area"] for line in self.values.get(name, []) if line.get("area")}
        named |= {self.data[key] for key in self.data or () if key.startswith(GROUPS) and key.endswith("-area")}
        return {"groups": groups, "areas": AreaSource(self.office, self.threat).choices(named)}

    def _sent(self, name: str) -> list[Line]:
        """Return the sent lines as they were typed, to be shown again unchecked."""
        total = str(self.data.get(f"{name}-TOTAL_FORMS", ""))
        fields = [*(GroupLine if name == GROUPS else ProtectionLine).base_fields, "DELETE"]
        count = min(whole(total), 300)
        return [{field: self.data.get(f"{name}-{index}-{field}", "") for field in fields} for index in range(count)]


def asks_for_more(data: Mapping[str, Any]) -> str | None:
    """Return what a sent form wants beside saving: the list that gets another line, "" for a search; else None.

    Return in a field sends the form's first button, which says `enter`: with words in a search it means the search.
    """
    act = data.get("act", "")
    if act.startswith(ADD):
        return act.removeprefix(ADD)
    finds = act == "find" or (act == "enter" and any(data[name].strip() for name in data if name.endswith("_find")))
    return "" if finds else None


def _plain(cleaned: Mapping[str, Any]) -> Line:
    line = {name: value for name, value in cleaned.items() if name != "DELETE"}
    if "as_of" in line:
        line["as_of"] = line["as_of"].isoformat() if line["as_of"] else ""
    return line
