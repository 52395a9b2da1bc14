"""Places: the tree of areas, search by name or p-code, one area with its shape, names, offices and records."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from pocweb.charts import BOUNDARY_DISCLAIMER, AreaShape, Drawing, area_map
from pocweb.forms import OtherNameForm, PlaceSearchForm
from pocweb.geography import add_other_name, find_places
from pocweb.models import Area, Office
from pocweb.permissions import require
from pocweb.place_facts import facts_of

MOST_FOUND = 50


@require_GET
def place_list(request: HttpRequest) -> HttpResponse:
    """Show what a search found, else the countries and their first level."""
    require(request.user, "pocweb.view_places")
    form = PlaceSearchForm(request.GET)
    words = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = find_places(words) if words else list(Area.objects.filter(level__lte=1).defer("shape"))
    context = {"form": form, "words": words, "areas": found[:MOST_FOUND], "count": len(found), "most": MOST_FOUND}
    return render(request, "pocweb/place_list.html", context)


@require_GET
def place_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one area."""
    require(request.user, "pocweb.view_places")
    area = get_object_or_404(Area, pk=pk)
    return render(request, "pocweb/place_detail.html", _context(request, area, OtherNameForm()))


def _context(request: HttpRequest, area: Area, form: OtherNameForm) -> dict[str, Any]:
    children = list(Area.objects.get_children(area).order_by("name", "valid_from"))
    above = list(Area.objects.get_ancestors(area).defer("shape"))
    paths = [area.path, *(row.path for row in above)]
    offices = Office.objects.filter(mission=getattr(request.user, "mission", None), areas__path__in=paths).distinct()
    return {
        "area": area,
        "above": above,
        "children": children,
        "names": area.aliases.order_by("name"),
        "other_times": Area.objects.filter(pcode=area.pcode).exclude(pk=area.pk).defer("shape"),
        "offices": offices,
        "facts": facts_of(request.user, area),
        "may_edit": request.user.has_perm("pocweb.edit_places"),
        "drawing": _drawing(area, children),
        "disclaimer": BOUNDARY_DISCLAIMER,
        "form": form,
    }


def _drawing(area: Area, children: list[Area]) -> Drawing | None:
    """Return the area as a map, with the borders of what it is made of today; None for a place without a shape."""
    if not area.shape:
        return None
    parts = [child for child in children if child.shape and child.valid_to is None] or [area]
    return area_map(
        [AreaShape(part.pcode, part.name, part.shape or {}) for part in parts],
        values={},
        labels=[part.pcode for part in parts] if len(parts) <= 20 else (),
        label=_("Map of %(name)s") % {"name": area.name},
    )


@require_POST
def place_name_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Remember another name of the area."""
    area = get_object_or_404(Area, pk=pk)
    require(request.user, "pocweb.edit_places")
    form = OtherNameForm(request.POST)
    if not form.is_valid():
        return render(request, "pocweb/place_detail.html", _context(request, area, form), status=422)
    add_other_name(area, by=request.user, **form.cleaned_data)
    messages.success(request, _("Imports now know %(name)s.") % {"name": form.cleaned_data["name"]})
    return redirect("pocweb:place-detail", area.pk)
