"""The form of an incident, made from its field list, with the lines of its actors and of people harmed."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking, Verb
from pocweb.errors import RuleError
from pocweb.fieldlist import Face, Field, FieldKind
from pocweb.models import Area, Mission, Office
from pocweb.permissions import grants_for
from pocweb.places import fold
from threats.choices import ActorSide, Age, Harm, PersonStatus, Sex, Verification
from threats.fieldlists.incident import INCIDENT, fields_for
from threats.models import Actor, Source, ViolenceType
from threats.rules.incidents import moves_from
from threats.services.incident_places import STEP, areas_of_mission
from threats.services.incident_values import COUNT_FIELDS, INITIAL, NOT_EMPTY

PCODE = re.compile(r"\(([A-Z0-9]{2,20})\)\s*$")
LINES = ("actors", "counts")
HINTS = {
    "title": _("What happened, in a few words. Do not write names of sources, victims or witnesses."),
    "area": _("Type a name or a p-code and choose from the list."),
    "place": _("Village, quarter or road, as it was reported."),
    "ends_on": _("Empty when it lasted one day."),
    "lat": _("Degrees north, such as 5.7600."),
    "lon": _("Degrees east, such as 20.6700."),
    "civilians_killed": _("Part of those killed. Empty when not recorded."),
    "sources": _("Pseudonym codes only, never names. Separate several with a comma."),
    "source_note": _("Public reports only: title, publisher, date."),
    "narrative": _("Do not write names of sources, victims or witnesses."),
    "mission_response": _("What the mission did, when, by whom."),
    "marking": _("It goes up by itself where a profile that the incident names is marked higher."),
}
NEEDED = {
    "title": _("Say in a few words what happened."),
    "area": _("Name a place: a village, quarter or town, else the prefecture."),
    "starts_on": _("Give the day, or the first day."),
}
SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("What and when"), ("title", "event_kind", "violence_types", "starts_on", "ends_on", "date_precision")),
    (_("Where"), ("area", "place", "lat", "lon", "point_precision")),
    (
        _("People harmed"),
        (*(f"{harm}_{part}" for harm in Harm for part in ("low", "best", "high")), "civilians_killed"),
    ),
    (_("Reports and sources"), ("sources", "new_source_kind", "number_of_reports", "source_note")),
    (_("Account and response"), ("narrative", "mission_response", "marking")),
)


def area_text(area: Area, above: Mapping[str, Area]) -> str:
    """Return an area as the picker shows it: `Grimari, Ouaka (CF4201)`; `above` holds areas by tree path."""
    parent = above.get(area.path[:-STEP])
    names = [area.name, *([parent.name] if parent and parent.level else [])]
    return f"{', '.join(names)} ({area.pcode})"


def areas_for(person: Any, mission: Mission) -> Any:
    """Return the areas in which the person may record: those of their offices' branches, at headquarters all."""
    editing = [grant for grant in grants_for(person, "incident", Verb.EDIT) if grant.mission_id == mission.pk]
    branches = Q(pk__in=[])
    for grant in editing:
        branches |= Q(path__startswith=grant.office_path)
    offices = Office.objects.filter(branches, mission=mission)
    rows = Area.objects.defer("shape").exclude(level=0)
    if any(len(grant.office_path) == Office.steplen for grant in editing):
        return all_areas(mission)
    where = Q(pk__in=[])
    for path in Area.objects.filter(offices__in=offices).values_list("path", flat=True):
        where |= Q(path__startswith=path)
    return rows.filter(where)


def all_areas(mission: Mission) -> Any:
    """Return the areas of the mission's countries, whoever answers for them."""
    return Area.objects.filter(areas_of_mission(mission)).exclude(level=0).defer("shape")


def find_areas(areas: Any, words: str, *, most: int = 20) -> list[str]:
    """Return the areas whose name or p-code begins with, else contains, the words, as the picker shows them."""
    words = words.strip()
    if len(words) < 2:
        return []
    begins = list(areas.filter(Q(name__istartswith=words) | Q(pcode__istartswith=words))[:most])
    if len(begins) < most:
        rest = areas.filter(name__icontains=words).exclude(pk__in=[area.pk for area in begins])
        begins += rest[: most - len(begins)]
    return shown(begins)


def shown(areas: list[Area]) -> list[str]:
    """Return areas as the picker shows them, in one query more for their parents."""
    above = {area.path: area for area in Area.objects.filter(path__in={a.path[:-STEP] for a in areas}).defer("shape")}
    return [area_text(area, above) for area in areas]


