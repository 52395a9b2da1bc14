"""The page on which a planned meeting is changed, and how its fields are said to people."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coordination.meetings import changing
from coordination.meetings.forms import ChangeForm
from coordination.meetings.views import LABELS, load_meeting, meeting_words
from coordination.models import Meeting
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.pages import conflict_page, permitted, stated_version, wanted_changes
from pocweb.permissions import require


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(changing.CHANGE)
def meeting_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a planned meeting under the lost-update guard; its members are told."""
    meeting = load_meeting(request, pk)
    require(request.user, changing.CHANGE, meeting)
    changing.refuse_unless_planned(meeting)
    initial = {name: getattr(meeting, name) for name in changing.EDITABLE}
    form = ChangeForm(request.POST or None, initial=initial, user=request.user)
    if request.method != "POST":
        return _form(request, meeting, form)
    changes = wanted_changes(request, form, names=changing.EDITABLE, texts=changing.TEXTS)
    if changes is None:
        return _form(request, meeting, form, status=422)
    try:
        saved = changing.change_meeting(
            meeting, changes=changes, based_on=stated_version(request.POST), by=request.user
        )
    except EditConflict as error:
        words: Any = {"labels": LABELS, "show": meeting_words, "texts": changing.TEXTS}
        return conflict_page(request, error, "coordination/sharing_conflict.html", record=meeting, **words)
    except RuleError as error:
        if isinstance(error, Forbidden) or error.field is None:
            raise
        form.is_valid()
        form.refuse(error)
        return _form(request, meeting, form, status=422)
    told = _("Saved: %(ref)s. Its members are told.") if saved.changes else _("%(ref)s stands as it was.")
    messages.success(request, told % {"ref": meeting.ref})
    return redirect("coordination:meeting-detail", pk)


def _form(request: HttpRequest, meeting: Meeting, form: ChangeForm, status: int = 200) -> HttpResponse:
    based_on = request.POST.get("based_on") or meeting.version
    context = {"meeting": meeting, "form": form, "based_on": based_on, "marking": meeting.marking}
    return render(request, "coordination/meeting_form.html", context, status=status)
