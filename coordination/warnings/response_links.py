"""What other parts know of sending and responding: guards, acts, panels, topics, the round of reminders, the trail."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coordination.models import CaseResponse, CaseShare, HarmAssessment
from coordination.warnings import decisions, harm, recipients, reminders_ew, responses, sending, telling
from coordination.warnings import emergency as emergencies
from coordination.warnings.case_panels import register_act, register_case_panel
from coordination.warnings.moves import register_guard
from coordination.warnings.response_panels import (
    alerts_waiting,
    ask_alerts,
    decisions_panel,
    harm_panel,
    recipients_panel,
    responses_panel,
    told_panel,
)
from pocweb.choices import NoticeMode
from pocweb.desk import register_panel
from pocweb.navigation import register as register_entry
from pocweb.notices import register_topic
from pocweb.reference_data import register_loader
from pocweb.schedule import register_tick
from pocweb.trail import register_record, register_verbs

GUARDS = {
    "send-out": sending.guard_sent,
    "decide": decisions.guard_decided,
    "decide-emergency": decisions.guard_decided,
    "tell": telling.guard_told,
    "assess-harm": harm.guard_assessed,
    "implement": harm.guard_implement,
}
ACTS = {
    "send-out": "coordination:case-send-out",
    "table": "coordination:case-table",
    "decide": "coordination:case-decision",
    "decide-emergency": "coordination:case-decision",
    "tell": "coordination:case-tell",
    "assess-harm": "coordination:harm-create",
    "implement": "coordination:case-implement",
    "close": "coordination:case-close",
}
VERBS: dict[str, str | Promise] = {
    "shared": _("shared"),
    "acknowledged": _("acknowledged"),
    "reminded of": _("reminded a silent recipient"),
    "climbed the chain with": _("told the next level up"),
    "called an emergency meeting on": _("called an emergency meeting"),
    "assessed the harm of an operation on": _("assessed the harm of an operation"),
    "sent the harm assessment on": _("sent the harm assessment"),
    "planned a response": _("planned a response"),
    "planned a response to": _("planned a response"),
    "changed a response": _("changed a response"),
    "changed a response to": _("changed a response"),
    "began a response": _("began a response"),
    "began a response to": _("began a response"),
    "completed a response": _("completed a response"),
    "met an obstacle in": _("met an obstacle in a response"),
    "noted the effect of": _("noted the effect of a response"),
    "told people of": _("recorded who was told"),
    "told people of a case": _("recorded who was told"),
    "changed the recipients of a step in": _("changed the recipients of a step"),
}


def register() -> None:
    """Called once, when the app is ready."""
    for act, guard in GUARDS.items():
        register_guard(act, guard)
    for act, name in ACTS.items():
        register_act(act, name)
    register_case_panel(
        20, "recipients", _("Who knows of it"), "coordination/_response_recipients.html", recipients_panel
    )
    register_case_panel(
        30, "decisions", _("Decisions and actions"), "coordination/_response_decisions.html", decisions_panel
    )
    register_case_panel(40, "responses", _("Responses"), "coordination/_response_list.html", responses_panel)
    register_case_panel(50, "harm", _("Harm of the operation"), "coordination/_response_harm.html", harm_panel)
    register_case_panel(60, "told", _("Who outside was told"), "coordination/_response_told.html", told_panel)
    register_panel(1, _("Alerts to acknowledge"), alerts_waiting, ask_alerts)
    register_topic(sending.ALERT, _("An alert to acknowledge"), NoticeMode.AT_ONCE, urgent=True)
    register_topic(emergencies.TOPIC, _("An emergency meeting"), NoticeMode.AT_ONCE, urgent=True)
    register_topic(sending.SHARED, _("A case that was shared"), NoticeMode.IN_APP)
    register_topic(responses.TOPIC, _("A response complete or hindered"), NoticeMode.AT_ONCE)
    register_topic(harm.TOPIC, _("A harm assessment"), NoticeMode.AT_ONCE)
    register_tick("early-warning-reminders", reminders_ew.EVERY_SECONDS, reminders_ew.round_of_schedule)
    register_loader("early-warning", recipients.load)
    register_entry(78, "coordination:recipient-rules", _("Recipients of alerts"), recipients.SET, in_account_menu=True)
    register_record(CaseResponse, lambda one: reverse("coordination:response-detail", args=[one.pk]))
    register_record(HarmAssessment, lambda one: reverse("coordination:case-detail", args=[one.case_id]))
    register_record(CaseShare, lambda one: reverse("coordination:case-detail", args=[one.case_id]))
    register_verbs(VERBS)
