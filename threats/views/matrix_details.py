"""What stands below the cells of an open row, on the threat's own page and beside a rating alike."""

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pocweb.charts import sparkline
from threats.evidence import LONG, SHORT, Evidence, month_starts
from threats.filters import as_query
from threats.matrix import MatrixRow
from threats.views.matrix_filters import tiers_and_phases
from threats.views.matrix_html import add_activity_url


def response_grid(row: MatrixRow, *, can_edit: bool) -> list[dict[str, Any]]:
    """Return the tiers with a cell per phase: its activities, whether it is a gap, and where one is added.

    Empty cells stay visible; a tier that is called for and has nothing is a gap in all its cells. Source: POC Handbook
    2020, 2.2 (tiers and phases).
    """
    tiers, phases = tiers_and_phases()
    lacking = {gap.tier for gap in row.gaps if gap.tier}
    lines = []
    for tier, label in tiers:
        found = [one for one in (*row.response_activities, *row.action_activities) if one.tier == tier]
        cells = [
            {
                "phase": phase_label,
                "activities": [one for one in found if phase in one.phases],
                "is_gap": tier in lacking,
                "url": add_activity_url(row.pk, tier=tier, phase=phase) if can_edit else "",
            }
            for phase, phase_label in phases
        ]
        lines.append({"label": label, "cells": cells})
    return lines


def evidence_links(ref: str, today: date, user: Any) -> dict[str, str]:
    """Return the addresses of the incidents behind the numbers of the strip; empty for who may not see incidents."""
    if not user.has_perm("threats.view_incident"):
        return {}
    last = today + timedelta(days=1)
    starts = {"last_30": last - timedelta(days=SHORT), "last_90": last - timedelta(days=LONG)}
    starts["year"] = month_starts(today)[0]
    listed = reverse("threats:incident-list")
    return {name: f"{listed}?{as_query({'threat': ref, 'from': start, 'to': today})}" for name, start in starts.items()}


def year_sparkline(ref: str, evidence: Evidence, today: Any) -> SafeString:
    """Return the bars of people killed per month, best estimates, for the twelve months that end with today's."""
    months = [f"{start:%b %Y}" for start in month_starts(today)]
    numbers = ", ".join(str(number) for number in evidence.months)
    label = _("Killed per month for %(ref)s, %(first)s to %(last)s: %(numbers)s")
    return sparkline(
        evidence.months, label % {"ref": ref, "first": months[0], "last": months[-1], "numbers": numbers}, names=months
    ).svg
