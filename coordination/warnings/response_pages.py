"""What the pages of sending and responding share: loading, refusing, whether an act is out of order."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.models import CaseResponse, WarningCase
from coordination.warnings import rules
from coordination.warnings.recipients import marking_of
from pocweb.errors import Forbidden, RuleError
from pocweb.pages import stated_version
from pocweb.permissions import require

CITED = ("mission", "office", "area", "threat", "incident", "actor")


def load_case(request: HttpRequest, pk: int) -> WarningCase:
    """Return a case that the person may see, with what it cites, else 404."""
    rows = WarningCase.objects.visible_to(request.user).select_related(*CITED)
    case: WarningCase = get_object_or_404(rows, pk=pk)
    return case


def load_response(request: HttpRequest, pk: int) -> CaseResponse:
    """Return a response of a case that the person may see, else 404."""
    rows = CaseResponse.objects.visible_to(request.user).select_related(
        *(f"case__{name}" for name in CITED), "component", "owner", "decision__meeting"
    )
    response: CaseResponse = get_object_or_404(rows, pk=pk)
    return response


def out_of_order(case: WarningCase, act: str) -> bool:
    """Say whether an act skips a step or goes back from where the case stands. Raises `RuleError` when none may."""
    return rules.step_for(act, state=case.state, branch=case.branch)[1]


def refuse(form: Any, error: RuleError) -> None:
    """Show a refused rule on the form; what belongs on a page of its own (no right) stays there.

    A case that moved on meanwhile is shown on the form too: what was typed is kept.
    """
    if isinstance(error, Forbidden):
        raise error
    form.refuse(error)


def to_case(case: WarningCase, anchor: str = "") -> HttpResponse:
    """Lead back to the page of the case."""
    url = reverse("coordination:case-detail", args=[case.pk])
    return redirect(f"{url}#{anchor}" if anchor else url)


def not_open(request: HttpRequest, case: WarningCase, error: RuleError) -> HttpResponse:
    """Lead back to a case on which an act is not open, with the sentence that says why."""
    messages.error(request, error.message)
    return to_case(case)


def context_of(case: WarningCase, request: HttpRequest, **more: Any) -> dict[str, Any]:
    """Return what every page here shows: the case, its marking, the version that the form is based on."""
    based_on = stated_version(request.POST) if request.method == "POST" else case.version
    return {"case": case, "marking": marking_of(case), "based_on": based_on or case.version, **more}


def asked(request: HttpRequest, name: str, case: WarningCase) -> None:
    """Ask a permission on the case before its page is drawn."""
    require(request.user, name, case)


def done(request: HttpRequest, words: str, case: WarningCase, anchor: str = "") -> HttpResponse:
    """Say what was done and lead back to the case."""
    messages.success(request, words)
    return to_case(case, anchor)


def moved_on(case: WarningCase) -> str:
    """Return where the case stands by now, in words."""
    return _("%(ref)s: %(state)s.") % {"ref": case.ref, "state": str(case.get_state_display()).lower()}
