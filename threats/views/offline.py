"""Editing the matrix offline: take a sheet out, bring it back, see what it changes, take it over or cancel it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from pocweb.audit import record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Office
from pocweb.pages import permitted, sent_once
from pocweb.permissions import require
from threats.forms.offline import SheetForm
from threats.models import MatrixImport
from threats.offline.preview import open_choices
from threats.services import offline as services
from threats.services.offline_sheets import export_offline, may_bring_back
from threats.views.matrix import office_of
from threats.views.offline_page import TONES, sheet_page

PAGE_SIZE = 20
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _load(request: HttpRequest, pk: int) -> MatrixImport:
    rows = MatrixImport.objects.visible_to(request.user).select_related("mission", "office", "created_by")
    record: MatrixImport = get_object_or_404(rows, pk=pk)
    return record


@require_safe
@permitted("threats.view_threat")
def offline_list(request: HttpRequest, code: str) -> HttpResponse:
    """How editing offline works, the sheet to take out, the way back, and the sheets that came back before."""
    return _list_page(request, office_of(request, code), SheetForm(), status=200)


def _list_page(request: HttpRequest, office: Office, form: SheetForm, *, status: int) -> HttpResponse:
    user: Any = request.user
    rows = MatrixImport.objects.visible_to(user).filter(office=office).select_related("created_by").defer("preview")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "office": office,
        "form": form,
        "can_import": may_bring_back(user, office),
        "page_obj": page,
        "lines": [
            {"record": record, "tone": TONES[record.state], "stored": len(record.result.get("stored", ()))}
            for record in page
        ],
        "marking": max((record.marking for record in page), default=None),
    }
    return render(request, "threats/offline_list.html", context, status=status)


@require_safe
@permitted("threats.import_matrix")
def offline_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """The office's live rows as a workbook to edit offline."""
    office = office_of(request, code)
    with transaction.atomic():
        content, name = export_offline(office, by=request.user)
    answer = HttpResponse(content, content_type=XLSX_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
@permitted("threats.import_matrix")
@sent_once
def offline_upload(request: HttpRequest, code: str) -> HttpResponse:
    """Take in an edited sheet and lead to its preview."""
    office = office_of(request, code)
    require(request.user, "threats.import_matrix", MatrixImport(mission=office.mission, office=office, marking=0))
    form = SheetForm(request.POST, request.FILES)
    if form.is_valid():
        uploaded = form.cleaned_data["file"]
        try:
            record = services.receive_sheet(office, file=uploaded.file, name=uploaded.name, by=request.user)
        except Forbidden:
            raise
        except RuleError as error:
            form.refuse(error)
        else:
            return redirect("threats:offline-detail", record.pk)
    return _list_page(request, office, form, status=422)


@require_safe
@permitted("threats.view_threat")
def offline_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a sheet would change, or what became of it."""
    return render(request, "threats/offline_detail.html", sheet_page(_load(request, pk), request.user))


@require_POST
@permitted("threats.import_matrix")
def offline_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Store the rows of a sheet with the choices that the person made."""
    record = _load(request, pk)
    before = len(record.result.get("stored", ()))
    try:
        record = services.confirm_sheet(record, by=request.user, choices=_choices(request, record))
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        _tell(request, record, len(record.result["stored"]) - before)
    return redirect("threats:offline-detail", pk)


def _choices(request: HttpRequest, record: MatrixImport) -> dict[tuple[str, str], services.Choice]:
    post, found = request.POST, {}
    for line in record.preview:
        for name in open_choices(line):
            row = str(line["row"])
            if pick := post.get(f"choice_{row}_{name}"):
                found[row, name] = services.Choice(pick, post.get(f"both_{row}_{name}", ""))
    return found


def _tell(request: HttpRequest, record: MatrixImport, count: int) -> None:
    said = ngettext("%(n)d row is stored.", "%(n)d rows are stored.", count) % {"n": count}
    waiting = sum(bool(open_choices(line)) for line in record.preview)
    if not waiting:
        messages.success(request, said)
        return
    asked = ngettext("%(n)d row waits for your choice.", "%(n)d rows wait for your choice.", waiting) % {"n": waiting}
    messages.warning(request, f"{said} {asked}")


@require_POST
@permitted("threats.import_matrix")
def offline_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a sheet and delete its file."""
    record = _load(request, pk)
    try:
        services.cancel_sheet(record, by=request.user)
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect("threats:offline-detail", pk)
    messages.success(request, _("%(ref)s is cancelled and its file deleted.") % {"ref": record.ref})
    return redirect("threats:offline-list", record.office.code)


@require_safe
@permitted("threats.import_matrix")
def offline_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file as it came back, for those who may see every row in it at this moment."""
    record = _load(request, pk)
    require(request.user, "threats.import_matrix", record)
    if not services.may_download(record, request.user):
        raise Http404
    with transaction.atomic():
        record_event(request.user, "exported", record, note=record.file_name)
    return FileResponse(record.file.open("rb"), as_attachment=True, filename=f"{record.ref}.xlsx")
