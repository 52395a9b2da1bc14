"""Photographs of engagement records: added, shown, removed (CM-12)."""

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.communities import photos
from coordination.communities.engagement_forms import PhotoForm
from coordination.communities.engagement_views import CHANGE, VIEW, engagement_page, load_engagement
from coordination.models import EngagementPhoto
from coordination.sharing.views.contacts import refuse
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.pages import permitted
from pocweb.permissions import require


@require_POST
@permitted(CHANGE)
def photo_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a photograph; where and when it was taken is removed from it (CM-12)."""
    engagement = load_engagement(request, pk)
    require(request.user, CHANGE, engagement)
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["photo"]
        try:
            content = file.read(photos.MOST_BYTES + 1)
            photos.add_photo(engagement, content=content, caption=form.cleaned_data["caption"], by=request.user)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Added, without place and time of the picture."))
            return redirect("coordination:engagement-detail", pk)
    return engagement_page(request, engagement, form, status=422)


def _photo(request: HttpRequest, pk: int, photo: int) -> EngagementPhoto:
    rows = EngagementPhoto.objects.select_related("engagement__mission", "engagement__office")
    return get_object_or_404(rows, pk=photo, engagement=load_engagement(request, pk))


@require_safe
@permitted(VIEW)
def photo_file(request: HttpRequest, pk: int, photo: int) -> HttpResponseBase:
    """The picture itself, for who may see its record now; that it was opened is recorded."""
    kept = _photo(request, pk, photo)
    path = photos.path_of(kept)
    if not path.is_file():
        raise Http404
    if request.method == "GET":
        with transaction.atomic():
            record_event(request.user, "looked at a photograph of", kept.engagement)
    name = f"{kept.engagement.ref}-{kept.pk}.jpg"
    response = FileResponse(path.open("rb"), as_attachment=True, content_type="image/jpeg", filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_POST
@permitted(CHANGE)
def photo_remove(request: HttpRequest, pk: int, photo: int) -> HttpResponse:
    """Remove a photograph."""
    kept = _photo(request, pk, photo)
    photos.remove_photo(kept, by=request.user)
    messages.success(request, _("The photograph is removed."))
    return redirect("coordination:engagement-detail", pk)
