"""What pages of all apps share: closed doors, the history of a record, and the choice between two people's texts."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from pocweb.audit import fingerprint
from pocweb.errors import RuleError
from pocweb.guard import EditConflict
from pocweb.models import AuditEvent, SentForm
from pocweb.numbers import whole
from pocweb.permissions import require
from pocweb.trail import verb_words

View = Callable[..., HttpResponseBase]
Show = Callable[[str, Any], str]
SALT = "conflict"  # of the values that a conflict page carries
REMEMBERED = timedelta(days=2)  # how long a form that was done is known again


def permitted(name: str) -> Callable[[View], View]:
    """Close a function view to people who hold the permission nowhere; the record itself is asked by its service."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require(request.user, name)
            return view(request, *args, **kwargs)

        guarded.permission = name  # type: ignore[attr-defined]
        return guarded

    return decorate


def back_to(request: HttpRequest, default: str = "") -> str:
    """Return the page of ours that a form was opened from (`next`), else the default; another host's is ignored."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else default


def sent_once(view: View) -> View:
    """Do a form that arrives twice with the same token and content once, and lead both sendings to its result.

    For forms that add something: a double click, or a connection that broke before the answer, adds it once. The
    token comes from `{% once %}`; a form that was refused, or whose content was changed since, is a form of its own.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or not request.POST.get("once"):
            return view(request, *args, **kwargs)
        fields = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
        with transaction.atomic():
            rows = SentForm.objects.select_for_update()  # the second sending waits here for the first
            digest = fingerprint([request.path, fields])
            person: Any = request.user
            sent, _new = rows.get_or_create(person=person, digest=digest, defaults={"at": timezone.now()})
            if sent.url:
                messages.info(request, _("The form arrived twice. It was done once; here is the result."))
                return redirect(sent.url)
            answer = view(request, *args, **kwargs)
            if answer.status_code == HTTPStatus.FOUND:
                SentForm.objects.filter(pk=sent.pk).update(url=answer.headers["Location"])
                rows.filter(person=person, at__lt=timezone.now() - REMEMBERED).delete()
            return answer

    return guarded


def history_lines(events: Iterable[AuditEvent], *, labels: Mapping[str, Any], show: Show) -> list[dict[str, Any]]:
    """Return what `components/_history.html` draws; `show(field, value)` gives a stored plain value as text."""
    return [
        {
            "at": event.at,
            "actor": event.actor or _("The system"),
            "verb": verb_words(event.verb),
            "note": event.note,
            "changes": [
                {"label": labels.get(name, name), "before": show(name, before), "after": show(name, after)}
                for name, (before, after) in event.changes.items()
            ],
        }
        for event in events
    ]


def conflict_context(
    error: EditConflict, *, record_label: str, labels: Mapping[str, Any], show: Show, texts: Collection[str]
) -> dict[str, Any]:
    """Return what `components/_conflict.html` draws. Fields named in `texts` may be written anew as a text of both."""
    fields = [
        {
            "name": item.name,
            "label": labels.get(item.name, item.name),
            "base": show(item.name, item.base),
            "mine": show(item.name, item.mine),
            "theirs": show(item.name, item.theirs),
            "mine_value": raw(item.name, item.mine, texts),
            "control": _control(item.name, item.mine, item.theirs) if item.name in texts else "",
        }
        for item in error.opposed
    ]
    kept = []
    for item in error.kept:
        line = {"label": labels.get(item.name, item.name), "by": _("You") if item.by == "you" else str(error.other)}
        line |= {"before": show(item.name, item.before), "now": show(item.name, item.now)}
        if item.by == "you":
            line |= {"name": item.name, "value": raw(item.name, item.now, texts)}
        kept.append(line)
    return {
        "record_label": record_label,
        "other_name": str(error.other or _("Another person")),
        "other_at": error.at,
        "based_on": error.based_on,
        "current_version": error.current,
        "fields": fields,
        "kept": kept,
    }


def conflict_page(
    request: HttpRequest,
    error: EditConflict,
    template: str,
    *,
    record: Any,
    labels: Mapping[str, Any],
    show: Show,
    texts: Collection[str],
) -> HttpResponse:
    """Return the page on which a person chooses between their edit of a record and another's, with status 409."""
    context = conflict_context(error, record_label=record.ref, labels=labels, show=show, texts=texts)
    context |= {"action": request.path, "record": record, "marking": record.marking}
    context |= {"back_url": request.path.removesuffix("edit/")}
    return render(request, template, context, status=HTTPStatus.CONFLICT)


def wanted_changes(
    request: HttpRequest, form: Any, *, names: Iterable[str], texts: Collection[str]
) -> dict[str, Any] | None:
    """Return what a post wants changed: what was chosen on the conflict page, else what the form holds.

    None where the form refuses; it then says why. Raises as `chosen_values` does.
    """
    if is_choice(request.POST):
        return chosen_values(request.POST, names=names, texts=texts)
    return form.values() if form.is_valid() else None


def _control(name: str, mine: Any, theirs: Any) -> str:
    both = "\n".join(str(value) for value in (mine, theirs) if value)
    return format_html('<textarea name="both_{}" id="both_{}">{}</textarea>', name, name, both)


def raw(name: str, value: Any, texts: Collection[str]) -> str:
    """Return a plain value as a hidden field carries it: text as it is, everything else signed by us.

    It went through its form before, so what comes back needs no second judgment; what we did not sign is refused.
    """
    return (value or "") if name in texts else signing.dumps([name, value], salt=SALT, compress=True)


def unsigned(name: str, given: str) -> Any:
    """Return the plain value of a field that `raw` has signed; raise `RuleError` for every other text."""
    try:
        signed, value = signing.loads(given, salt=SALT)
    except signing.BadSignature:
        signed, value = None, None
    if signed != name:
        raise RuleError("unreadable", _("The page sent a value that cannot be read. Open the record again."))
    return value


def stated_version(post: Mapping[str, Any]) -> int:
    """Return the version of the record that a form says it is based on, 0 where it says none."""
    return whole(str(post.get("based_on", "")))


def is_choice(post: Mapping[str, Any]) -> bool:
    """Say whether a post is the answer to the conflict page."""
    return "all" in post or any(name.startswith("choice_") for name in post)


def chosen_values(post: Mapping[str, Any], *, names: Iterable[str], texts: Collection[str]) -> dict[str, Any]:
    """Return the plain values that the person chose to save on the conflict page; theirs are left as they are.

    Raises `RuleError` for a value that is neither text nor one of those that the page carried.
    """
    if post.get("all") == "theirs":
        return {}
    values: dict[str, Any] = {}
    for name in names:
        choice = post.get(f"choice_{name}")
        if choice not in ("mine", "both"):
            continue
        given = str(post.get(f"{choice}_{name}", ""))
        values[name] = given.replace("\r\n", "\n") if name in texts else unsigned(name, given)
    return values
