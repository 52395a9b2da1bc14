"""Pages of matrix editions: list, frozen edition, comparison, and the acts of the state table."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.audit import fingerprint, history_of
from pocweb.choices import Marking, RiskLevel
from pocweb.errors import Forbidden, RuleError
from pocweb.models import Office
from pocweb.pages import history_lines, permitted
from threats.choices import ApprovalSlot, EditionState
from threats.comparison import Comparison, cell_texts, compare, marks
from threats.edition_changes import LIVE
from threats.edition_panel import Panel, build_panel, panel_of
from threats.editions import changes_since, in_force, live_rows
from threats.forms.editions import ApproveForm, CompareForm, ReturnForm
from threats.matrix import COLUMNS
from threats.models import EditionApproval, MatrixEdition, Threat
from threats.rounds import reviewed
from threats.rules import editions as rules
from threats.services import editions as services

LABELS = {
    "state": gettext_lazy("State"),
    "sha256": gettext_lazy("Fingerprint"),
    "endorsed_by": gettext_lazy("Endorsed by"),
    "starts_on": gettext_lazy("Covers from"),
    "horizon_on": gettext_lazy("Horizon"),
    "marking": gettext_lazy("Marking"),
    "approval": gettext_lazy("Approval"),
    "approvals": gettext_lazy("Approvals"),
}


def panel_for(
    office: Office,
    user: Any,
    now: datetime,
    *,
    rows: Iterable[Mapping[str, Any]] | None = None,
    counts_late: bool = False,
    editions: Iterable[MatrixEdition] | None = None,
) -> Panel | None:
    """Return the state of the office's edition as `threats/_edition_panel.html` draws it.

    None for people who may not see editions. The rest: see `threats.edition_panel.build_panel`.
    """
    probe = MatrixEdition(mission=office.mission, office=office, marking=0)
    if not user.has_perm("threats.view_edition", probe):
        return None
    return build_panel(office, user, now, rows=rows, counts_late=counts_late, editions=editions)


def office_of(request: HttpRequest, code: str) -> Office:
    """Return the office of the person's mission whose editions they may see; 404 for any other."""
    user: Any = request.user
    office = get_object_or_404(Office.objects.select_related("mission"), mission=user.mission, code=code)
    if not user.has_perm("threats.view_edition", MatrixEdition(mission=office.mission, office=office, marking=0)):
        raise Http404
    return office


def edition_of(request: HttpRequest, pk: int) -> MatrixEdition:
    """Return an edition that the person may see; 404 for any other."""
    rows = MatrixEdition.objects.visible_to(request.user).select_related("office", "mission", "created_by")
    return get_object_or_404(rows, pk=pk)


@require_safe
@permitted("threats.view_edition")
def edition_list(request: HttpRequest, code: str) -> HttpResponse:
    """All editions of an office, newest first, with the choice of two to compare."""
    office = office_of(request, code)
    rows = MatrixEdition.objects.visible_to(request.user).filter(office=office).defer("snapshot")
    rows = rows.select_related("office", "mission", "created_by").order_by("-number")
    approvals = Prefetch("approvals", EditionApproval.objects.select_related("person"))
    editions = list(rows.prefetch_related(approvals))
    form = compare_form(request, [(one.pk, one.number) for one in editions if one.sha256])
    if form and form.is_bound and form.is_valid():
        return redirect("threats:edition-compare", form.cleaned_data["before"], form.cleaned_data["after"])
    context = {
        "office": office,
        "editions": [{"edition": one, "tone": _tone(one)} for one in editions],
        "form": form,
        "panel": panel_for(office, request.user, clock.now(office.mission), counts_late=True, editions=editions),
        "marking": max([one.marking for one in editions], default=None),
    }
    return render(request, "threats/edition_list.html", context)


def frozen_of(office: Office, user: Any) -> list[tuple[int, int]]:
    """Return keys and numbers of the office's frozen editions that the person may see, newest first."""
    rows = MatrixEdition.objects.visible_to(user).filter(office=office).exclude(sha256="")
    return list(rows.order_by("-number").values_list("pk", "number"))


def compare_form(request: HttpRequest, frozen: list[tuple[int, int]], **initial: int) -> CompareForm | None:
    """Return the choice of two sides to compare, from keys and numbers; None before anything is frozen."""
    if not frozen:
        return None
    sides = [(LIVE, _("The live matrix"))]
    sides += [(pk, _("Edition %(number)s") % {"number": number}) for pk, number in frozen]
    start = {"before": frozen[min(1, len(frozen) - 1)][0], "after": frozen[0][0] if len(frozen) > 1 else LIVE}
    return CompareForm(request.GET if "before" in request.GET else None, initial=start | initial, editions=sides)


def _tone(edition: MatrixEdition) -> str:
    if edition.state == EditionState.IN_FORCE:
        return "ok"
    return "warn" if edition.state in EditionState.OPEN_STATES else "none"


def _previous(edition: MatrixEdition, user: Any) -> MatrixEdition | None:
    """Return the frozen edition before this one that the person may see."""
    rows = MatrixEdition.objects.visible_to(user).filter(office=edition.office_id, number__lt=edition.number)
    found: MatrixEdition | None = rows.exclude(sha256="").order_by("-number").first()
    return found


