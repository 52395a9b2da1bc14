"""Pages of the Early Warning Matrix: the rows, one row, one cell as a form in place, the history of a cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from coordination.models import WarningCase
from coordination.warnings.choices import CaseState
from coordination.warnings.matrix import BY_KEY, CELLS, COLUMNS, MatrixRow, highest_marking, ordered, read_rows
from coordination.warnings.matrix_cells import (
    EDIT,
    LABELS,
    TEXTS,
    count_changes,
    history_of_cell,
    plain_cells,
    save_cell,
    show,
)
from coordination.warnings.matrix_filters import Filters
from coordination.warnings.rules import IMMINENCE, RATE
from pocweb import clock
from pocweb.errors import RuleError
from pocweb.guard import EditConflict, Saved
from pocweb.models import Mission
from pocweb.pages import back_to, chosen_values, conflict_context, is_choice, permitted, stated_version
from pocweb.permissions import require
from threats.forms.threats import GuardedForm

PAGE_SIZE = 50
READ = ("mission", "office", "area", "incident")


class CellForm(GuardedForm):
    """The fields of one cell; names of controls carry the row, since two cells may be open."""

    has_operation = forms.BooleanField(label=LABELS["has_operation"], required=False)
    partners_informed = forms.CharField(
        label=gettext_lazy("Partners informed"), required=False, max_length=2000, widget=forms.Textarea({"rows": 4})
    )
    remarks = forms.CharField(
        label=gettext_lazy("Remarks"), required=False, max_length=2000, widget=forms.Textarea({"rows": 4})
    )

    def __init__(self, *args: Any, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [one for one in self.fields if one not in names]:
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        """Return the plain values that the service takes."""
        return {
            name: value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }


@dataclass(frozen=True)
class Line:
    """A row ready to be drawn: what may be edited, and how often each column was changed."""

    row: MatrixRow
    can_edit: bool
    can_rate: bool
    can_decide: bool
    changes: dict[str, int]


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission of the person's posting; 404 for who has none."""
    mission: Mission | None = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def lines_of(request: HttpRequest, cases: Sequence[WarningCase], now: datetime) -> list[Line]:
    """Return the cases as lines; five queries whatever their number."""
    rows = read_rows(cases, user=request.user, now=now)
    changes = count_changes(cases)
    return [Line(row, *_may(request.user, row.case), changes.get(row.case.pk, {})) for row in rows]


def _may(user: Any, case: WarningCase) -> tuple[bool, bool, bool]:
    """Say whether a person may write in the cells of a case, rate it, decide its imminence; nobody a closed one."""
    if case.state == CaseState.CLOSED:
        return False, False, False
    return user.has_perm(EDIT, case), user.has_perm(RATE, case), user.has_perm(IMMINENCE, case)


@require_safe
@permitted("coordination.view_case")
def ew_matrix(request: HttpRequest) -> HttpResponse:
    """The live matrix of the cases in reach: imminent first, by priority, early warnings before alerts (EW-14)."""
    mission = mission_of(request)
    now = clock.now(mission)
    filters = Filters(request.GET, user=request.user, mission=mission)
    page = Paginator(ordered(filters.cases(now)).select_related(*READ), PAGE_SIZE).get_page(request.GET.get("page"))
    lines = lines_of(request, list(page.object_list), now)
    context = {
        "form": filters.form,
        "filters": filters,
        "page_obj": page,
        "lines": lines,
        "columns": COLUMNS,
        "now": now,
        "can_edit_some": any(line.can_edit or line.can_rate for line in lines),
        "marking": highest_marking(line.row for line in lines) if lines else None,
    }
    return render(request, "coordination/ew_matrix.html", context, status=200 if filters.is_valid else 422)


def _load(request: HttpRequest, pk: int) -> WarningCase:
    rows = WarningCase.objects.followed_by(request.user).select_related(*READ)
    case: WarningCase = get_object_or_404(rows, pk=pk)
    return case