def picker(query: str = "") -> dict[str, str]:
    """Return the attributes of an area's box: a list that comes with the page, and that htmx narrows while typing."""
    return {
        "list": "areas",
        "autocomplete": "off",
        "hx-get": reverse("threats:incident-areas") + query,
        "hx-trigger": "input changed delay:300ms",
        "hx-target": "#areas",
    }


class AreaField(forms.CharField):
    """An area by what the picker shows, by p-code, or by a name that only one of the areas has; cleans to a p-code."""

    def __init__(self, *args: Any, areas: Any = None, **kwargs: Any) -> None:
        self.areas = areas
        super().__init__(*args, max_length=200, **kwargs)

    def clean(self, value: Any) -> str | None:
        text = super().clean(value)
        if not text:
            return None
        chosen = PCODE.search(text)
        code = chosen[1] if chosen else text.strip().upper()
        if self.areas.filter(pcode=code).exists():
            return code
        named = {area.pcode for area in self.areas.filter(name__istartswith=text[:3]) if fold(area.name) == fold(text)}
        if len(named) == 1:
            return named.pop()
        if named:
            raise ValidationError(_("Several places have this name. Choose one from the list."))
        raise ValidationError(_("No place of this name in your area of responsibility. Choose one from the list."))


def _control(field: Field) -> forms.Field:
    """Return the form field of a field of the list, by its kind."""
    common: dict[str, Any] = {
        "label": field.label,
        "required": field.name in NOT_EMPTY,
        "help_text": HINTS.get(field.name, ""),
    }
    if field.name in NEEDED:
        common["error_messages"] = {"required": NEEDED[field.name]}
    if field.kind is FieldKind.CHOICE:
        blank = [] if common["required"] else [("", _("not recorded"))]
        coerce = int if isinstance(field.choices[0][0], int) else str
        return forms.TypedChoiceField(choices=[*blank, *field.choices], coerce=coerce, empty_value=None, **common)
    if field.kind is FieldKind.INTEGER:
        return forms.IntegerField(min_value=0, max_value=100_000_000, **common)
    if field.kind is FieldKind.DECIMAL:
        return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **common)
    if field.kind is FieldKind.DATE:
        return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **common)
    if field.kind is FieldKind.LONG_TEXT:
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), **common)
    return forms.CharField(max_length={"title": 200, "place": 300}.get(field.name), **common)


