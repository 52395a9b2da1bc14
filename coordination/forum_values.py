"""What is written of a forum as plain values, and the rules that those values keep together."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from coordination import rules
from coordination.choices import SeatKind
from coordination.models import Forum, ForumSeat
from pocweb.errors import RuleError
from pocweb.models import Component, Mission, Office, Person

TEXTS = ("name", "secretariat", "terms")
LINKS = ("office", "chair", "parent")
DAYS = ("active_from", "active_to")
SETS = ("members", "seats")
"""Values kept in rows of their own rather than in columns of the forum."""
EDITABLE = (
    "name", "code", "level", "body", "office", "frequency", "chair", "secretariat", "parent", "members", "seats",
    "terms", "active_from", "active_to", "is_active", "marking",
)  # fmt: skip
PLAIN = tuple(name for name in EDITABLE if name not in (*LINKS, *DAYS, *SETS))
CHAIN = {"parent", "level", "marking", "office"}
"""Values on which the chain of forums rests."""
MOST_SEATS = 100


def plain_forum(forum: Forum) -> dict[str, Any]:
    """Return the guarded fields as plain values: ids for links, ISO days, sorted lists for members and seats."""
    values = {name: getattr(forum, name) for name in PLAIN}
    values |= {name: getattr(forum, f"{name}_id") for name in LINKS}
    values |= {name: day.isoformat() if (day := getattr(forum, name)) else None for name in DAYS}
    values["members"] = sorted(forum.members.values_list("pk", flat=True))
    return values | {"seats": plain_seats(forum.seats.values("person", "body", "kind"))}


def plain_seats(lines: Any) -> list[dict[str, Any]]:
    """Return seats as sorted lines of person (id or None), body and kind; empty lines are left out.

    Raises `RuleError` for a line with both or a strange kind, for somebody who sits twice, and for too many lines.
    """
    seats: list[dict[str, Any]] = []
    for line in lines:
        given = line.get("person")
        person, body = getattr(given, "pk", given) or None, str(line.get("body") or "").strip()
        if not person and not body:
            continue
        if person and body:
            raise RuleError("seat_twofold", _("A seat is a person's or a body's: fill in one of the two."), "seats")
        kind = str(line.get("kind") or SeatKind.MEMBER)
        if kind not in SeatKind.values:
            raise RuleError("seat_kind", _("Say whether a seat is a member's, invited or an observer's."), "seats")
        seats.append({"person": int(person) if person else None, "body": body, "kind": kind})
    held = [seat["person"] or seat["body"].lower() for seat in seats]
    if len(held) != len(set(held)):
        raise RuleError("seat_twice", _("The same person or body sits here twice. Remove one of the two."), "seats")
    if len(seats) > MOST_SEATS:
        raise RuleError("too_many_seats", _("A forum has at most 100 seats."), "seats")
    return sorted(seats, key=lambda seat: (seat["person"] or 0, seat["body"]))


def as_plain(mission: Mission, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a caller's values as in `plain_forum`; links out of the mission are refused."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("A forum has no field %(name)s.") % {"name": name}, name)
        if name == "members":
            plain[name] = sorted({getattr(item, "pk", item) for item in value})
        elif name == "seats":
            plain[name] = plain_seats(value)
        elif name in DAYS:
            plain[name] = value.isoformat() if isinstance(value, date) else value or None
        else:
            plain[name] = (getattr(value, "pk", value) or None) if name in LINKS else value
    _refuse_strangers(mission, plain)
    return plain


def _refuse_strangers(mission: Mission, plain: Mapping[str, Any]) -> None:
    people = Person.objects.filter(postings__mission=mission)
    sitting = {seat["person"] for seat in plain.get("seats", ())}
    checks: tuple[tuple[str, Any, set[Any]], ...] = (
        ("office", Office.objects.filter(mission=mission), {plain.get("office")}),
        ("chair", people, {plain.get("chair")}),
        ("parent", Forum.objects.filter(mission=mission), {plain.get("parent")}),
        ("members", Component.objects.filter(mission=mission), set(plain.get("members", ()))),
        ("seats", people, sitting),
    )
    for name, rows, wanted in checks:
        wanted.discard(None)
        if wanted and wanted - set(rows.filter(pk__in=wanted).values_list("pk", flat=True)):
            raise RuleError("not_in_mission", _("Choose from this mission."), name)


def set_columns(forum: Forum, values: Mapping[str, Any]) -> list[str]:
    """Set the plain values that are columns on the forum and return their names."""
    columns = [name for name in values if name not in SETS]
    for name in columns:
        value = values[name]
        if name in DAYS:
            value = _day(value, name)
        setattr(forum, f"{name}_id" if name in LINKS else name, value)
    return columns


def _day(value: str | None, name: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise RuleError("no_day", _("Write the day as 2020-12-31."), name) from error


def set_rows(forum: Forum, values: Mapping[str, Any]) -> None:
    """Write member components and seats; a seat that stays keeps its row."""
    if "members" in values:
        forum.members.set(values["members"])
    if "seats" not in values:
        return
    wanted = {(seat["person"], seat["body"]): seat["kind"] for seat in values["seats"]}
    for row in forum.seats.all():
        kind = wanted.pop((row.person_id, row.body), None)
        if kind is None:
            row.delete()
        elif kind != row.kind:
            row.kind = kind
            row.save(update_fields=["kind"])
    ForumSeat.objects.bulk_create(
        ForumSeat(forum=forum, person_id=person, body=body, kind=kind) for (person, body), kind in wanted.items()
    )


def check_forum(forum: Forum, changed: Mapping[str, Any], *, by: Any) -> None:
    """Raise `RuleError` where the values do not fit together: days, and the chain of forums.

    A forum refers up to one of a higher level (Handbook 6.1.1 to 6.1.3), at its own office or one above it, whose
    marking is not above its own, so that whoever reads the forum may read where it refers to (both ours).
    """
    rules.check_days_of_forum(forum.active_from, forum.active_to)
    if not CHAIN & set(changed):
        return
    if forum.parent_id is not None:
        _check_parent(forum, changed, by)
    for below in Forum.objects.filter(parent=forum.pk).select_related("office") if forum.pk else ():
        if not rules.decides_for(forum.office.path, below.office.path):
            raise RuleError("office_below", _("Forums of other offices refer up to this one."), "office")
        if not rules.is_above(forum.level, below.level):
            raise RuleError("level_below", _("Forums of this or a higher level refer up to this one."), "level")
        if below.marking < forum.marking:
            raise RuleError("marked_above", _("Forums that refer up to this one are marked lower."), "marking")


def _check_parent(forum: Forum, changed: Mapping[str, Any], by: Any) -> None:
    if changed.get("parent") and not Forum.objects.referable_by(by).filter(pk=forum.parent_id).exists():
        raise RuleError("not_in_mission", _("Choose from this mission."), "parent")
    parent = Forum.objects.select_related("office").get(pk=forum.parent_id)
    if not rules.is_above(parent.level, forum.level):
        raise RuleError("not_above", _("A forum refers up to one of a higher level."), "parent")
    if not rules.decides_for(parent.office.path, forum.office.path):
        raise RuleError("not_above", _("A forum refers up to one at its own office or an office above."), "parent")
    if parent.marking > forum.marking:
        raise RuleError("parent_marked", _("The forum above is marked higher than this one."), "parent")