@require_safe
@permitted("coordination.view_case")
def ew_matrix_row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row alone; without htmx, the page at the row."""
    case = _load(request, pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(_page_url(case))
    return _row(request, case)


def _page_url(case: WarningCase) -> str:
    closed = "" if case.is_open else "?show=closed"
    return f"{reverse('coordination:ew-matrix')}{closed}#{case.ref}"


def _row(request: HttpRequest, case: WarningCase, *, has_news: bool = False) -> HttpResponse:
    line = lines_of(request, [case], clock.now(case.mission))[0]
    context = {"line": line, "oob": has_news}
    return _vary(render(request, "coordination/_ew_matrix_row.html", context))


def _vary(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.edit_warning_matrix")
def ew_matrix_cell(request: HttpRequest, pk: int, cell: str) -> HttpResponse:
    """Write in one cell: GET shows its form (a page of its own without htmx), POST saves it under the guard."""
    if cell not in CELLS:
        raise Http404
    case = _load(request, pk)
    require(request.user, EDIT, case)
    form_of: dict[str, Any] = {"names": CELLS[cell], "auto_id": f"id_{case.pk}_%s"}
    if request.method != "POST":
        return _cell(request, case, cell, CellForm(initial=plain_cells(case), **form_of), case.version)
    form = CellForm(request.POST, **form_of)
    based_on = stated_version(request.POST)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=CELLS[cell], texts=TEXTS)
    elif form.is_valid():
        changes = form.values()
    else:
        return _cell(request, case, cell, form, based_on, status=422)
    try:
        saved = save_cell(case, cell, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        return _conflict(request, case, error)
    except RuleError as error:
        form.is_valid()
        form.refuse(error)
        return _cell(request, case, cell, form, based_on, status=422)
    _say(request, saved)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(back_to(request, _page_url(case)))
    return _row(request, _load(request, pk), has_news=True)


def _cell(
    request: HttpRequest, case: WarningCase, cell: str, form: CellForm, based_on: int, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "case": case,
        "label": str(BY_KEY[cell].label),
        "based_on": based_on,
        "action": request.path,
        "row_url": reverse("coordination:ew-matrix-row", args=[case.pk]),
        "back_url": _page_url(case),
        "cell_id": f"edit-{case.pk}-{cell}",
        "marking": case.marking,
    }
    is_part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    name = "coordination/_ew_matrix_cell.html" if is_part else "coordination/ew_matrix_cell.html"
    response = render(request, name, context, status=status)
    if is_part and status == 422:
        response["HX-Retarget"], response["HX-Reswap"] = f"#{context['cell_id']}", "outerHTML"
    return _vary(response)


def _conflict(request: HttpRequest, case: WarningCase, error: EditConflict) -> HttpResponse:
    context = conflict_context(error, record_label=case.ref, labels=LABELS, show=show, texts=TEXTS)
    context |= {"action": request.path, "record": case, "marking": case.marking, "back_url": _page_url(case)}
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    name = "components/_conflict.html" if is_part else "coordination/ew_matrix_conflict.html"
    response = render(request, name, context, status=409)
    if is_part:
        response["HX-Retarget"], response["HX-Reswap"] = "#main", "innerHTML show:window:top"
    return _vary(response)


def _say(request: HttpRequest, saved: Saved[WarningCase]) -> None:
    case = saved.record
    if not saved.changes:
        messages.info(request, _("%(ref)s was already so. Nothing was changed.") % {"ref": case.ref})
        return
    fields = ", ".join(str(LABELS[name]).lower() for name in saved.changes)
    said = {"at": f"{case.changed_at:%H:%M}", "fields": fields, "ref": case.ref}
    messages.success(request, _("Saved %(at)s: %(fields)s, %(ref)s.") % said)


@require_safe
@permitted("coordination.view_case")
def ew_matrix_history(request: HttpRequest, pk: int, cell: str) -> HttpResponse:
    """What a column of a case said before: who changed it, when, before and after (EW-14)."""
    if cell not in BY_KEY or not BY_KEY[cell].fields:
        raise Http404
    case = _load(request, pk)
    context = {
        "case": case,
        "column": BY_KEY[cell],
        "changes": history_of_cell(case, BY_KEY[cell]),
        "back_url": _page_url(case),
        "marking": case.marking,
    }
    return render(request, "coordination/ew_matrix_history.html", context)
