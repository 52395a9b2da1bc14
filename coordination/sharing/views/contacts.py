"""Pages of contacts: list, record, form, check, retire, handing over and its log."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.models import Contact, ContactShare
from coordination.querysets import ContactQuerySet
from coordination.sharing import contacts as services
from coordination.sharing import rules
from coordination.sharing.fieldlists import CONTACT, LABELS
from coordination.sharing.forms import ContactFilterForm, ContactForm, HandOverForm
from coordination.sharing.sheet import PDF
from coordination.sharing.tasks import CONTACTS_PDF, ask_for_list, present_marking
from coordination.sharing.wording import review_words, show
from pocweb import clock
from pocweb.audit import history_of
from pocweb.choices import Verb
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Job, Mission, Office
from pocweb.pages import (
    back_to,
    conflict_page,
    history_lines,
    permitted,
    sent_once,
    stated_version,
    wanted_changes,
)
from pocweb.permissions import require

PAGE_SIZE, HISTORY = 50, 20


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission of the person's posting; 404 for who has none."""
    mission: Mission | None = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def refuse(form: Any, error: RuleError) -> None:
    """Show a refused rule at its field; a refusal that belongs to no field keeps its own page."""
    if error.status != RuleError.status and not error.field:
        raise error
    form.refuse(error)


def _visible(request: HttpRequest) -> ContactQuerySet:
    return Contact.objects.visible_to(request.user).select_related("office", "mission")


def _load(request: HttpRequest, pk: int) -> Contact:
    contact: Contact = get_object_or_404(_visible(request), pk=pk)
    return contact


def narrowed(rows: ContactQuerySet, wanted: Mapping[str, Any], today: Any) -> ContactQuerySet:
    """Return the contacts that match: kind, office with its branch, state of the check, in use or retired."""
    rows = rows.filter(is_active=wanted.get("use") != "no")
    if wanted.get("kind"):
        rows = rows.filter(kind=wanted["kind"])
    if office := wanted.get("office"):
        rows = rows.filter(office__path__startswith=office.path)
    if wanted.get("review"):
        bound = rules.overdue_before(today) if wanted["review"] == "overdue" else rules.soon_before(today)
        rows = rows.filter(reviewed_on__lt=bound)
    return rows


@require_safe
@permitted("coordination.view_contact")
def contact_list(request: HttpRequest) -> HttpResponse:
    """The contacts by office, narrowed by kind, office and state of the check."""
    mission = mission_of(request)
    today = clock.today(mission)
    form = ContactFilterForm(request.GET, user=request.user, mission=mission)
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    rows = narrowed(_visible(request).filter(mission=mission), wanted, today)
    page = Paginator(rows.order_by("office__path", "organization", "name", "number"), PAGE_SIZE)
    shown = page.get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page_obj": shown,
        "lines": [_line(request, one, today) for one in shown],
        "query": query.urlencode(),
        "is_filtered": bool(query),
        "can_add": request.user.has_perm("coordination.change_contact"),
        "can_share": request.user.has_perm("coordination.view_agreement"),
    }
    return render(request, "coordination/contact_list.html", context, status=200 if form.is_valid() else 422)


def _line(request: HttpRequest, contact: Contact, today: Any) -> dict[str, Any]:
    tone, words = review_words(contact, today)
    can_check = contact.is_active and contact.reviewed_on != today
    can_check = can_check and request.user.has_perm("coordination.change_contact", contact)
    return {"contact": contact, "tone": tone, "words": words, "can_check": can_check}


@require_safe
@permitted("coordination.view_contact")
def contact_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One contact with its check and its history."""
    contact = _load(request, pk)
    today = clock.today(contact.mission)
    context = {
        **_line(request, contact, today),
        "facts": CONTACT.shown(contact)[1:],
        "events": history_lines(history_of(contact)[:HISTORY], labels=LABELS, show=show),
        "can_change": request.user.has_perm("coordination.change_contact", contact),
        "marking": contact.marking,
    }
    return render(request, "coordination/contact_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_contact")
@sent_once
def contact_create(request: HttpRequest) -> HttpResponse:
    """Add a contact to an office's list."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        office = request.GET.get("office") or getattr(getattr(request.user, "office", None), "code", None)
        initial = {"office": office, "reviewed_on": clock.today(mission), "marking": mission.default_marking}
        return render(request, "coordination/contact_form.html", {"form": ContactForm(initial=initial, **person)})
    form = ContactForm(request.POST, **person)
    if form.is_valid():
        try:
            contact = services.add_contact(mission, by=request.user, **form.values())
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s.") % {"ref": contact.ref})
            return redirect("coordination:contact-detail", contact.pk)
    return render(request, "coordination/contact_form.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_contact")
