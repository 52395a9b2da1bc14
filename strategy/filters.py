"""Filters of the list of activities, for page, export and API alike."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pocweb import clock
from pocweb.choices import Phase, Tier
from pocweb.models import Component, Office
from strategy.choices import ActivityStatus
from strategy.models import Activity
from strategy.querysets import ActivityQuerySet
from threats.models import Threat
from threats.response import read_answers


def offices_of(user: Any, kind: str = "activity") -> Any:
    """Return the offices in the user's reach for a kind of record, in the order of the tree."""
    where = Q(pk__in=[])
    for grant in user.grants:
        if grant.verbs.get(kind):
            where |= Q(mission=grant.mission_id, path__startswith=grant.office_path)
    return Office.objects.filter(where).order_by("path")


class ActivityFilter(django_filters.FilterSet):
    """Narrows activities by tier, phase, component, status, office with its branch, threat, and overdue."""

    tier = django_filters.ChoiceFilter(label=_("Tier"), choices=Tier.choices, empty_label=_("All"))
    phase = django_filters.ChoiceFilter(
        label=_("Phase"), choices=Phase.choices, method="in_phase", empty_label=_("All")
    )
    component = django_filters.ModelChoiceFilter(
        label=_("Lead component"), queryset=lambda request: _components(request), empty_label=_("All")
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[("open", _("Open")), *ActivityStatus.choices],
        method="in_status",
        empty_label=_("All"),
    )
    office = django_filters.ModelChoiceFilter(
        label=_("Office and below"),
        queryset=lambda request: offices_of(request.user),
        method="in_branch",
        empty_label=_("All"),
    )
    threat = django_filters.ModelChoiceFilter(
        label=_("Threat"),
        queryset=lambda request: Threat.objects.visible_to(request.user).filter(activities__isnull=False).distinct(),
        field_name="threats",
        empty_label=_("All"),
    )
    answers = django_filters.ModelChoiceFilter(
        label=_("Answers active threats of"),
        queryset=lambda request: offices_of(request.user, "threat"),
        method="answers_threats_of",
        empty_label=_("All"),
    )
    overdue = django_filters.ChoiceFilter(
        label=_("Deadline"), choices=[("yes", _("Overdue"))], method="is_overdue", empty_label=_("All")
    )

    class Meta:
        model = Activity
        fields = ("tier", "phase", "component", "status", "office", "threat", "answers", "overdue")

    def in_phase(self, queryset: ActivityQuerySet, _name: str, value: str) -> ActivityQuerySet:
        return queryset.in_phase(value)

    def in_status(self, queryset: ActivityQuerySet, _name: str, value: str) -> ActivityQuerySet:
        return queryset.open() if value == "open" else queryset.filter(status=value)

    def in_branch(self, queryset: ActivityQuerySet, _name: str, value: Office) -> ActivityQuerySet:
        return queryset.filter(mission=value.mission_id, office__path__startswith=value.path)

    def answers_threats_of(self, queryset: ActivityQuerySet, _name: str, value: Office) -> ActivityQuerySet:
        """The activities that the page on the response of an office counts; cancelled ones answer nothing."""
        found = read_answers(value, self.request.user)
        return queryset.filter(pk__in=[one.pk for one in found])

    def is_overdue(self, queryset: ActivityQuerySet, _name: str, _value: str) -> ActivityQuerySet:
        return queryset.overdue(clock.today(getattr(self.request.user, "mission", None)))


def _components(request: Any) -> Any:
    return Component.objects.filter(mission__in={grant.mission_id for grant in request.user.grants})
