"""What stands below the cells of an open row, on the threat's own page and beside a rating alike."""

from collections import Counter
from typing import Any

from threats.matrix import MatrixRow
from threats.views.matrix_filters import tiers_and_phases
from threats.views.matrix_html import add_activity_url


def response_grid(row: MatrixRow, *, can_edit: bool, back: str = "") -> list[dict[str, Any]]:
    """Return the tiers with a cell per phase: its activities, whether it is a gap, and where one is added.

    Empty cells stay visible, and each begins an activity that answers the threat in this tier and phase; its form leads
    `back`. A tier that is called for and has nothing is a gap. Source: POC Handbook 2020, 2.2 (tiers and phases).
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
                "url": add_activity_url(row.pk, tier=tier, phase=phase, back=back) if can_edit else "",
            }
            for phase, phase_label in phases
        ]
        lines.append({"label": label, "cells": cells})
    return lines


def component_shares(row: MatrixRow) -> list[tuple[str, int]]:
    """Return how many activities each component leads, the most first; then the contributing ones that lead none.

    Source: POC Handbook 2020, 8.3 (name the contribution of each component).
    """
    counts = Counter(one.component for one in (*row.response_activities, *row.action_activities))
    return [*counts.most_common(), *((name, 0) for name in row.components if name not in counts)]
