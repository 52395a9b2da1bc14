"""The list of cases: groups of states, filters, and the order in which they want to be read (EW-03)."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.querysets import CaseQuerySet
from coordination.warnings.choices import Branch, CaseClass, CasePriority, CaseState, ThreatenedAct
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Area, Mission, Office
from pocweb.numbers import DAYS_OF_RECORDS

S = CaseState
RATING = (S.RECEIVED, S.SOURCE_RATED, S.INFO_RATED, S.CLASSED, S.IMPACT_RATED, S.LIKELIHOOD_RATED)
DECIDING = (S.PRIORITISED, S.TABLED, S.DISSEMINATED)
RESPONDING = (
    S.DECIDED, S.EMERGENCY_DECIDED, S.FLASH_SENT, S.PARTNERS_TOLD, S.MATRIX_UPDATED, S.HARM_ASSESSED, S.IMPLEMENTING,
    S.MONITORED,
)  # fmt: skip
GROUPS: dict[str, tuple[Any, tuple[str, ...] | None]] = {
    "": (gettext_lazy("Open"), (*RATING, *DECIDING, *RESPONDING)),
    "rating": (gettext_lazy("To be rated"), RATING),
    "deciding": (gettext_lazy("To be decided"), DECIDING),
    "responding": (gettext_lazy("Response"), RESPONDING),
    "closed": (gettext_lazy("Closed"), (S.CLOSED,)),
    "all": (gettext_lazy("All"), None),
}
"""Groups of states as chips over the list: name and states, None for every state."""
CHIPS = ("state", "branch", "mine")


class CaseFilterForm(forms.Form):
    """The filters as a form sent by GET; the chips' choices travel along unseen."""

    use_required_attribute = False
    state = forms.ChoiceField(choices=[(name, label) for name, (label, _s) in GROUPS.items()], required=False,
                              widget=forms.HiddenInput)  # fmt: skip
    branch = forms.ChoiceField(
        choices=[("", ""), *Branch.choices, ("undecided", "")], required=False, widget=forms.HiddenInput
    )
    mine = forms.ChoiceField(choices=[("", ""), ("yes", "")], required=False, widget=forms.HiddenInput)
    office = OfficeChoice(
        label=gettext_lazy("Office"), queryset=Office.objects.none(), required=False, to_field_name="code",
        empty_label=gettext_lazy("All offices"),
    )  # fmt: skip
    case_class = forms.ChoiceField(
        label=gettext_lazy("Class"), required=False, choices=[("", gettext_lazy("All")), *CaseClass.choices]
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), required=False,
        choices=[("", gettext_lazy("All")), *reversed(CasePriority.choices), ("none", gettext_lazy("Not rated yet"))],
    )  # fmt: skip
    act = forms.ChoiceField(
        label=gettext_lazy("What may happen"), required=False,
        choices=[("", gettext_lazy("All")), *ThreatenedAct.choices],
    )  # fmt: skip
    start = forms.DateField(
        label=gettext_lazy("Received from"), required=False, widget=DateInput(), validators=DAYS_OF_RECORDS
    )
    end = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DateInput(), validators=DAYS_OF_RECORDS)
    area = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    q = forms.CharField(label=gettext_lazy("Words or reference"), required=False, max_length=100)

    def __init__(self, *args: Any, mission: Mission, offices: list[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        office: Any = self.fields["office"]
        office.queryset = Office.objects.filter(pk__in=[one.pk for one in offices]).order_by("path")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("start") and cleaned.get("end") and cleaned["start"] > cleaned["end"]:
            self.add_error("end", _("The end of the period lies before its beginning."))
        return cleaned


def narrowed(rows: CaseQuerySet, wanted: Mapping[str, Any], user: Any) -> CaseQuerySet:
    """Return the cases that match; without a state the open ones."""
    states = GROUPS.get(wanted.get("state") or "", GROUPS[""])[1]
    if states is not None:
        rows = rows.open() if not wanted.get("state") else rows.filter(state__in=states)
    if branch := wanted.get("branch"):
        rows = rows.filter(branch="" if branch == "undecided" else branch)
    if wanted.get("mine"):
        rows = rows.filter(created_by=user)
    if office := wanted.get("office"):
        rows = rows.filter(office__path__startswith=office.path)
    for name in ("case_class", "act"):
        if value := wanted.get(name):
            rows = rows.filter(**{name: value})
    if priority := wanted.get("priority"):
        rows = rows.filter(priority=None) if priority == "none" else rows.filter(priority=priority)
    if pcode := wanted.get("area"):
        paths = list(Area.objects.filter(pcode__iexact=pcode).values_list("path", flat=True))
        rows = rows.filter(_below(paths))
    if start := wanted.get("start"):
        rows = rows.filter(received_at__gte=make_aware(datetime.combine(start, time.min)))
    if end := wanted.get("end"):
        rows = rows.filter(received_at__lt=make_aware(datetime.combine(end, time.min)) + timedelta(days=1))
    return rows.filter(_text(wanted.get("q") or ""))


def _below(paths: list[str]) -> Q:
    where = Q(pk__in=[])
    for path in paths:
        where |= Q(area__path__startswith=path)
    return where


def _text(words: str) -> Q:
    digits = words.strip().upper().removeprefix("EW-")
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        return Q(number=int(digits))
    where = Q()
    for word in words.split()[:8]:
        where &= Q(place__icontains=word) | Q(text__icontains=word)
    return where


def ordered(rows: CaseQuerySet) -> CaseQuerySet:
    """Order cases: imminent first, then by priority, an early warning before an alert of the same, then newest.

    A case without a priority comes after those that have one. Source: POC Handbook 2020, Annex V, step 5 (EW-03).
    """
    imminent = Case(When(branch=Branch.IMMINENT, then=Value(0)), default=Value(1), output_field=IntegerField())
    classed = Case(When(case_class=CaseClass.WARNING, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.order_by(imminent, F("priority").desc(nulls_last=True), classed, "-received_at", "-number")


def chips(data: Any, wanted: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the chips over the list, each group with heading and links that keep the other filters."""
    kept = {name: data.get(name, "") for name in data if name != "page" and data.get(name)}

    def links(name: str, choices: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "label": label,
                "query": urlencode({**{key: one for key, one in kept.items() if key != name},
                                    **({name: value} if value else {})}),
                "is_current": (wanted.get(name) or "") == value,
            }
            for value, label in choices.items()
        ]  # fmt: skip

    return [
        (_("State"), links("state", {name: label for name, (label, _states) in GROUPS.items()})),
        (
            _("Imminence"),
            links("branch", {"": _("Any"), **dict(reversed(Branch.choices)), "undecided": _("Not decided")}),
        ),
        (_("Reported by"), links("mine", {"": _("Anybody"), "yes": _("Me")})),
    ]
