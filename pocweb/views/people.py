"""People: accounts and postings, for administrators. Each act is in the audit trail."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pocweb import clock, notice_mail, people
from pocweb.errors import Forbidden, RuleError
from pocweb.forms import ClearanceForm, EndPostingForm, NewPasswordForm, PersonForm, PostingForm
from pocweb.models import AuditEvent, Person, Posting
from pocweb.pages import sent_once
from pocweb.permissions import require
from pocweb.trail import as_line

PER_PAGE = 50
LATEST = 20


def _visible(request: HttpRequest) -> Any:
    """Return the people that the administrator may see, after asking for the permission itself."""
    require(request.user, "pocweb.view_people")
    return people.people_visible_to(request.user)


def _mission(request: HttpRequest) -> Any:
    return people.administered_mission(request.user)


@require_GET
def person_list(request: HttpRequest) -> HttpResponse:
    """Show accounts with their postings in force."""
    postings = Posting.objects.filter(mission=_mission(request)).select_related("office", "mission")
    rows = _visible(request).order_by("last_name", "username").prefetch_related(Prefetch("postings", postings))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    today = clock.today(_mission(request))
    for person in page:
        person.current = [posting for posting in person.postings.all() if posting.is_active(today)]
    context = {"page_obj": page, "unsent": list(notice_mail.failed_for(request.user).order_by("-mail_from")[:PER_PAGE])}
    return render(request, "pocweb/person_list.html", context)


@require_http_methods(["GET", "POST"])
@sent_once
def person_create(request: HttpRequest) -> HttpResponse:
    """Make an account with its first posting."""
    require(request.user, "pocweb.edit_people")
    mission = _mission(request)
    initial = {"starts_on": clock.today(mission)}
    form = PersonForm(request.POST or None, mission=mission, initial=initial)
    if request.method == "POST" and form.is_valid() and _done(form, people.add_person, by=request.user):
        messages.success(request, _("The account is made."))
        return redirect("pocweb:person-list")
    return render(request, "pocweb/person_form.html", {"form": form}, status=422 if form.errors else 200)


def _done(form: forms.Form, service: Any, *args: Any, **kwargs: Any) -> bool:
    """Hand the form's values to the service; put what it refuses on the form and say whether it was done."""
    try:
        service(*args, **kwargs, **form.cleaned_data)
    except Forbidden:
        raise
    except RuleError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
    except ValidationError as error:
        form.add_error("password" if "password" in form.fields else None, error.messages)
    return not form.errors


@require_GET
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one account with its postings and what happened to it."""
    return _page(request, get_object_or_404(_visible(request), pk=pk))


def _page(request: HttpRequest, person: Person, bound: forms.Form | None = None) -> HttpResponse:
    mission = _mission(request)
    today = clock.today(mission)
    postings = list(person.postings.filter(mission=mission).select_related("office", "mission", "component"))
    for posting in postings:
        posting.in_force = posting.is_active(today)  # type: ignore[attr-defined]
    ids = [str(posting.pk) for posting in postings]
    label = Posting._meta.label_lower
    events = AuditEvent.objects.filter(mission=mission, object_type=label, object_id__in=ids).select_related("actor")
    context = {
        "person": person,
        "postings": sorted(postings, key=lambda posting: posting.starts_on, reverse=True),
        "is_self": person.pk == request.user.pk,
        "may_edit": request.user.has_perm("pocweb.edit_people") and person.pk != request.user.pk,
        "posting_form": PostingForm(mission=mission, initial={"starts_on": today}),
        "clearance_form": ClearanceForm(initial={"clearance": person.clearance}),
        "password_form": NewPasswordForm(),
        "end_form": EndPostingForm(initial={"ends_on": today}),
        "lines": [as_line(event, {}, request.user) for event in events.order_by("-seq")[:LATEST]],
    }
    names = {PostingForm: "posting_form", ClearanceForm: "clearance_form", NewPasswordForm: "password_form"}
    if bound is not None:
        context[names.get(type(bound), "end_form")] = bound
    return render(request, "pocweb/person_detail.html", context, status=422 if bound is not None else 200)


@require_POST
def posting_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person a posting."""
    person = get_object_or_404(_visible(request), pk=pk)
    form = PostingForm(request.POST, mission=_mission(request))
    if form.is_valid() and _done(form, people.add_posting, person, by=request.user):
        messages.success(request, _("The posting is recorded."))
        return redirect("pocweb:person-detail", person.pk)
    return _page(request, person, form)


@require_POST
def posting_end(request: HttpRequest, pk: int, posting_pk: int) -> HttpResponse:
    """Set the last day of a posting."""
    person = get_object_or_404(_visible(request), pk=pk)
    rows = Posting.objects.select_related("person", "office", "mission").filter(mission=_mission(request))
    posting = get_object_or_404(rows, pk=posting_pk, person=person)
    form = EndPostingForm(request.POST)
    if form.is_valid() and _done(form, people.end_posting, posting, by=request.user):
        messages.success(request, _("The posting has a last day."))
        return redirect("pocweb:person-detail", person.pk)
    return _page(request, person, form)


@require_POST
def person_clearance(request: HttpRequest, pk: int) -> HttpResponse:
    """Set up to which marking a person reads."""
    person = get_object_or_404(_visible(request), pk=pk)
    form = ClearanceForm(request.POST)
    if form.is_valid() and _done(form, people.set_clearance, person, by=request.user):
        messages.success(request, _("The clearance is set."))
        return redirect("pocweb:person-detail", person.pk)
    return _page(request, person, form)


@require_POST
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a new password after somebody forgot theirs."""
    person = get_object_or_404(_visible(request), pk=pk)
    form = NewPasswordForm(request.POST)
    if form.is_valid() and _done(form, people.set_password, person, by=request.user):
        messages.success(request, _("The password is set. Hand it over by voice."))
        return redirect("pocweb:person-detail", person.pk)
    return _page(request, person, form)


@require_POST
def person_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account, or open it again."""
    person = get_object_or_404(_visible(request), pk=pk)
    people.set_open(person, by=request.user, is_active=request.POST.get("open") == "yes")
    messages.success(request, _("The account is open.") if person.is_active else _("The account is closed."))
    return redirect("pocweb:person-detail", person.pk)
