"""What an early warning flash report says: the case and what a forum decided on it (Annex V, step I12; EW-10)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.choices import ActionState
from coordination.models import ActionPoint, CaseReport, Decision, WarningCase
from coordination.warnings.choices import (
    CaseClass,
    ExpectedTime,
    ImpactLevel,
    InformationReliability,
    SourceReliability,
    Threatening,
    UnitRating,
)
from coordination.warnings.decisions import decisions_now
from coordination.warnings.flash_content import Draft, Paragraph, Section, paragraphs, said_at, shortened
from coordination.warnings.recipients import marking_of
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people

MOST_REPORTS, MOST_DECISIONS, MOST_ACTIONS = 3, 4, 6  # the latest, the first due: a flash report is one to two pages


def standing_decisions(case: WarningCase) -> Any:
    """Return the decisions that count for the round that the case is in and that nobody overruled, oldest first."""
    return decisions_now(case).select_related("meeting__forum", "recorded_by").order_by("decided_at", "pk")


def no_decision() -> RuleError:
    """Return the refusal of a flash report without a decision (EW-10)."""
    return RuleError(
        "no_decision",
        _("No forum has decided on this case yet. Record the decision first: the flash report tells what was decided."),
    )


def draft_of_case(case: WarningCase, by: Any) -> Draft:
    """Return the flash report on a case with what its sender may see. Five queries, whatever the number of parts.

    The report is marked as high as the highest of what it tells. Raises `RuleError` without a standing decision
    (POC Handbook 2020, Annex V, step I12; EW-10).
    """
    seen = Decision.objects.visible_to(by).values("pk")
    decisions = list(standing_decisions(case).filter(pk__in=seen))[-MOST_DECISIONS:]
    if not decisions:
        raise no_decision()
    rows = ActionPoint.objects.visible_to(by).filter(item__case=case).exclude(state=ActionState.CANCELLED)
    actions = list(rows.select_related("owner", "component", "meeting__forum").order_by("due_on", "number"))
    cited = [one.marking for one in (*decisions, *actions)]
    cited += [one.meeting.forum.marking for one in decisions] + [one.meeting.marking for one in (*decisions, *actions)]
    sections = (
        Section(_("What is known"), _known(case)),
        Section(_("What may happen, and to whom"), _danger(case)),
        Section(_("What was decided"), tuple(_decision(one) for one in decisions)),
        Section(_("Actions"), _actions(case, actions)),
        Section(_("What is not known"), _unknown(case)),
    )
    what = {"ref": case.ref, "act": str(case.get_act_display()).lower(), "place": case.place}
    return Draft(
        title=_("EARLY WARNING FLASH REPORT"),
        subject=_("%(ref)s: %(act)s feared, %(place)s") % what,
        file_ref=case.ref,
        sections=tuple(section for section in sections if section.paragraphs),
        marking=max([marking_of(case), *cited]),
        decision=decisions[-1],
    )


def _known(case: WarningCase) -> tuple[Paragraph, ...]:
    where = f"{case.place} ({case.area.name})" if case.area else case.place
    said = {"at": said_at(case.received_at), "how": str(case.get_channel_display()).lower(), "where": where}
    reports = list(CaseReport.objects.filter(case=case).order_by("-received_at", "-pk"))
    return paragraphs(
        _("Received on %(at)s (%(how)s) about %(where)s:") % said + f" {shortened(case.text)}",
        *(_report(one) for one in reversed(reports[:MOST_REPORTS])),
        _reliability(case),
    )


def _report(report: CaseReport) -> str:
    lead = _("On %(at)s a further report came in:") if not report.corroborates else _("On %(at)s this was borne out:")
    return lead % {"at": said_at(report.received_at)} + f" {shortened(report.text, 300)}"


def _reliability(case: WarningCase) -> str:
    """Say the ratings as they were given: one that nobody gave yet is not told as F, which is a judgment (step 3)."""
    not_yet = _("not rated yet")
    source = SourceReliability(case.source_reliability).label if case.source_reliability else not_yet
    information = (
        InformationReliability(case.information_reliability).label if case.information_reliability else not_yet
    )
    said = {"source": source, "information": information, "class": CaseClass(case.case_class).label}
    text = _("Source: %(source)s. Information: %(information)s. Class: %(class)s,") % said
    if case.case_class == CaseClass.WARNING:
        return f"{text} " + _("triangulated and validated.")
    return f"{text} " + _("not confirmed or not fully triangulated.")


def _danger(case: WarningCase) -> tuple[Paragraph, ...]:
    what = _("%(act)s. When: %(when)s. Who threatens: %(who)s.") % {
        "act": case.get_act_display(),
        "when": str(case.get_expected_display()).lower(),
        "who": str(case.get_threatening_display()).lower(),
    }
    groups = [*case.at_risk_labels, *(one.name for one in case.groups.all())]
    people = _("At risk: %(who)s. Number: %(n)s.") % {"who": for_people(groups), "n": for_people(case.people)}
    if case.un_staff:
        people += " " + _("UN staff are threatened too.")
    impact = _("Impact on civilians: %(civilians)s; on children: %(children)s; on women and girls: %(women)s.") % {
        "civilians": _level(case.impact_civilians),
        "children": _level(case.impact_children, case.children_rating),
        "women": _level(case.impact_women, case.women_rating),
    }
    rating = _("Overall impact: %(impact)s. Likelihood: %(likelihood)s. Priority: %(priority)s.") % {
        "impact": _level(case.impact),
        "likelihood": _level(case.likelihood),
        "priority": str(case.get_priority_display()).lower() if case.priority else _("not rated"),
    }
    imminence = _("%(word)s: %(reason)s") % {
        "word": case.get_branch_display(),
        "reason": shortened(case.imminence_reason, 300),
    }
    return paragraphs(what, people, f"{impact} {rating}", imminence if case.branch else "")


def _level(value: int | None, rating: str = "") -> str:
    if rating == UnitRating.NOT_RELEVANT:
        return _("not relevant")
    return str(ImpactLevel(value).label).lower() if value else _("not rated")


def _decision(one: Decision) -> Paragraph:
    said = {"forum": one.meeting.forum.name, "at": said_at(one.decided_at), "ref": one.ref}
    return Paragraph(_("%(forum)s, %(at)s (%(ref)s):") % said + f" {shortened(one.text, 400)}", {"decision": one.pk})


def _actions(case: WarningCase, actions: list[ActionPoint]) -> tuple[Paragraph, ...]:
    lines = []
    for one in actions[:MOST_ACTIONS]:
        said = {"who": one.owner, "component": one.component, "day": for_people(one.due_on)}
        text = f"{one.ref} {shortened(one.text, 160)}. " + _("%(who)s, %(component)s, until %(day)s.") % said
        done = "" if one.state == ActionState.OPEN else f" {one.get_state_display()}."
        lines.append(Paragraph(text + done, {"action": one.pk}))
    if len(actions) > MOST_ACTIONS:
        lines.append(Paragraph(_("Further action points stand in the case.")))
    for response in case.responses.select_related("component").order_by("pk"):
        who = response.component.name if response.component else response.host_authority
        said = {"kind": response.get_kind_display(), "who": who, "state": str(response.get_state_display()).lower()}
        lines.append(Paragraph(_("Response: %(kind)s, %(who)s, %(state)s.") % said))
    return tuple(lines) or paragraphs(_("No action point is recorded yet."))


def _unknown(case: WarningCase) -> tuple[Paragraph, ...]:
    gaps = [
        (case.source_reliability in ("", SourceReliability.F), _("how reliable the source is")),
        (
            case.information_reliability in ("", InformationReliability.UNKNOWN),
            _("whether the information is true"),
        ),
        (case.expected == ExpectedTime.UNKNOWN, _("when it may happen")),
        (case.threatening == Threatening.UNKNOWN, _("who threatens")),
        (not case.at_risk, _("who is at risk")),
        (case.people is None, _("how many people are at risk")),
        (case.impact_civilians is None, _("the impact on civilians")),
        (case.impact_children is None and case.children_rating != UnitRating.NOT_RELEVANT, _("the impact on children")),
        (
            case.impact_women is None and case.women_rating != UnitRating.NOT_RELEVANT,
            _("the impact on women and girls"),
        ),
        (case.likelihood is None, _("how likely it is")),
        (case.area is None, _("the exact place")),
    ]
    missing = [words for is_missing, words in gaps if is_missing]
    if not missing:
        return paragraphs(_("None of the questions of the procedure is open."))
    lead = ngettext("Not known or not rated yet:", "Not known or not rated yet:", len(missing))
    return paragraphs(f"{lead} {'; '.join(missing)}.")
