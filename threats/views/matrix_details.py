"""What stands below the cells of an open row, on the threat's own page and beside a rating alike."""

from typing import Any

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