def contact_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a contact under the lost-update guard."""
    contact = _load(request, pk)
    require(request.user, "coordination.change_contact", contact)
    person: Any = {"user": request.user, "mission": contact.mission}
    form = ContactForm(request.POST or None, initial=services.plain_contact(contact), **person)
    if request.method != "POST":
        return _form(request, contact, form)
    changes = wanted_changes(request, form, names=services.EDITABLE, texts=services.TEXTS)
    if changes is None:
        return _form(request, contact, form, status=422)
    based_on = stated_version(request.POST)
    try:
        services.edit_contact(contact, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        words: Any = {"labels": LABELS, "show": show, "texts": services.TEXTS}
        return conflict_page(request, error, "coordination/sharing_conflict.html", record=contact, **words)
    except RuleError as error:
        form.is_valid()
        refuse(form, error)
        return _form(request, contact, form, status=422)
    messages.success(request, _("Saved: %(ref)s.") % {"ref": contact.ref})
    return redirect("coordination:contact-detail", pk)


def _form(request: HttpRequest, contact: Contact, form: ContactForm, status: int = 200) -> HttpResponse:
    based_on = request.POST.get("based_on") or contact.version
    context = {"contact": contact, "form": form, "based_on": based_on, "marking": contact.marking}
    return render(request, "coordination/contact_form.html", context, status=status)


@require_POST
@permitted("coordination.change_contact")
def contact_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a contact was checked today."""
    contact = services.check_contact(_load(request, pk), by=request.user)
    messages.success(request, _("%(ref)s counts as checked today.") % {"ref": contact.ref})
    return redirect(back_to(request) or "coordination:contact-list")


@require_POST
@permitted("coordination.change_contact")
def contact_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a contact off the list; with `act=restore` bring it back."""
    contact = _load(request, pk)
    if request.POST.get("act") == "restore":
        services.restore_contact(contact, by=request.user)
        messages.success(request, _("%(ref)s is on the list again.") % {"ref": contact.ref})
    else:
        services.retire_contact(contact, by=request.user)
        messages.success(request, _("%(ref)s is off the list.") % {"ref": contact.ref})
    return redirect("coordination:contact-detail", pk)


@require_safe
@permitted("coordination.view_contact")
def contact_log(request: HttpRequest) -> HttpResponse:
    """To whom the lists of the person's offices were handed, newest first."""
    mission = mission_of(request)
    offices = services.offices_for(request.user, mission, Verb.VIEW)
    rows = ContactShare.objects.filter(office__in=offices).select_related("office", "shared_by")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "can_hand": request.user.has_perm("coordination.hand_over_contacts")}
    return render(request, "coordination/contact_log.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.hand_over_contacts")
def contact_hand_over(request: HttpRequest) -> HttpResponse:
    """Ask to whom a list goes, record it, and answer with the file."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    initial = {"office": getattr(request.user, "office", None), "form": "xlsx"}
    form = HandOverForm(request.POST or None, initial=initial, **person)
    if request.method != "POST":
        return render(request, "coordination/contact_hand_over.html", {"form": form})
    if form.is_valid() and form.cleaned_data["form"] == PDF:
        job = ask_for_list(form.cleaned_data["office"], recipient=form.cleaned_data["recipient"], by=request.user)
        return redirect("pocweb:job-detail", job.pk)
    if form.is_valid():
        try:
            made = services.hand_over(by=request.user, **form.cleaned_data)
        except RuleError as error:
            if isinstance(error, Forbidden):
                raise
            form.refuse(error)
        else:
            response = HttpResponse(made.content, content_type=made.content_type)
            response["Content-Disposition"] = f'attachment; filename="{made.filename}"'
            return response
    return render(request, "coordination/contact_hand_over.html", {"form": form}, status=422)


@require_safe
@permitted("coordination.hand_over_contacts")
def contact_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, whose clearance and office still reach all that it holds."""
    row = get_object_or_404(Job.objects.visible_to(request.user).select_related("mission"), pk=job, kind=CONTACTS_PDF)
    office = get_object_or_404(Office.objects.select_related("mission"), pk=row.arguments["office"])
    probe = Contact(mission=office.mission, office=office, marking=present_marking(row))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    if not request.user.has_perm("coordination.hand_over_contacts", probe) or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
