"""Which incidents a person asks for: one set of filters for list, map, export, API and figures."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pocweb.models import Area
from threats.choices import EventKind, Origin, PlaceState, Verification
from threats.querysets import IncidentQuerySet, ThreatQuerySet

COUNTED = "counted"
ANY = "any"
NO_ACTOR = NO_AREA = "none"
NO_AREA2 = "none2"
NO_AREA3 = "none3"
VERIFICATIONS = (
    ("", _("All but discounted")),
    *Verification.choices,
    (ANY, _("All, also discounted")),
)
SORTS = (
    ("", _("Newest first")),
    ("starts_on", _("Oldest first")),
    ("-killed", _("Most killed first")),
    ("-number", _("Last recorded first")),
)
ORDERS: dict[str, tuple[Any, ...]] = {
    "": ("-starts_on", "-number"),
    "starts_on": ("starts_on", "number"),
    "-killed": (F("killed_best").desc(nulls_last=True), "-starts_on", "-number"),
    "-number": ("-number",),
}
REFERENCE = re.compile(r"i-?0*(\d{1,9})\Z", re.IGNORECASE)
THREAT = re.compile(r"t-?0*(\d{1,9})\Z", re.IGNORECASE)
NAMES = ("from", "to", "area", "actor", "threat", "kind", "verification", "min_killed", "origin", "place", "q")


class IncidentFilterForm(forms.Form):
    """The filters as a form sent by GET; choices of areas and actors are handed in, so that a page reads them once.

    With `threats`, the threats that the person may see, one of them can be asked for by its reference; `wanted` is it.
    """

    area = forms.ChoiceField(label=_("Area"), required=False)
    actor = forms.ChoiceField(label=_("Actor"), required=False)
    threat = forms.CharField(
        label=_("Threat"), required=False, max_length=12, widget=forms.TextInput(attrs={"placeholder": "T-017"})
    )
    kind = forms.ChoiceField(label=_("Kind of event"), required=False, choices=[("", _("All")), *EventKind.choices])
    verification = forms.ChoiceField(label=_("Verification"), required=False, choices=VERIFICATIONS)
    min_killed = forms.IntegerField(label=_("Killed, at least"), required=False, min_value=0, max_value=1_000_000)
    origin = forms.ChoiceField(label=_("Origin"), required=False, choices=[("", _("All")), *Origin.choices])
    q = forms.CharField(label=_("Words or reference"), required=False, max_length=100)
    place = forms.ChoiceField(
        required=False, choices=[("", ""), *PlaceState.choices], widget=forms.HiddenInput, label=_("State of the place")
    )
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)

    def __init__(
        self,
        *args: Any,
        areas: Iterable[tuple[str, Any]] | None = None,
        actors: Iterable[tuple[str, Any]] | None = None,
        threats: ThreatQuerySet | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.threats = threats
        self.wanted: Any = None
        if threats is None:
            del self.fields["threat"]
        day = {"type": "date"}
        # "from" is a word of Python, so these two cannot stand above
        first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=day))
        last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs=day))
        self.fields = {"from": first, "to": last, **self.fields}
        for name, choices, every in (("area", areas, _("All areas")), ("actor", actors, _("All actors"))):
            if choices is None:
                self.fields[name] = forms.CharField(required=False, max_length=60, label=self.fields[name].label)
            else:
                self.fields[name].choices = [("", every), *choices]  # type: ignore[attr-defined]  # a choice field

    def clean_threat(self) -> str:
        """Return the reference of the threat as it is written elsewhere, empty where none is asked for."""
        text = self.cleaned_data["threat"].strip()
        if not text or self.threats is None:
            return ""
        if reference := THREAT.match(text):
            self.wanted = self.threats.filter(number=int(reference[1])).first()
        if self.wanted is None:
            raise forms.ValidationError(_("No threat with this reference is among those that you may see."))
        return str(self.wanted.ref)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("from") and cleaned.get("to") and cleaned["from"] > cleaned["to"]:
            self.add_error("to", _("The end of the period lies before its beginning."))
        return cleaned


def apply_filters(queryset: IncidentQuerySet, filters: Mapping[str, Any]) -> IncidentQuerySet:
    """Return the incidents that match.

    `from`, `to` (dates) limit the first day; `area` is a p-code and takes what lies below it, `actor` a code, `kind`
    an event kind, `origin` where the record came from, `verification` a state, "" for all that count and "any" for
    all; "none" as area or actor asks for those where it is not recorded, "none2" and "none3" for those without a
    second- or third-level area. Discounted incidents come only when asked for.
    """
    rows = queryset.between(_day(filters.get("from")), _day(filters.get("to")))
    rows = _by_verification(rows, filters.get("verification") or "")
    if area := filters.get("area"):
        rows = _in_area(rows, area)
    if actor := filters.get("actor"):
        rows = rows.filter(actors=None) if actor == NO_ACTOR else _of_actor(rows, actor)
    if kind := filters.get("kind"):
        rows = rows.filter(event_kind=kind)
    if (least := filters.get("min_killed")) not in (None, ""):
        rows = rows.filter(killed_best__gte=least)
    if origin := filters.get("origin"):
        rows = rows.filter(origin=origin)
    if place := filters.get("place"):
        rows = rows.filter(place_state=place)
    if words := (filters.get("q") or "").strip():
        rows = rows.filter(_text(words))
    return rows


def _day(value: Any) -> date | None:
    if value in (None, ""):
        return None
    return value if isinstance(value, date) else date.fromisoformat(value)


def _by_verification(rows: IncidentQuerySet, state: str) -> IncidentQuerySet:
    if state == ANY:
        return rows
    return rows.filter(verification=state) if state else rows.counted()


def _in_area(rows: IncidentQuerySet, pcode: str) -> IncidentQuerySet:
    """Incidents in an area with this p-code or below it, whichever division it belongs to."""
    if pcode in (NO_AREA, NO_AREA2):
        return rows.filter(area1=None) if pcode == NO_AREA else rows.filter(area2=None)
    if pcode == NO_AREA3:
        return rows.filter(Q(area=None) | Q(area__level__lt=3))
    return rows.in_areas(list(Area.objects.filter(pcode=pcode).values_list("path", flat=True)))


def _of_actor(rows: IncidentQuerySet, code: str) -> IncidentQuerySet:
    """Incidents that the actor had a part in, each once even where it stands on two sides."""
    links = rows.model.actors.through.objects.filter(actor__code=code)
    return rows.filter(pk__in=links.values("incident"))


def _text(words: str) -> Q:
    reference = REFERENCE.match(words)
    if reference:
        return Q(number=int(reference[1]))
    where = Q()
    for word in words.split()[:8]:
        where &= Q(title__icontains=word) | Q(place__icontains=word) | Q(narrative__icontains=word)
    return where | Q(origin_id=words)


def as_query(filters: Mapping[str, Any], **more: Any) -> str:
    """Return the filters as a query string, empty ones left out, those in `more` laid over."""
    merged = {**filters, **more}
    pairs = [(name, merged[name]) for name in (*NAMES, "sort") if merged.get(name) not in (None, "")]
    return urlencode([(name, value.isoformat() if isinstance(value, date) else value) for name, value in pairs])
