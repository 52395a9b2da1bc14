"""Pages of sharing: the log, the form that records a share, agreements, and the block for host authorities."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.models import Share, SharingAgreement
from coordination.querysets import AgreementQuerySet, ShareQuerySet
from coordination.sharing import services
from coordination.sharing.fieldlists import AGREEMENT, LABELS
from coordination.sharing.forms import AgreementForm, ReasonForm, ShareFilterForm, ShareForm
from coordination.sharing.rules import Standing
from coordination.sharing.views.contacts import HISTORY, PAGE_SIZE, mission_of, refuse
from coordination.sharing.wording import block_words, show, standing_words
from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from pocweb.guard import EditConflict
from pocweb.numbers import whole
from pocweb.pages import conflict_page, history_lines, permitted, sent_once, stated_version, wanted_changes
from pocweb.permissions import require
from threats.models import Threat


def _agreements(request: HttpRequest) -> AgreementQuerySet:
    return SharingAgreement.objects.visible_to(request.user).select_related("mission", "office")


def _agreement(request: HttpRequest, pk: int) -> SharingAgreement:
    agreement: SharingAgreement = get_object_or_404(_agreements(request), pk=pk)
    return agreement


def shares_for(request: HttpRequest) -> ShareQuerySet:
    """Return the shares that the person may see, with all that a line of the log shows."""
    rows = Share.objects.visible_to(request.user).select_related("agreement", "created_by", "mission")
    return rows.prefetch_related(Prefetch("threats", Threat.objects.order_by("number")))


@require_safe
@permitted("coordination.view_agreement")
def share_list(request: HttpRequest) -> HttpResponse:
    """The log of shares, newest first, narrowed by agreement, kind of partner, threat and days."""
    mission = mission_of(request)
    form = ShareFilterForm(request.GET, user=request.user, mission=mission)
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    rows = shares_for(request).filter(mission=mission)
    for name, column in (("agreement", "agreement"), ("kind", "agreement__kind")):
        if wanted.get(name):
            rows = rows.filter(**{column: wanted[name]})
    if wanted.get("threat"):
        digits = wanted["threat"].upper().removeprefix("T").strip(" -")
        rows = rows.filter(threats__number=whole(digits))
    if wanted.get("start"):
        rows = rows.filter(shared_at__date__gte=wanted["start"])
    if wanted.get("end"):
        rows = rows.filter(shared_at__date__lte=wanted["end"])
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page_obj": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "query": query.urlencode(),
        "is_filtered": bool(query),
        "can_add": request.user.has_perm("coordination.record_share"),
    }
    return render(request, "coordination/share_list.html", context, status=200 if form.is_valid() else 422)


@require_safe
@permitted("coordination.view_agreement")
def share_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One act of sharing; it is never rewritten."""
    share = get_object_or_404(shares_for(request), pk=pk)
    return render(request, "coordination/share_detail.html", {"share": share, "marking": share.marking})


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.record_share")
@sent_once
def share_create(request: HttpRequest) -> HttpResponse:
    """Record a share; `?threat=` ticks a threat, `?agreement=` chooses an agreement."""
    mission = mission_of(request)
    now = clock.now(mission)
    person: Any = {"user": request.user, "mission": mission, "today": now.date()}
    if request.method != "POST":
        keys = [key for key in request.GET.getlist("threat") if whole(key)]
        initial = {"shared_at": now.replace(second=0, microsecond=0), "marking": mission.default_marking}
        initial |= {"threats": keys, "agreement": request.GET.get("agreement")}
        return render(request, "coordination/share_form.html", {"form": ShareForm(initial=initial, **person)})
    form = ShareForm(request.POST, **person)
    if form.is_valid():
        try:
            share = services.record_share(by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s.") % {"ref": share.ref})
            return redirect("coordination:share-detail", share.pk)
    return render(request, "coordination/share_form.html", {"form": form}, status=422)


@require_safe
@permitted("coordination.view_agreement")
def agreement_list(request: HttpRequest) -> HttpResponse:
    """The agreements of the mission by partner, each with how it stands today."""
    mission = mission_of(request)
    today = clock.today(mission)
    seen = Share.objects.visible_to(request.user).values("pk")
    rows = _agreements(request).filter(mission=mission).annotate(shared=Count("shares", filter=Q(shares__in=seen)))
    page = Paginator(rows.order_by("partner", "-valid_from", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "lines": [{"agreement": one, "standing": standing_words(one, today)} for one in page],
        "can_add": request.user.has_perm("coordination.change_agreement"),
    }
    return render(request, "coordination/agreement_list.html", context)


@require_safe
@permitted("coordination.view_agreement")
def agreement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One agreement, what was shared under it, its history, and the form that ends it."""
    return _show_agreement(request, _agreement(request, pk), ReasonForm())


def _show_agreement(
    request: HttpRequest, agreement: SharingAgreement, form: ReasonForm, status: int = 200
) -> HttpResponse:
    today = clock.today(agreement.mission)
    can_change = request.user.has_perm("coordination.change_agreement", agreement)
    is_open = services.standing_of(agreement, today) in (Standing.VALID, Standing.COMING)
    facts = [
        (label, _("open end") if name == "valid_to" and agreement.valid_to is None else value)
        for name, (label, value) in zip((one.name for one in AGREEMENT.fields), AGREEMENT.shown(agreement), strict=True)
        if name != "ref"
    ]
    if agreement.ended_reason:
        facts.append((str(LABELS["ended_reason"]), agreement.ended_reason))
    context = {
        "agreement": agreement,
        "standing": standing_words(agreement, today),
        "facts": facts,
        "shares": shares_for(request).filter(agreement=agreement)[:PAGE_SIZE],
        "events": history_lines(history_of(agreement)[:HISTORY], labels=LABELS, show=show),
        "can_edit": can_change and not agreement.ended_reason and not agreement.shares.exists(),
        "can_share": is_open and request.user.has_perm("coordination.record_share", agreement),
        "form": form if can_change and is_open else None,
        "marking": agreement.marking,
    }
    return render(request, "coordination/agreement_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_agreement")
@sent_once
def agreement_create(request: HttpRequest) -> HttpResponse:
    """Record a sharing agreement."""
    mission = mission_of(request)
    if request.method != "POST":
        initial = {"valid_from": clock.today(mission), "highest_marking": 1, "marking": mission.default_marking}
        form = AgreementForm(initial=initial, user=request.user)
        return render(request, "coordination/agreement_form.html", {"form": form})
    form = AgreementForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            agreement = services.add_agreement(mission, by=request.user, **form.values())
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s.") % {"ref": agreement.ref})
            return redirect("coordination:agreement-detail", agreement.pk)
    return render(request, "coordination/agreement_form.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_agreement")
def agreement_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit an agreement under the lost-update guard, while nothing was shared under it."""
    agreement = _agreement(request, pk)
    require(request.user, "coordination.change_agreement", agreement)
    form = AgreementForm(request.POST or None, initial=services.plain_agreement(agreement), user=request.user)
    if request.method != "POST":
        return _form(request, agreement, form)
    changes = wanted_changes(request, form, names=services.EDITABLE, texts=services.TEXTS)
    if changes is None:
        return _form(request, agreement, form, status=422)
    based_on = stated_version(request.POST)
    try:
        services.edit_agreement(agreement, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        words: Any = {"labels": LABELS, "show": show, "texts": services.TEXTS}
        return conflict_page(request, error, "coordination/sharing_conflict.html", record=agreement, **words)
    except RuleError as error:
        form.is_valid()
        refuse(form, error)
        return _form(request, agreement, form, status=422)
    messages.success(request, _("Saved: %(ref)s.") % {"ref": agreement.ref})
    return redirect("coordination:agreement-detail", pk)


def _form(request: HttpRequest, agreement: SharingAgreement, form: AgreementForm, status: int = 200) -> HttpResponse:
    based_on = request.POST.get("based_on") or agreement.version
    context = {"agreement": agreement, "form": form, "based_on": based_on, "marking": agreement.marking}
    return render(request, "coordination/agreement_form.html", context, status=status)


@require_POST
@permitted("coordination.change_agreement")
def agreement_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an agreement from today on."""
    agreement = _agreement(request, pk)
    require(request.user, "coordination.change_agreement", agreement)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show_agreement(request, agreement, form, status=422)
    services.end_agreement(agreement, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, _("%(ref)s has ended.") % {"ref": agreement.ref})
    return redirect("coordination:agreement-detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.view_agreement")
@sent_once
def share_block(request: HttpRequest, pk: int) -> HttpResponse:
    """How a threat stands for host authorities; with the right, the decision to block it or to lift the block."""
    rows = Threat.objects.visible_to(request.user).select_related("mission", "office")
    threat: Threat = get_object_or_404(services.with_blocks(rows), pk=pk)
    require(request.user, "coordination.view_agreement", threat)
    seen = services.block_of(threat)
    name = "coordination.lift_share_block" if seen.is_blocked else "coordination.record_share"
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        lifts = request.POST.get("act") == "lift"
        require(request.user, "coordination.lift_share_block" if lifts else "coordination.record_share", threat)
        if form.is_valid():
            act = services.lift_block if lifts else services.block_sharing
            act(threat, reason=form.cleaned_data["reason"], by=request.user)
            text = _("The block on %(ref)s is lifted.") if lifts else _("%(ref)s is blocked for host authorities.")
            messages.success(request, text % {"ref": threat.ref})
            return redirect("coordination:share-block", pk)
    tone, words = block_words(seen)
    context = {
        "threat": threat,
        "seen": seen,
        "tone": tone,
        "words": words,
        "form": form if request.user.has_perm(name, threat) else None,
        "shares": shares_for(request).filter(threats=threat)[:PAGE_SIZE],
        "events": history_lines(services.block_history(threat)[:HISTORY], labels=LABELS, show=_show_block),
        "can_record": request.user.has_perm("coordination.record_share", threat),
        "marking": threat.marking,
    }
    return render(request, "coordination/share_block.html", context, status=422 if form.errors else 200)


def _show_block(_name: str, value: Any) -> str:
    return for_people(value)
