"""What people do to a case: each step of the assessment, sending out at once, further reports, ties, the place."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from coordination.meetings.forms import RefusingForm
from coordination.models import WarningCase
from coordination.warnings import links, ratings, rules, services
from coordination.warnings.act_forms import SpecialForm, UrgentForm
from coordination.warnings.acts import FORMS, form_for
from coordination.warnings.area_words import area_for, places_near
from coordination.warnings.case_page import url_of
from coordination.warnings.choices import TaskKind
from coordination.warnings.forms import (
    FurtherReportForm,
    IncidentLinkForm,
    PlaceForm,
    ReasonForm,
    ThreatLinkForm,
)
from coordination.warnings.moves import reopen_case
from coordination.warnings.sending import SEND
from coordination.warnings.urgent import send_now
from coordination.warnings.views import load_case
from pocweb.errors import Conflict, RuleError
from pocweb.models import Area
from pocweb.pages import permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.forms.threats import ThreatForm

PROMOTED = ("title", "areas", "location", "violence_types", "civilians", "perpetrators", "marking")


def _page(
    request: HttpRequest, case: WarningCase, form: Any, *, title: str, label: str, intro: str = "", **more: Any
) -> HttpResponse:
    """Draw the page of one act, with what was typed and 422 where it was refused."""
    based_on = stated_version(request.POST) or case.version
    context = {"case": case, "form": form, "title": title, "label": label, "intro": intro, "based_on": based_on}
    context |= {"marking": case.marking, **more}
    return render(request, "coordination/case_act.html", context, status=422 if form.errors else 200)


def _done(request: HttpRequest, form: RefusingForm, act: Callable[[], Any]) -> bool:
    """Do an act when its form is filled; a refusal is shown on the form. A case that moved on is told as a conflict.

    Returns whether it was done.
    """
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act()
    except Conflict as error:
        form.add_error(None, f"{error.message} " + _("What you typed is kept below."))
    except RuleError as error:
        if error.status != RuleError.status:
            raise
        form.refuse(error)
    else:
        return True
    return False


def _version(request: HttpRequest) -> int | None:
    return stated_version(request.POST) or None


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.view_case")
@sent_once
def case_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """One step of the assessment: taken in turn, out of order with a reason, or rated anew."""
    case = load_case(request, pk)
    if act not in FORMS:
        if (url := url_of(case, act)) is None:
            raise Http404
        return redirect(url)
    step, _is_out_of_order = rules.step_for(act, state=case.state, branch=case.branch)
    require(request.user, step.permission, case)
    form = form_for(act, case, request.user, request.POST or None)

    def do() -> WarningCase:
        return FORMS[act].service(case, by=request.user, based_on=_version(request), **form.values())

    if _done(request, form, do):
        case.refresh_from_db()
        messages.success(request, _said(case))
        return redirect("coordination:case-detail", pk)
    return _page(request, case, form, title=str(step.label), label=str(step.label))


def _said(case: WarningCase) -> str:
    """Say where a case stands after an act."""
    words = {"ref": case.ref, "state": str(case.get_state_display()).lower()}
    if case.priority:
        words["priority"] = str(case.get_priority_display()).lower()
        return _("%(ref)s: %(state)s, priority %(priority)s.") % words
    return _("%(ref)s: %(state)s.") % words


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.decide_case_imminence")
@sent_once
def case_urgent(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide that a case is imminent and send it out, now, whatever is not rated yet (step I10)."""
    case = load_case(request, pk)
    require(request.user, rules.IMMINENCE, case)
    form = UrgentForm(request.POST or None)

    def do() -> WarningCase:
        return send_now(case, reason=form.cleaned_data["why"], by=request.user, based_on=_version(request))

    if _done(request, form, do):
        sent = case.recipients.filter(step=SEND).count()
        words = ngettext(
            "%(ref)s is imminent, sent to %(n)d person.", "%(ref)s is imminent, sent to %(n)d people.", sent
        )
        messages.success(request, words % {"ref": case.ref, "n": sent})
        return redirect("coordination:case-detail", pk)
    return _page(request, case, form, title=_("Urgent: send it out now"), label=_("It is imminent: send it out"))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.rate_special_impact")
