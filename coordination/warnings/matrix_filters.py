"""What the Early Warning Matrix shows: filters of the page, and the records behind figures of clock and indicators."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import WarningCase
from coordination.warnings.choices import Branch, CaseClass, Measure, Outcome
from coordination.warnings.clock import MOMENTS, standing_q, timed
from coordination.warnings.indicator_facts import RECORDS, marked
from coordination.warnings.indicators import INDICATORS
from coordination.warnings.targets import targets_of
from pocweb.choices import Verb
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Mission, Office
from pocweb.numbers import DAYS_OF_RECORDS
from pocweb.permissions import grants_for

ALL = gettext_lazy("All")
STANDINGS = {
    "done": gettext_lazy("reached"),
    "in_time": gettext_lazy("reached in time"),
    "late": gettext_lazy("reached late"),
    "running": gettext_lazy("still running"),
    "running_late": gettext_lazy("still running, past the target"),
    "never": gettext_lazy("closed without it"),
}
BEHIND = ("clock", "is", "indicator", "part")
"""Parameters that lead from a figure to its records; the page names them above the rows and offers to drop them."""


def offices_in_reach(user: Any, mission: Mission) -> "QuerySet[Office]":
    """Return the offices in whose branch a person sees cases, in the order of the tree."""
    where = Q(pk__in=[])
    for grant in grants_for(user, "case", Verb.VIEW):
        if grant.mission_id == mission.pk:
            where |= Q(path__startswith=grant.office_path)
    return Office.objects.filter(where, mission=mission).order_by("path")


class MatrixFilterForm(forms.Form):
    """The filters of the matrix, sent by GET."""

    show = forms.ChoiceField(
        label=gettext_lazy("Cases"),
        required=False,
        choices=[
            ("", gettext_lazy("Open")),
            ("closed", gettext_lazy("Closed")),
            ("all", gettext_lazy("Open and closed")),
        ],
    )
    office = OfficeChoice(
        label=gettext_lazy("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=ALL,
    )  # fmt: skip
    branch = forms.ChoiceField(
        label=gettext_lazy("Imminence"),
        required=False,
        choices=[("", ALL), *Branch.choices, ("open", gettext_lazy("Not decided"))],
    )
    kind = forms.ChoiceField(label=gettext_lazy("Class"), required=False, choices=[("", ALL), *CaseClass.choices])
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False, choices=[("", ALL), *Outcome.choices])
    since = forms.DateField(
        label=gettext_lazy("Received from"), required=False, widget=DateInput(), validators=DAYS_OF_RECORDS
    )
    until = forms.DateField(
        label=gettext_lazy("Received until"), required=False, widget=DateInput(), validators=DAYS_OF_RECORDS
    )

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.queryset = offices_in_reach(user, mission)


class Filters:
    """What a person asks of the matrix, read once from the address."""

    def __init__(self, query: Any, *, user: Any, mission: Mission) -> None:
        self.user, self.mission = user, mission
        self.form = MatrixFilterForm(query, user=user, mission=mission)
        self.is_valid = self.form.is_valid()
        self.wanted: dict[str, Any] = self.form.cleaned_data
        self.behind = {name: str(query.get(name, "")) for name in BEHIND if query.get(name)}
        self.alone = query.get("alone") == "1"  # of the office itself, without those below it
        plain = query.copy()
        for name in ("page", "open"):
            plain.pop(name, None)
        self.query: str = plain.urlencode()

    @property
    def is_filtered(self) -> bool:
        return any(self.wanted.values()) or bool(self.behind)

    def cases(self, now: datetime) -> "QuerySet[WarningCase]":
        """Return the cases of the person's reach that match."""
        rows = WarningCase.objects.followed_by(self.user).filter(mission=self.mission)
        wanted, show = self.wanted, self.wanted.get("show") or ("all" if self.behind else "open")
        if show != "all":
            rows = rows.filter(closed_at__isnull=show != "closed")
        if office := wanted.get("office"):
            rows = rows.filter(office=office) if self.alone else rows.filter(office__path__startswith=office.path)
        if branch := wanted.get("branch"):
            rows = rows.filter(branch="" if branch == "open" else branch)
        if wanted.get("kind"):
            rows = rows.filter(case_class=wanted["kind"])
        if wanted.get("outcome"):
            rows = rows.filter(outcome=wanted["outcome"])
        if wanted.get("since"):
            rows = rows.filter(received_at__date__gte=wanted["since"])
        if wanted.get("until"):
            rows = rows.filter(received_at__date__lte=wanted["until"])
        return self._behind(rows, now)

    def _behind(self, rows: "QuerySet[WarningCase]", now: datetime) -> "QuerySet[WarningCase]":
        """Narrow to the records of a figure; a figure that nobody knows has none."""
        if not self.behind:
            return rows
        targets = targets_of(self.mission)
        measure, standing = self.behind.get("clock"), self.behind.get("is", "")
        if measure:
            known = measure in MOMENTS and standing in STANDINGS
            rows = timed(rows).filter(standing_q(measure, standing, targets, now)) if known else rows.none()
        if key := self.behind.get("indicator"):
            condition = RECORDS.get((key, self.behind.get("part", "")))
            rows = marked(rows, targets).filter(condition) if condition is not None else rows.none()
        return rows

    @property
    def behind_words(self) -> str:
        """Return of which figure these are the records, "" where the page was opened by itself."""
        measure, standing = self.behind.get("clock", ""), self.behind.get("is", "")
        if measure in MOMENTS and standing in STANDINGS:
            return f"{Measure(measure).label}: {STANDINGS[standing]}"
        named = {one.key: one for one in INDICATORS}
        if one := named.get(self.behind.get("indicator", "")):
            parts = {"numerator": _("counted"), "denominator": _("out of"), "unknown": _("not recorded")}
            part = parts.get(self.behind.get("part", ""), "")
            return f"{one.code} {one.name}: {part}"
        return ""


def records_url(**wanted: Any) -> str:
    """Return the address of the matrix with the records behind a figure; what is None or empty is left out."""
    query = {name: value.isoformat() if isinstance(value, date) else value for name, value in wanted.items() if value}
    return f"{reverse('coordination:ew-matrix')}?{urlencode(query)}"
