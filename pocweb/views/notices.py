"""A person's own notices: the list, opening one, and the choice of how to hear of what."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pocweb import notice_mail, notices
from pocweb.forms import NoticeChoicesForm
from pocweb.models import Notice
from pocweb.pages import permitted

PER_PAGE = 50


@require_safe
@permitted("pocweb.view_notices")
def notice_list(request: HttpRequest) -> HttpResponse:
    """Show the person's notices, unread ones first."""
    user: Any = request.user
    seen = Notice.objects.visible_to(user)
    counted = seen.order_by().values("topic").annotate(all=Count("pk"), unread=Count("pk", filter=Q(read_at=None)))
    by_topic = {row["topic"]: row for row in counted}
    unread = sum(row["unread"] for row in by_topic.values())
    if unread != user.unread_notices:  # a posting began or ended since
        unread = notices.recount(user)
    chosen = request.GET.get("topic", "")
    if chosen in by_topic:
        seen = seen.filter(topic=chosen)
    first = Case(When(read_at=None, then=Value(0)), default=Value(1), output_field=IntegerField())
    page = Paginator(seen.order_by(first, "-at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    filters = [
        {"topic": topic, "count": by_topic[topic.code]["all"], "is_current": topic.code == chosen}
        for topic in notices.topics()
        if topic.code in by_topic
    ]
    context = {
        "page_obj": page,
        "lines": [(row, notice_mail.topic_label(row)) for row in page],
        "unread": unread,
        "filters": filters,
        "chosen": chosen if chosen in by_topic else "",
        "marking": max([row.marking for row in page], default=None),
    }
    return render(request, "pocweb/notice_list.html", context)


@require_safe
@permitted("pocweb.view_notices")
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one of the person's notices as read and go to what it tells of; its record asks again who may see it."""
    mine = Notice.objects.visible_to(request.user)
    notice = get_object_or_404(mine, pk=pk)
    if request.method == "GET" and not notice.is_read:
        notices.mark_read(request.user, mine.filter(pk=pk))
    return redirect(notice.url)


@require_POST
@permitted("pocweb.view_notices")
def notice_read_all(request: HttpRequest) -> HttpResponse:
    """Mark all of the person's notices, or those of one topic, as read."""
    mine = Notice.objects.visible_to(request.user)
    if topic := request.POST.get("topic", ""):
        mine = mine.filter(topic=topic)
    count = notices.mark_read(request.user, mine)
    said = ngettext("%(n)s notice is marked as read.", "%(n)s notices are marked as read.", count)
    messages.success(request, said % {"n": count} if count else _("Nothing was unread."))
    return redirect("pocweb:notice-list")


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("pocweb.view_notices")
def notice_choices(request: HttpRequest) -> HttpResponse:
    """Let the person choose for each topic how they hear of it."""
    user: Any = request.user
    form = NoticeChoicesForm(request.POST or None, person=user)
    if request.method == "POST" and form.is_valid():
        notices.choose(user, form.cleaned_data)
        messages.success(request, _("Saved. It counts for what you are told from now on."))
        return redirect("pocweb:notice-choices")
    context = {"form": form, "address": user.email}
    return render(request, "pocweb/notice_choices.html", context, status=422 if form.errors else 200)


@require_POST
@permitted("pocweb.edit_people")
def mail_again(request: HttpRequest) -> HttpResponse:
    """Let e-mails that were given up wait anew."""
    count = notice_mail.send_again(request.user)
    said = ngettext("%(n)s e-mail is tried again.", "%(n)s e-mails are tried again.", count) % {"n": count}
    messages.success(request, said)
    return redirect("pocweb:person-list")
