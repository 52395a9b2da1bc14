"""What a report leaves out because of its marking, told only to people who are cleared for those records."""

from typing import Any

from reporting.models import Report
from threats.models import FactorReading, Incident, Threat, TriggerEvent


def left_out(report: Report, user: Any) -> dict[str, int]:
    """Return how many active threats and incidents of the period are marked higher than the report.

    Only records that `user` may see are counted, so that the number tells nobody what they are not cleared for.
    """
    threats = Threat.objects.visible_to(user).filter(mission=report.mission_id, marking__gt=report.marking)
    incidents = Incident.objects.visible_to(user).filter(mission=report.mission_id, marking__gt=report.marking)
    return {
        "threats": threats.active().count(),
        "incidents": incidents.counted().between(report.starts_on, report.ends_on).count(),
    }


def foresight_left_out(report: Report, user: Any) -> int:
    """Return how many events of the calendar and readings of the watch are marked higher than the report.

    Only those that `user` may see are counted.
    """
    triggers = TriggerEvent.objects.visible_to(user).filter(mission=report.mission_id, marking__gt=report.marking)
    readings = FactorReading.objects.visible_to(user).filter(
        watch__mission=report.mission_id, marking__gt=report.marking
    )
    return triggers.count() + readings.count()
