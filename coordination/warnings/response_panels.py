"""What the page of a case and the desk show of sending and responding. Each panel costs a fixed number of queries."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.choices import MeetingKind
from coordination.models import (
    ActionPoint,
    CaseRecipient,
    CaseResponse,
    CaseShare,
    Decision,
    HarmAssessment,
    Share,
    WarningCase,
)
from coordination.permissions import CALL
from coordination.warnings import rules
from coordination.warnings.acknowledgement import waiting_of
from coordination.warnings.decisions import decisions_of, round_began
from coordination.warnings.response_words import acknowledged_words, tone_of
from coordination.warnings.sending import SEND
from pocweb import clock
from pocweb.desk import Content, Item, Visit
from pocweb.together import Part

MOST = 8
MOST_READ = 100


def recipients_panel(user: Any, case: WarningCase) -> Mapping[str, Any]:
    """Who got the case at which step, who acknowledged, who is silent since when (EW-08). One query."""
    now = clock.now(case.mission)
    rows = CaseRecipient.objects.filter(case=case).select_related("person", "stands_for__person")
    lines: list[dict[str, Any]] = []
    for row in rows.order_by("step", "level", "pk"):
        tone, words = acknowledged_words(row, now)
        lines.append({"row": row, "tone": tone, "words": words, "is_alert": row.step == SEND})
    alert = [line for line in lines if line["is_alert"]]
    known = sum(line["row"].acknowledged_at is not None for line in alert)
    may_steer = case.is_open and user.has_perm(rules.STEER, case)
    return {
        "case": case,
        "lines": sorted(lines, key=lambda line: line["tone"] != "bad"),
        "count": len(alert),
        "known": known,
        "silent": sum(line["tone"] == "bad" for line in alert),
        "is_mine": case.is_open
        and any(line["row"].person_id == user.pk and not line["row"].acknowledged_at for line in lines),
        "may_share": may_steer,
        "may_send": may_steer and case.is_imminent,
    }


def decisions_panel(user: Any, case: WarningCase) -> Mapping[str, Any]:
    """What forums decided on the case and who does what until when; the emergency meeting. Three queries."""
    found = list(decisions_of(case).visible_to(user))
    began = round_began(case) if found else None
    actions = ActionPoint.objects.visible_to(user).filter(item__case=case).select_related("owner", "component")
    today = clock.today(case.mission)
    return {
        "case": case,
        "decisions": [{"one": one, "is_now": bool(began and one.decided_at >= began)} for one in found],
        "actions": [
            {"one": one, "is_late": one.state == "open" and one.due_on < today}
            for one in actions.order_by("due_on", "number")
        ],
        "may_call": case.is_open and case.is_imminent and user.has_perm(CALL, case),
        "emergency": MeetingKind.EMERGENCY.value,
    }


def responses_panel(user: Any, case: WarningCase) -> Mapping[str, Any]:
    """What is done, by whom, since when, to what effect. One query."""
    rows = CaseResponse.objects.filter(case=case).select_related("component", "owner")
    now = clock.now(case.mission)
    return {
        "case": case,
        "lines": [
            {
                "one": one,
                "tone": tone_of(one.state),
                "is_late": bool(one.due_at and one.due_at < now and one.state != "done"),
            }
            for one in rows.order_by("pk")
        ],
        "may_add": case.is_open and user.has_perm(rules.RESPOND, case),
    }


def harm_panel(user: Any, case: WarningCase) -> Mapping[str, Any] | None:
    """The harm assessments of the operation, and whether the present plan is covered (EW-11). Two queries."""
    made = list(HarmAssessment.objects.filter(case=case).select_related("made_by").order_by("-pk"))
    may = case.is_open and user.has_perm(rules.HARM, case)
    if not made and not case.has_operation:
        return None
    plans = CaseResponse.objects.filter(case=case, is_operation=True).values_list("planned_at", "created_at")
    planned = max((at or created for at, created in plans), default=None)
    covered = any(one.sent_at and (planned is None or one.made_at >= planned) for one in made)
    return {"case": case, "made": made, "is_covered": covered, "has_operation": planned is not None, "may": may}


def told_panel(user: Any, case: WarningCase) -> Mapping[str, Any]:
    """Who outside was told what, as which decision (EW-12). Three queries."""
    rows = CaseShare.objects.filter(case=case).select_related("share__mission", "told_by").order_by("-told_at", "-pk")
    decided = set(Decision.objects.visible_to(user).filter(item__case=case).values_list("pk", flat=True))
    shares = set(Share.objects.visible_to(user).filter(pk__in=rows.values("share")).values_list("pk", flat=True))
    return {
        "case": case,
        "lines": [
            {"one": one, "share": one.share if one.share_id in shares else None}
            for one in rows
            if one.decision_id in decided
        ],
        "may_tell": case.is_open and user.has_perm(rules.STEER, case),
    }


def ask_alerts(visit: Visit) -> Part:
    """Ask for what waits for the person's word."""
    columns = ("label", "due_at", "sent_at", "acknowledged_at", "stands_for__label")
    of_case = ("case__mission_id", "case__number", "case__act", "case__place")
    return Part(waiting_of(visit.user).filter(case__mission=visit.mission), (*columns, *of_case), MOST_READ)


def alerts_waiting(visit: Visit) -> Content | None:
    """Alerts that wait for the person's word, first on the desk; None while none does. One query (EW-08)."""
    found: dict[int, CaseRecipient] = {}
    for row in visit.rows_of(ask_alerts):
        found.setdefault(row.case_id, row)
    if not found:
        return None
    alerts = [row for row in found.values() if row.due_at is not None]
    words = ngettext("%(n)d alert to acknowledge", "%(n)d alerts to acknowledge", len(alerts)) % {"n": len(alerts)}
    shown = sorted(found.values(), key=lambda row: row.due_at is None)[:MOST]
    return Content(items=tuple(_item(row, visit) for row in shown), waiting=((len(alerts), words),), is_wide=True)


def _item(row: CaseRecipient, visit: Visit) -> Item:
    tone, words = acknowledged_words(row, visit.now)
    note = _("Sent to you as: %(label)s") % {"label": row.label}
    if row.stands_for is not None:
        note = _("It climbed to you: not acknowledged by %(who)s") % {"who": row.stands_for.label}
    return Item(
        text=str(row.case),
        url=reverse("coordination:case-detail", args=[row.case_id]),
        tone=tone,
        state=words,
        note=note,
        act=_("Acknowledge"),
        act_url=reverse("coordination:case-acknowledge", args=[row.case_id]),
        is_post=True,
    )
