"""The permission table as a page: who may do what, and where the mission departs from the shipped table."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from pocweb.choices import Role
from pocweb.errors import Forbidden, RuleError
from pocweb.forms import LETTER_WORDS, PermissionForm
from pocweb.people import administered_mission, letters_of, set_permission
from pocweb.permissions import default_table, require


@require_GET
def access_table(request: HttpRequest) -> HttpResponse:
    """Show the table in force for the person's mission, departures marked."""
    require(request.user, "pocweb.view_access_table")
    return _page(request, PermissionForm(initial=request.GET.dict()))


def _mission(user: Any) -> Any:
    """Return the mission whose table is shown: the one that the person administers, else that of their posting."""
    return administered_mission(user) or user.mission


def _page(request: HttpRequest, form: PermissionForm) -> HttpResponse:
    mission = _mission(request.user)
    shipped = default_table()
    letters = letters_of(mission) if mission else {kind: row["letters"] for kind, row in shipped.items()}
    rows = [
        {
            "kind": kind,
            "label": row["label"],
            "is_mission": row["scope"] == "mission",
            "cells": [
                {
                    "role": role,
                    "letter": letters[kind][role],
                    "words": LETTER_WORDS[letters[kind][role]],
                    "shipped": row["letters"][role] if letters[kind][role] != row["letters"][role] else "",
                }
                for role in row["letters"]
            ],
        }
        for kind, row in shipped.items()
    ]
    context = {
        "rows": rows,
        "roles": [Role(role) for role in next(iter(shipped.values()))["letters"]],
        "words": LETTER_WORDS,
        "departures": sum(bool(cell["shipped"]) for row in rows for cell in row["cells"]),
        "may_edit": request.user.has_perm("pocweb.edit_people"),
        "form": form,
    }
    return render(request, "pocweb/access_table.html", context, status=422 if form.errors else 200)


@require_POST
def access_set(request: HttpRequest) -> HttpResponse:
    """Set one cell of the mission's table."""
    require(request.user, "pocweb.edit_people")
    form = PermissionForm(request.POST)
    if form.is_valid():
        try:
            user: Any = request.user
            set_permission(_mission(user), by=user, **form.cleaned_data)
        except Forbidden:
            raise
        except RuleError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The cell is set. It counts from the next page that anybody opens."))
            return redirect("pocweb:access-table")
    return _page(request, form)