class IncidentForm(forms.Form):
    """One incident. Which fields it has stands in the field list; sources only for those who may see them."""

    def __init__(self, *args: Any, person: Any, mission: Mission, values: Mapping[str, Any], **kwargs: Any) -> None:
        self.person, self.mission = person, mission
        self.lines = {name: list(values.get(name) or []) for name in LINES}
        kwargs.setdefault("initial", dict(values))
        super().__init__(*args, **kwargs)
        for field in fields_for(person, Face.FORM, Source(mission=mission)):
            if field.name not in LINES:
                self.fields[field.name] = self._made(field)
        if "sources" in self.fields:
            self.initial["sources"] = ", ".join(values.get("sources") or [])
            self.fields["new_source_kind"] = forms.ChoiceField(
                label=_("Kind of a new source"),
                required=False,
                choices=[("", _("no new source")), *Source.Kind.choices],
            )
        self._set_area(values.get("area"))

    def _made(self, field: Field) -> forms.Field:
        if field.name == "area":
            areas = areas_for(self.person, self.mission)
            said = {"required": NEEDED["area"]}
            return AreaField(label=field.label, help_text=HINTS["area"], areas=areas, error_messages=said)
        if field.name == "violence_types":
            kinds = list(ViolenceType.objects.known_in(self.mission).values_list("code", "name"))
            boxes = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(label=str(field.label), required=False, choices=kinds, widget=boxes)
        made = _control(field)
        if field.name == "marking":
            below = [choice for choice in Marking.choices if choice[0] <= self.person.clearance]
            made.choices = below  # type: ignore[attr-defined]  # a choice field
        return made

    def _set_area(self, pcode: Any) -> None:
        """Show the stored area by name; it may be kept even where the person could not choose it anew."""
        field = self.fields["area"]
        field.widget.attrs |= picker()
        if pcode:
            stored = Area.objects.filter(pcode=pcode).defer("shape")
            field.areas = field.areas | stored  # type: ignore[attr-defined]
            self.initial["area"] = (shown(list(stored[:1])) or [pcode])[0]

    def clean_sources(self) -> list[str]:
        return [code.strip().upper() for code in re.split(r"[,;\n]", self.cleaned_data["sources"]) if code.strip()]

    @property
    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under their headings, in the order that people read them."""
        return [(head, [self[name] for name in names if name in self.fields]) for head, names in SECTIONS]

    def refuse(self, error: RuleError) -> None:
        """Show a refused rule at its field, or above the form."""
        if error.field in self.fields:
            self.add_error(error.field, error.message)
        elif error.field in LINES:
            self.add_error(None, f"{INCIDENT[error.field].label}: {error.message}")
        else:
            self.add_error(None, error.message)


class ActorLine(forms.Form):
    """One actor and its part; an empty line is left out."""

    actor = forms.ChoiceField(label=_("Actor"), required=False)
    side = forms.ChoiceField(label=_("Part"), required=False, choices=ActorSide.choices)

    def __init__(self, *args: Any, actors: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["actor"].choices = [("", _("no actor")), *actors]  # type: ignore[attr-defined]


class CountLine(forms.Form):
    """One count of people harmed, by status, sex and age; a line without a best count is left out."""

    harm = forms.ChoiceField(label=_("Harm"), choices=Harm.choices)
    status = forms.ChoiceField(label=_("Status"), choices=PersonStatus.choices, initial=PersonStatus.UNKNOWN)
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, initial=Sex.UNKNOWN)
    age = forms.ChoiceField(label=_("Age"), choices=Age.choices, initial=Age.UNKNOWN)
    low = forms.IntegerField(label=_("Low"), required=False, min_value=0, max_value=100_000_000)
    best = forms.IntegerField(label=_("Best"), required=False, min_value=0, max_value=100_000_000)
    high = forms.IntegerField(label=_("High"), required=False, min_value=0, max_value=100_000_000)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        others = [cleaned.get("low"), cleaned.get("high")]
        if cleaned.get("best") is None and others != [None, None] and "best" not in self.errors:
            self.add_error("best", _("Give the best count too."))
        return cleaned


ActorLines = forms.formset_factory(ActorLine, extra=2, max_num=40)
CountLines = forms.formset_factory(CountLine, extra=3, max_num=200)


class IncidentPage:
    """Form and lines of one page together: one question whether they hold, one dict of plain values."""

    def __init__(self, data: Any, *, person: Any, mission: Mission, values: Mapping[str, Any] | None = None) -> None:
        values = {**INITIAL, "marking": mission.default_marking, **(values or {})}
        known = Actor.objects.filter(mission=mission).visible_to(person)
        actors = list(known.values_list("code", "name"))
        # a stored actor stays a choice, though its profile may be closed to the person
        actors += [(code, code) for code, _side in values["actors"] if code not in dict(actors)]
        self.form = IncidentForm(data, person=person, mission=mission, values=values)
        lines = [{"actor": code, "side": side} for code, side in values["actors"]]
        self.actors = ActorLines(data, prefix="actors", initial=lines, form_kwargs={"actors": actors})
        counts = [dict(zip(COUNT_FIELDS, row, strict=True)) for row in values["counts"]]
        self.counts = CountLines(data, prefix="counts", initial=counts)

    def is_valid(self) -> bool:
        """Say whether all parts hold; each is asked, so that all errors show at once."""
        return all([self.form.is_valid(), self.actors.is_valid(), self.counts.is_valid()])

    @property
    def values(self) -> dict[str, Any]:
        """The plain values of a page that holds."""
        values = dict(self.form.cleaned_data)
        for name in ("starts_on", "ends_on"):
            values[name] = values[name].isoformat() if values[name] else None
        if values.get("ends_on") is None:
            values["ends_on"] = values["starts_on"]
        if "violence_types" in values:
            values["violence_types"] = sorted(values["violence_types"])
        values["actors"] = [[line["actor"], line["side"]] for line in self.actors.cleaned_data if line.get("actor")]
        values["counts"] = [
            [line[name] for name in COUNT_FIELDS] for line in self.counts.cleaned_data if line.get("best") is not None
        ]
        return values


class VerifyForm(forms.Form):
    """Where the verification of an incident goes, and on what the judgment rests."""

    to = forms.ChoiceField(label=_("Judgment"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("On what it rests"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kinds of sources and how they agree. Do not write names of sources, victims or witnesses."),
    )

    def __init__(self, *args: Any, state: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(move.to, move.label) for move in moves_from(state)]  # type: ignore[attr-defined]

    @property
    def goals(self) -> list[str]:
        """The states that can be reached, in words."""
        return [str(Verification(value).label) for value, _label in self.fields["to"].choices]  # type: ignore[attr-defined]


class SettleForm(forms.Form):
    """The area that a person chooses for an incident, and whether the written name is kept as another name of it."""

    area = AreaField(label=_("Area"), required=True)
    remember = forms.CharField(label=_("Keep this spelling as another name"), required=False, max_length=120)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, areas: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        field.areas = areas  # type: ignore[attr-defined]
        field.widget.attrs |= picker("?all=1")
