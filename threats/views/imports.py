"""Pages of imports: upload, check, confirm, progress, result, the file of errors."""

import io
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pocweb.audit import record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.fieldlist import for_people
from pocweb.pages import permitted
from pocweb.permissions import require
from pocweb.tabular import write_csv, write_xlsx
from threats.forms.imports import ImportForm
from threats.imports.template import COLUMNS
from threats.models import ImportRun
from threats.services import import_files
from threats.services.imports import cancel_import, confirm_import, headquarters, start_import
from threats.views.import_page import COUNTS, TONES, import_page

PAGE_SIZE = 50
LISTED = ("rows", "created", "updated", "rejected")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE_ROWS = 500
DISCARDED_MOST = 1024 * 1024 * 1024


def _load(request: HttpRequest, pk: int) -> ImportRun:
    rows = ImportRun.objects.visible_to(request.user).select_related("mission", "office", "job", "created_by")
    run: ImportRun = get_object_or_404(rows, pk=pk)
    return run


def _require_mission(request: HttpRequest) -> Any:
    """Return the person's mission, if they may import there: an import fills the records of all its offices."""
    mission = request.user.mission  # type: ignore[union-attr]
    if mission is None:
        raise Forbidden("forbidden", _("You have no posting in a mission now."))
    office = headquarters(mission)
    require(request.user, "threats.import_incidents", ImportRun(mission=mission, office=office, marking=0))
    return mission


@require_safe
@permitted("threats.view_import")
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports that the person may see, newest first."""
    rows = ImportRun.objects.visible_to(request.user).select_related("created_by").defer("preview")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [
        {
            "run": run,
            "tone": TONES[run.state],
            "numbers": [(COUNTS[name], for_people(getattr(run, name))) for name in LISTED],
        }
        for run in page
    ]
    context = {
        "lines": lines,
        "page_obj": page,
        "heads": [COUNTS[name] for name in LISTED],
        "can_import": request.user.has_perm("threats.import_incidents"),
    }
    return render(request, "threats/import_list.html", context)


@csrf_exempt  # the token is in the body, and a body above the limit is refused before it is parsed; see below
@require_http_methods(["GET", "POST"])
@permitted("threats.import_incidents")
def import_create(request: HttpRequest) -> HttpResponse:
    """The upload; a request that is larger than the limit is refused by its stated length, without reading the file."""
    _require_mission(request)
    if request.method == "POST" and _stated_bytes(request) > settings.IMPORT_MAX_BYTES + import_files.FORM_BYTES:
        _discard(request)
        form = ImportForm({})
        form.refuse(import_files.too_large())
        return _upload_page(request, form, status=413)
    return _import_create(request)


@csrf_protect
def _import_create(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        try:
            run = start_import(
                mission=_require_mission(request),
                file=uploaded.file,
                name=uploaded.name,
                layout=form.cleaned_data["layout"] or None,
                by=request.user,
            )
        except Forbidden:
            raise
        except RuleError as error:
            form.refuse(error)
        else:
            return redirect("threats:import-detail", run.pk)
    return _upload_page(request, form, status=422 if form.errors else 200)


def _upload_page(request: HttpRequest, form: ImportForm, *, status: int) -> HttpResponse:
    return render(request, "threats/import_form.html", {"form": form}, status=status)


def _stated_bytes(request: HttpRequest) -> int:
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isascii() and stated.isdigit() else 0


def _discard(request: HttpRequest) -> None:
    """Let the rest of a refused upload run through, a piece at a time: a browser shows an answer only after sending."""
    left = min(_stated_bytes(request), DISCARDED_MOST)
    while left > 0 and (piece := request.read(min(left, import_files.PIECE))):
        left -= len(piece)


@require_safe
@permitted("threats.view_import")
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    run = _load(request, pk)
    return render(request, "threats/import_detail.html", import_page(run, request.user))


@require_safe
@permitted("threats.view_import")
def import_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while a worker is busy; without script it leads to the page."""
    if not request.headers.get("HX-Request"):
        return redirect("threats:import-detail", pk)
    return render(request, "threats/_import_state.html", import_page(_load(request, pk), request.user))


@require_POST
@permitted("threats.import_incidents")
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    run = _load(request, pk)
    try:
        confirm_import(run, by=request.user)
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect("threats:import-detail", pk)


@require_POST
@permitted("threats.import_incidents")
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = _load(request, pk)
    try:
        cancel_import(run, by=request.user)
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("%(ref)s is cancelled and its file deleted.") % {"ref": run.ref})
    return redirect("threats:import-detail", pk)


@require_safe
@permitted("threats.view_import")
def import_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """The remarks as CSV, each with the row of the file that it concerns, to mend and upload again."""
    run = _load(request, pk)
    with transaction.atomic():
        record_event(request.user, "exported the remarks of", run)
    with_sources = request.user.has_perm("threats.view_source", run)
    lines = import_files.error_lines(run, with_sources=with_sources)
    answer = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{run.ref}-remarks.csv"'
    return answer


@require_safe
@permitted("threats.import_incidents")
def import_template(request: HttpRequest, form: str) -> HttpResponse:
    """The empty template of our own layout, with the HXL row that imports pass over."""
    out = io.BytesIO()
    if form == "xlsx":
        write_xlsx(COLUMNS, [], out, title="incidents", spare_rows=TEMPLATE_ROWS)
    else:
        write_csv(COLUMNS, [], out)
    kind = XLSX_TYPE if form == "xlsx" else "text/csv; charset=utf-8"
    answer = HttpResponse(out.getvalue(), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="pocweb-incidents.{form}"'
    return answer
