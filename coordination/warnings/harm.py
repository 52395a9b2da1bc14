"""What harm an operation may do: assessed, sent to the POC Unit, and only then carried out (step 16; EW-11).

The number of the step comes after that of the response, its gate before it: nothing goes round it, a reason neither.
A changed operation is assessed anew. Source: POC Handbook 2020, Annex V, step 16.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import CaseResponse, HarmAssessment, WarningCase
from coordination.warnings import rules
from coordination.warnings.choices import CaseState
from coordination.warnings.moves import locked_case, move_case, write_step
from coordination.warnings.recipients import people_of, recipients_for
from coordination.warnings.sending import begin_rows, refuse_closed, tell
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.permissions import require

TOPIC = "harm_assessment"
TEXTS = ("operation", "foreseen_harm", "mitigation", "response_strategy", "consulted")
ASK: dict[str, Any] = {
    "operation": gettext_lazy("Describe the operation: who does what, where and when."),
    "foreseen_harm": gettext_lazy("Say what harm is foreseen. If none is, say why."),
    "mitigation": gettext_lazy("Say how the harm is held down."),
    "response_strategy": gettext_lazy("Say what is done if harm occurs."),
    "consulted": gettext_lazy("Say who of the JMAC and U2 was consulted, and when."),
}


def operations_of(case: WarningCase) -> Any:
    """Return the responses of a case that are operations."""
    return CaseResponse.objects.filter(case=case, is_operation=True)


def last_planned(case: WarningCase) -> datetime | None:
    """Return when an operation of the case was last planned or changed, None without one."""
    rows = operations_of(case).annotate(at=Greatest(Coalesce(F("planned_at"), F("created_at")), F("created_at")))
    latest: datetime | None = rows.order_by("-at").values_list("at", flat=True).first()
    return latest


def valid_assessment(case: WarningCase) -> HarmAssessment | None:
    """Return the latest assessment that covers the operations as planned now and was sent to the POC Unit."""
    planned = last_planned(case)
    rows = HarmAssessment.objects.filter(case=case, sent_at__isnull=False)
    return rows.filter(made_at__gte=planned).order_by("-pk").first() if planned else rows.order_by("-pk").first()


def refuse_unassessed(case: WarningCase) -> None:
    """Raise `RuleError` while an operation of the case has no assessment of its present plan that was sent (EW-11)."""
    if not (case.has_operation or last_planned(case)) or valid_assessment(case) is not None:
        return  # a case may be said to hold an operation before its response is written down
    if HarmAssessment.objects.filter(case=case, sent_at__isnull=False).exists():
        words = _("The operation was changed after its harm was assessed. Assess it anew and send it to the POC Unit.")
    elif HarmAssessment.objects.filter(case=case).exists():
        words = _("The harm assessment has not been sent to the POC Unit. Send it, then begin the operation.")
    else:
        words = _("The response contains an operation. Assess its harm first and send that to the POC Unit.")
    raise RuleError("harm_not_assessed", words, "harm")


def guard_implement(case: WarningCase, step: rules.Step) -> None:
    """Refuse to call a response under way that nobody planned, or whose operation was not assessed (EW-11)."""
    if not case.responses.exists():
        raise RuleError("response_missing", _("Say first what the response is: add it to the case."), "response")
    refuse_unassessed(case)


def guard_assessed(case: WarningCase, step: rules.Step) -> None:
    """Refuse to call the harm assessed that was not, or that the POC Unit does not know of (EW-11)."""
    if valid_assessment(case) is None:
        words = _("Write the harm assessment of the operation and send it to the POC Unit.")
        raise RuleError("harm_not_assessed", words, "harm")


@transaction.atomic
def assess_harm(case: WarningCase, *, given: Mapping[str, str], by: Any, now: datetime | None = None) -> HarmAssessment:
    """Store a harm assessment, a further one in the series, and return it. Raises `Forbidden`, `RuleError`."""
    case = locked_case(case.pk)
    require(by, rules.HARM, case)
    refuse_closed(case)
    moment = now or clock.now(case.mission)
    texts = {name: str(given.get(name) or "").replace("\r\n", "\n").strip() for name in TEXTS}
    for name in TEXTS:
        if not texts[name]:
            raise RuleError(f"{name}_missing", str(ASK[name]), name)
    if len(texts["consulted"]) > 200:
        raise RuleError("consulted_too_long", _("Say it in 200 characters."), "consulted")
    made: HarmAssessment = HarmAssessment.objects.create(case=case, made_at=moment, made_by=by, **texts)
    changes: dict[str, list[Any]] = {name: [None, text] for name, text in texts.items()}
    record_event(by, "assessed the harm of an operation on", made, changes=changes, now=moment)
    return made


@transaction.atomic
def send_harm(assessment: HarmAssessment, *, by: Any, now: datetime | None = None) -> HarmAssessment:
    """Send an assessment to the POC Unit and return it; a case that waits for it moves on to harm assessed.

    Raises `Forbidden`, `Conflict` when it was sent, `RuleError` when a later one stands or nobody would get it.
    """
    case = locked_case(assessment.case_id)
    require(by, rules.HARM, case)
    refuse_closed(case)
    moment = now or clock.now(case.mission)
    if HarmAssessment.objects.filter(case=case, pk__gt=assessment.pk).exists():
        raise RuleError("harm_outdated", _("A later assessment was written. Send that one."))
    pairs = people_of(recipients_for(case, "I16"))
    if not pairs:
        raise RuleError("nobody_told", _("Nobody of the POC Unit may see the case. Ask the administrator."))
    rows = HarmAssessment.objects.filter(pk=assessment.pk, sent_at=None)
    if not rows.update(sent_at=moment):
        raise Conflict("already_sent", _("It was sent to the POC Unit already."))
    assessment.refresh_from_db()
    begin_rows(case, "I16", pairs, now=moment)
    said: dict[str, list[Any]] = {
        "harm": [None, assessment.pk],
        "sent_to": [None, [person.pk for _label, person in pairs]],
    }
    if case.is_imminent and case.state == CaseState.MATRIX_UPDATED:
        move_case(case, "assess-harm", by=by, said=said, now=moment)
    else:
        words = "sent the harm assessment on"
        write_step(case, key="16", act="send-harm", verb=words, columns={}, said=said, by=by, now=moment)
    text = _("%(ref)s: the harm assessment of an operation came in. Read it.") % {"ref": case.ref}
    tell(case, "I16", pairs, text=text, topic=TOPIC, now=moment)
    return assessment