@require_safe
@permitted("threats.view_edition")
def edition_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """An edition: its state, and its rows as they were frozen, marked against the edition before."""
    edition = edition_of(request, pk)
    user: Any = request.user
    now = clock.now(edition.mission)
    previous = _previous(edition, user)
    current = edition if edition.state == EditionState.IN_FORCE else in_force(edition.office)
    if edition.snapshot:
        rows = edition.snapshot["rows"]
    else:
        rows = live_rows(edition.office, now=now, clearance=user.clearance, previous=current)
    found = Comparison()
    if previous and edition.snapshot:
        found = compare(previous.snapshot, edition.snapshot)
    elif previous:
        found = changes_since(previous, now=now, clearance=user.clearance, rows=rows)
    round_lines = [] if edition.sha256 else reviewed(edition, rows)
    events = list(history_of(edition)[:20])
    context = {
        "edition": edition,
        "marking": max([edition.marking, *(row["marking"] for row in rows)]),
        "panel": panel_of(edition, user, now, in_force=current, rows=None if edition.sha256 else rows),
        "lines": matrix_lines(rows, found),
        "columns": [str(column.label) for column in COLUMNS],
        "closed": (edition.snapshot or {}).get("closed", ()),
        "previous": previous,
        "comparison": found if previous else None,
        "is_intact": bool(edition.sha256) and fingerprint(edition.snapshot) == edition.sha256,
        "reviewed": round_lines,
        "reviewed_count": sum(one.at is not None for one in round_lines),
        "can_assess": user.has_perm(
            "threats.assess_threat", Threat(mission=edition.mission, office=edition.office, marking=0)
        ),
        "unrated": rules.unrated((row["ref"], row["risk"]) for row in rows),
        "events": history_lines(events, labels=LABELS, show=_history_value),
    }
    return render(request, "threats/edition_detail.html", context)


def _history_value(name: str, value: Any) -> str:
    """Return a stored plain value of an edition's history as text."""
    if not value:
        return ""
    if name == "marking":
        return str(Marking(value).label)
    if name == "state":
        return str(EditionState(value).label)
    if name == "approval":
        return str(ApprovalSlot(value).label)
    if name == "approvals":
        return "; ".join(f"{ApprovalSlot(one['slot']).label}, {one['person']}" for one in value)
    return str(value)


def matrix_lines(rows: Iterable[Mapping[str, Any]], comparison: Comparison) -> list[dict[str, Any]]:
    """Return stored rows as the read-only matrix draws them, with what changed against the edition before."""
    found = marks(comparison)
    lines = []
    for row in rows:
        mark = found.get(row["pk"])
        texts = cell_texts(row)
        cells = [
            {
                "label": str(column.label),
                "text": texts[column.key],
                "change": mark.cells.get(column.key) if mark else None,
            }
            for column in COLUMNS[2:]
        ]
        lines.append({"row": row, "cells": cells, "mark": mark})
    return lines


def put_refusal(form: Any, error: RuleError) -> None:
    """Show a refused rule on the form; refusals of rights and of races keep their own page and status."""
    if error.status != RuleError.status:
        raise error
    form.add_error(error.field if error.field in form.fields else None, error.message)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.view_edition")
def edition_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Confirm and do one act: consult, approve, return. The page names what the act is about to touch."""
    edition = edition_of(request, pk)
    slot = (request.POST if request.method == "POST" else request.GET).get("slot", "")
    if request.method != "POST":
        step = rules.step_for(edition.state, act, slot if act == rules.APPROVE else "")
        if not request.user.has_perm(step.permission, edition):
            raise Forbidden("forbidden", _("Your role does not allow this here."))
    form = _act_form(request, edition, act, slot)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            edition = _do(request, edition, act, form)
        except RuleError as error:
            if form is None:
                raise
            put_refusal(form, error)
        else:
            _say(request, edition, act)
            return redirect("threats:edition-detail", edition.pk)
    context = {
        "edition": edition,
        "marking": edition.marking,
        "act": act,
        "form": form,
        "role": dict(ApprovalSlot.choices).get(slot, ""),
        "count": len((edition.snapshot or {}).get("rows", ())),
    }
    if act == rules.APPROVE:
        context |= _weight(edition, _previous(edition, request.user))
    return render(request, "threats/edition_act.html", context, status=422 if form and form.errors else 200)


def _weight(edition: MatrixEdition, previous: MatrixEdition | None) -> dict[str, Any]:
    """Return what a head should know of the frozen rows: how many are extreme, and how many new since when."""
    rows = (edition.snapshot or {}).get("rows", ())
    found = marks(compare(previous.snapshot, edition.snapshot)) if previous and edition.snapshot else {}
    return {
        "extreme": sum(row["risk"] == RiskLevel.EXTREME for row in rows),
        "new": sum(mark.is_new for mark in found.values()),
        "previous": previous,
    }


def _act_form(request: HttpRequest, edition: MatrixEdition, act: str, slot: str) -> Any:
    given = request.POST if request.method == "POST" else None
    if act == rules.APPROVE:
        return ApproveForm(given, initial={"slot": slot, "sha256": edition.sha256})
    return ReturnForm(given) if act == rules.RETURN else None


def _do(request: HttpRequest, edition: MatrixEdition, act: str, form: Any) -> MatrixEdition:
    if act == rules.APPROVE:
        return services.approve_edition(edition, by=request.user, **form.cleaned_data)
    if act == rules.RETURN:
        return services.return_edition(edition, by=request.user, reason=form.cleaned_data["reason"])
    return services.consult_edition(edition, by=request.user)


def _say(request: HttpRequest, edition: MatrixEdition, act: str) -> None:
    words = {"number": edition.number}
    if act == rules.APPROVE and edition.state == EditionState.IN_FORCE:
        messages.success(request, _("Approved. Edition %(number)s is in force.") % words)
    elif act == rules.APPROVE:
        messages.success(request, _("Your approval of edition %(number)s is recorded.") % words)
    elif act == rules.RETURN:
        messages.success(request, _("Edition %(number)s is a draft again.") % words)
    else:
        messages.success(request, _("Edition %(number)s is open for consultation.") % words)
