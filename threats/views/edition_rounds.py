"""Pages of a round: rolling the matrix over to the next period, and confirming a rating that still holds."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pocweb import clock
from pocweb.errors import RuleError
from pocweb.models import Office
from pocweb.pages import permitted, sent_once
from pocweb.permissions import require
from threats.choices import EditionState
from threats.editions import live_rows
from threats.forms.editions import ConfirmForm, RollOverForm
from threats.models import MatrixEdition, Threat
from threats.rounds import preview
from threats.rules import periods
from threats.rules.scheme import label_of
from threats.rules.scheme_versions import AXES
from threats.services import rounds as services
from threats.services.editions import refuse_open
from threats.views.editions import edition_of, office_of, put_refusal


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.draft_edition")
@sent_once
def edition_create(request: HttpRequest, code: str) -> HttpResponse:
    """Roll the office's matrix over to its next edition; the page tells what is carried and which days move."""
    office = office_of(request, code)
    require(request.user, "threats.draft_edition", MatrixEdition(mission=office.mission, office=office, marking=0))
    now = clock.now(office.mission)
    review_days = office.mission.review_days
    offer = periods.offered(now.date(), review_days=review_days, kind=request.GET.get("period", ""))
    form = RollOverForm(request.POST if request.method == "POST" else None, initial=asdict(offer))
    if request.method == "POST":
        refuse_open(office)
    if form.is_bound and form.is_valid():
        try:
            edition = services.roll_over(office, by=request.user, now=now, **form.cleaned_data)
        except RuleError as error:
            put_refusal(form, error)
        else:
            words = {"number": edition.number}
            messages.success(request, _("Edition %(number)s is open as a draft; everything was carried.") % words)
            return redirect("threats:edition-detail", edition.pk)
    context = _roll_over_context(request, office, _typed(form, offer), now) | {"form": form}
    return render(request, "threats/edition_open.html", context, status=422 if form.errors else 200)


def _typed(form: RollOverForm, offer: periods.Period) -> periods.Period:
    """Return the days that were typed, as far as they can be read, so that the preview follows them."""
    given = getattr(form, "cleaned_data", {})
    return periods.Period(**{name: given.get(name) or day for name, day in asdict(offer).items()})


def _roll_over_context(request: HttpRequest, office: Office, period: periods.Period, now: datetime) -> dict[str, Any]:
    user: Any = request.user
    editions = MatrixEdition.objects.visible_to(user).filter(
        office=office, state__in=(*EditionState.OPEN_STATES, EditionState.IN_FORCE)
    )
    found = list(editions.select_related("created_by"))
    before = next((one for one in found if one.state == EditionState.IN_FORCE), None)
    rows = live_rows(office, now=now, clearance=user.clearance, previous=before)
    day, days = now.date(), office.mission.review_days
    return {
        "office": office,
        "going": next((one for one in found if one.state != EditionState.IN_FORCE), None),
        "preview": preview(office, user, period, rows, before=before),
        "period": period,
        "kinds": [
            (periods.QUARTER, _("Next quarter"), period == periods.next_quarter(day, review_days=days)),
            (periods.REVIEW, _("Next review period"), period == periods.next_review(day, review_days=days)),
        ],
        "marking": max([before.marking if before else 0, *(row["marking"] for row in rows)]),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.assess_threat")
@sent_once
def rating_confirm(request: HttpRequest, pk: int, threat: int) -> HttpResponse:
    """Confirm that a row's rating still holds, with the reason; it counts as reviewed in this round."""
    edition = edition_of(request, pk)
    rows = Threat.objects.visible_to(request.user).filter(office=edition.office_id).select_related("mission", "office")
    row = get_object_or_404(rows, pk=threat)
    require(request.user, "threats.assess_threat", row)
    last = row.assessments.select_related("assessed_by", "scheme").first()
    form = ConfirmForm(
        request.POST if request.method == "POST" else None, initial={"rating": last.pk if last else None}
    )
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            services.confirm_rating(row, based_on=given["rating"], reason=given["reason"], by=request.user)
        except RuleError as error:
            put_refusal(form, error)
        else:
            messages.success(request, _("The rating of %(ref)s is confirmed.") % {"ref": row.ref})
            return redirect(f"{reverse('threats:edition-detail', args=[edition.pk])}#round")
    context = {"edition": edition, "threat": row, "last": last, "form": form, "marking": row.marking}
    if last is not None:
        context |= {axis: label_of(last.scheme.data, axis, getattr(last, axis)).lower() for axis in AXES}
    return render(request, "threats/rating_confirm.html", context, status=422 if form.errors else 200)