@sent_once
def case_special(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """7A or 7B: the impact on children, or on women and girls."""
    if kind not in ratings.SPECIAL:
        raise Http404
    case = load_case(request, pk)
    require(request.user, ratings.RATE_SPECIAL, case)
    form = SpecialForm(request.POST or None, kind=kind)

    def do() -> WarningCase:
        return ratings.rate_special_impact(
            case, kind=kind, by=request.user, based_on=_version(request), **form.values()
        )

    if _done(request, form, do):
        messages.success(request, _("Recorded in %(ref)s.") % {"ref": case.ref})
        return redirect("coordination:case-detail", pk)
    return _page(request, case, form, title=str(TaskKind(kind).label), label=_("Record the rating"))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.file_case")
@sent_once
def case_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a further report on the same threat."""
    case = load_case(request, pk)
    form = FurtherReportForm(request.POST or None)
    if _done(request, form, lambda: services.add_report(case, by=request.user, **form.cleaned_data)):
        messages.success(request, _("Added to %(ref)s.") % {"ref": case.ref})
        return redirect("coordination:case-detail", pk)
    return _page(request, case, form, title=_("Add a report"), label=_("Add the report"))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.rate_case")
@sent_once
def case_place(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which known place the words of the report mean."""
    case = load_case(request, pk)
    require(request.user, rules.RATE, case)
    form = PlaceForm(request.POST or None)

    def do() -> WarningCase:
        words = form.cleaned_data["area"]
        area = Area.objects.filter(pcode__iexact=words.strip(), valid_to=None).first()
        area = area or area_for(words, case.mission, case.office)
        return links.place_case(case, area, by=request.user, based_on=_version(request))

    if _done(request, form, do):
        case.refresh_from_db()
        words = {"ref": case.ref, "area": str(case.area), "office": str(case.office)}
        messages.success(request, _("%(ref)s lies in %(area)s. %(office)s answers for it.") % words)
        return redirect(*_back(request, pk))
    intro = _("The report says: %(place)s.") % {"place": case.place}
    places = places_near(case.office)
    return _page(
        request, case, form, title=_("Settle the place"), label=_("This is the place"), intro=intro, places=places
    )


def _back(request: HttpRequest, pk: int) -> list[Any]:
    """Return where to go after an act that may take the case out of the person's sight."""
    is_seen = WarningCase.objects.visible_to(request.user).filter(pk=pk).exists()
    return ["coordination:case-detail", pk] if is_seen else ["coordination:case-list"]


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.rate_case")
@sent_once
def case_threat(request: HttpRequest, pk: int) -> HttpResponse:
    """Tie the case to a threat of the matrix, or untie it."""
    case = load_case(request, pk)
    require(request.user, rules.RATE, case)
    given: dict[str, Any] = {"by": request.user, "based_on": _version(request)}
    if case.threat_id is not None:
        loose = ReasonForm(request.POST or None)
        if _done(request, loose, lambda: links.unlink_threat(case, reason=loose.cleaned_data["reason"], **given)):
            messages.success(request, _("%(ref)s is tied to no threat.") % {"ref": case.ref})
            return redirect("coordination:case-detail", pk)
        return _page(request, case, loose, title=_("Untie from the threat"), label=_("Untie it"))
    form = ThreatLinkForm(request.POST or None, user=request.user, case=case)
    if _done(request, form, lambda: links.link_threat(case, form.cleaned_data["threat"], **given)):
        messages.success(request, _("%(ref)s is tied to the threat.") % {"ref": case.ref})
        return redirect("coordination:case-detail", pk)
    intro = _("Case and threat keep their own ratings: the schemes differ, and no score is converted.")
    return _page(request, case, form, title=_("Tie to a threat of the matrix"), label=_("Tie it"), intro=intro)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.add_threat")
@sent_once
def case_promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the case a threat of the matrix, the form begun with what the case says."""
    case = load_case(request, pk)
    require(request.user, rules.RATE, case)
    require(request.user, "threats.add_threat", case)
    form = ThreatForm(
        request.POST or None, names=PROMOTED, office=case.office, user=request.user, action=request.path,
        initial=_begun(case),
    )  # fmt: skip

    def do() -> None:
        links.promote_case(case, values=form.changes(), by=request.user, based_on=_version(request))

    if _done(request, form, do):  # type: ignore[arg-type]  # it refuses alike
        case.refresh_from_db()
        ref = case.threat.ref if case.threat else ""
        messages.success(request, _("%(ref)s is in the matrix, not yet rated. Rate it there.") % {"ref": ref})
        return redirect("threats:threat-detail", case.threat_id)
    intro = _("The threat is rated anew, in the scheme of the matrix: no score of the case goes over.")
    return _page(request, case, form, title=_("Make it a threat of the matrix"), label=_("Add the threat"), intro=intro)


def _begun(case: WarningCase) -> dict[str, Any]:
    """Return what the form of the threat begins with."""
    at_risk = ", ".join(case.at_risk_labels)
    return {
        "title": f"{case.get_act_display()}, {case.area or case.place}"[:160],
        "areas": [case.area.pcode] if case.area else [],
        "location": case.place,
        "civilians": f"{at_risk}: {case.people}" if case.people is not None else at_risk,
        "perpetrators": str(case.get_threatening_display()) if case.threatening != "unknown" else "",
        "marking": case.marking,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.rate_case")
@sent_once
def case_incident(request: HttpRequest, pk: int) -> HttpResponse:
    """Tie the case to the incident in which the threat happened."""
    case = load_case(request, pk)
    require(request.user, rules.RATE, case)
    form = IncidentLinkForm(request.POST or None)

    def do() -> WarningCase:
        incident = form.incident_for(request.user, case)
        return links.link_incident(case, incident, by=request.user, based_on=_version(request))

    if _done(request, form, do):
        messages.success(request, _("%(ref)s is tied to the incident.") % {"ref": case.ref})
        return redirect(*_back(request, pk))
    return _page(request, case, form, title=_("It happened: name the incident"), label=_("Tie it"))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.steer_case")
@sent_once
def case_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a closed case back under watch."""
    case = load_case(request, pk)
    require(request.user, rules.STEER, case)
    form = ReasonForm(request.POST or None)
    if _done(request, form, lambda: reopen_case(case, reason=form.cleaned_data["reason"], by=request.user)):
        messages.success(request, _("%(ref)s is under watch again.") % {"ref": case.ref})
        return redirect("coordination:case-detail", pk)
    return _page(request, case, form, title=_("Reopen the case"), label=_("Reopen it"))
