"""What people do in the atrocity watch: judge a factor, set its baseline anew, add a reading. Source: Handbook 8.5."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.fieldlist import for_people
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, Counter, Mission, Office
from pocweb.permissions import refuse_above_clearance, require
from threats.choices import SignLevel
from threats.models import AtrocityFactor, FactorReading, FactorWatch
from threats.rules.watch import COUNTRY, Seen, standing
from threats.services.values import as_day

TEXTS = ("relevance", "baseline", "who", "triggers", "protection")
GUARDED = ("is_relevant", "relevance", "baseline_level", "baseline_on", "baseline", *TEXTS[2:], "marking")
SIGN_LENGTH = 160


def plain_watch(watch: FactorWatch) -> dict[str, Any]:
    """Return the guarded fields of a watched factor as plain values."""
    return {name: getattr(watch, name) for name in GUARDED} | {"baseline_on": watch.baseline_on.isoformat()}


def set_baseline(
    mission: Mission, factor: AtrocityFactor, *, values: Mapping[str, Any], by: Any, now: datetime | None = None
) -> FactorWatch:
    """Judge a factor for the first time: relevant with its baseline, or not relevant with the reason; return it.

    Raises `Forbidden`, `RuleError` with the field, and `Conflict` where somebody has judged it already.
    """
    now = now or clock.now(mission)
    watch = FactorWatch(
        mission=mission,
        office=Office.objects.get(mission=mission, depth=1),
        factor=factor,
        marking=mission.default_marking,
        baseline_level=SignLevel.NONE,
        baseline_on=now.date(),
        created_at=now,
        created_by=by,
        changed_at=now,
        changed_by=by,
    )
    require(by, "threats.set_baseline", watch)
    _apply(watch, values, by=by, today=now.date())
    watch.level = watch.baseline_level
    _clean(watch)
    try:
        with transaction.atomic():
            watch.number = Counter.take(mission, FactorWatch.KIND)
            watch.save(force_insert=True)
            given = {name: [None, value] for name, value in plain_watch(watch).items() if value not in ("", None)}
            record_event(by, "set the baseline", watch, changes=given, now=now)
    except IntegrityError as error:
        text = _("Somebody has judged factor %(number)s already. Open it again.") % {"number": factor.number}
        raise Conflict("judged_already", text) from error
    return watch


def edit_watch(
    watch: FactorWatch, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[FactorWatch]:
    """Set the baseline, the relevance or the texts of a factor anew, under the lost-update guard.

    Raises `Forbidden`, `EditConflict`, and `RuleError` with the field for a value that cannot be stored.
    """
    require(by, "threats.set_baseline", watch)
    now = now or clock.now(watch.mission)

    def apply(record: FactorWatch, wanted: dict[str, Any]) -> list[str]:
        columns = _apply(record, wanted, by=by, today=now.date())
        _follow(record, on=now.date())
        return [*columns, "level", "read_on"]

    try:
        return save_guarded(
            FactorWatch.objects.select_related("mission", "office", "factor"),
            watch.pk,
            based_on=based_on,
            changes=changes,
            by=by,
            plain=plain_watch,
            apply=apply,
            verb="set the baseline anew" if "baseline_level" in changes or "baseline_on" in changes else "changed",
            now=now,
        )
    except ValidationError as error:
        raise _as_rule(error) from error


@transaction.atomic
def add_reading(
    watch: FactorWatch, *, values: Mapping[str, Any], by: Any, now: datetime | None = None
) -> FactorReading:
    """Store what was seen of a factor on a day and return it; a correction is another reading, none is rewritten.

    `values`: read_on (ISO date), level 0 to 3, signs (codes of the factor, or words of one's own), area (p-code or ""),
    evidence, marking, is_background (for a day before the baseline). Raises `Forbidden`, `RuleError` with the field.
    """
    require(by, "threats.read_factor", watch)
    now = now or clock.now(watch.mission)
    held = FactorWatch.objects.select_for_update(of=("self",)).select_related("mission", "office", "factor")
    current = held.get(pk=watch.pk)
    if not current.is_relevant:
        text = _("Factor %(number)s is judged not relevant here. Set a baseline first.")
        raise RuleError("not_relevant", text % {"number": current.factor.number})
    reading = FactorReading(
        watch=current,
        read_on=_reading_day(current, values, today=now.date()),
        level=_level(values.get("level")),
        signs=_signs(current.factor, values.get("signs") or ()),
        area=_area(values.get("area") or ""),
        evidence=str(values.get("evidence") or "").strip(),
        marking=values.get("marking") or current.mission.default_marking,
        made_at=now,
        made_by=by,
    )
    refuse_above_clearance(reading.marking, by)
    if not reading.evidence:
        raise RuleError("no_evidence", _("Say what was seen, where and by what kind of source."), "evidence")
    reading.save(force_insert=True)
    record_event(by, "added a reading", reading, changes=_told(reading), now=now)
    _follow(current, on=now.date())
    FactorWatch.objects.filter(pk=current.pk).update(level=current.level, read_on=current.read_on)
    return reading


def as_seen(readings: Iterable[FactorReading]) -> list[Seen]:
    """Return readings as the rules read them; `area` must be loaded."""
    return [Seen(one.read_on, one.pk, one.level, one.area.pcode if one.area else COUNTRY) for one in readings]


def _follow(watch: FactorWatch, *, on: date) -> None:
    """Let the row repeat what its readings say, of those that everybody who sees the row may see."""
    rows = list(FactorReading.objects.filter(watch=watch, marking__lte=watch.marking).select_related("area"))
    found = standing(
        baseline_level=watch.baseline_level,
        baseline_on=watch.baseline_on,
        seen=as_seen(rows),
        on=max(on, watch.baseline_on),
    )
    watch.level = found.level if found else watch.baseline_level
    watch.read_on = max((row.read_on for row in rows), default=None)


def _apply(watch: FactorWatch, values: Mapping[str, Any], *, by: Any, today: date) -> list[str]:
    """Set the given fields and return their columns. Raises `RuleError` with the field."""
    columns = [name for name in GUARDED if name in values]
    for name in columns:
        value = values[name]
        if name == "baseline_on":
            value = as_day(name, value)
        elif name == "baseline_level":
            value = _level(value, "baseline_level")
        elif name in TEXTS:
            value = str(value or "").strip()
        setattr(watch, name, value)
    refuse_above_clearance(watch.marking, by)
    if watch.baseline_on is None:
        raise RuleError("no_day", _("Say of which day the baseline is."), "baseline_on")
    if watch.baseline_on > today:
        raise RuleError(
            "in_the_future", _("The baseline lies in the future. Name today or a day before."), "baseline_on"
        )
    if not watch.is_relevant and not watch.relevance:
        raise RuleError("no_reason", _("Say why this factor is not relevant here."), "relevance")
    if watch.is_relevant and not watch.baseline:
        raise RuleError("no_baseline", _("Describe in a sentence what is usual here."), "baseline")
    return columns


def _reading_day(watch: FactorWatch, values: Mapping[str, Any], *, today: date) -> date:
    day = as_day("read_on", values.get("read_on"))
    if day is None:
        raise RuleError("no_day", _("Say on which day this was seen."), "read_on")
    if day > today:
        raise RuleError("in_the_future", _("This day has not come yet. Name today or a day before."), "read_on")
    if day < watch.baseline_on and not values.get("is_background"):
        text = _("This is before the baseline of %(day)s. Tick that it is background; it then moves no level.")
        raise RuleError("before_baseline", text % {"day": for_people(watch.baseline_on)}, "read_on")
    return day


def _level(value: Any, name: str = "level") -> int:
    if value not in SignLevel.values:
        raise RuleError("unknown_level", _("Choose one of the four levels."), name)
    return int(value)


def _signs(factor: AtrocityFactor, given: Iterable[Any]) -> list[str]:
    """Return the signs once each: shipped ones in their order, then those in a person's own words."""
    words = [str(sign).strip() for sign in given if str(sign).strip()]
    if too_long := next((sign for sign in words if len(sign) > SIGN_LENGTH), None):
        text = _("Write a sign in at most %(most)s signs of text, the rest under what was seen: %(start)s…")
        raise RuleError("sign_too_long", text % {"most": SIGN_LENGTH, "start": too_long[:30]}, "signs")
    shipped = [row["code"] for row in factor.indicators if row["code"] in words]
    return [*shipped, *(sign for sign in dict.fromkeys(words) if sign not in shipped)]


def _area(pcode: str) -> Area | None:
    if not pcode:
        return None
    area = Area.objects.filter(pcode=pcode, valid_to=None).order_by("pk").first()
    if area is None:
        raise RuleError("unknown_code", _("Not known here: %(code)s.") % {"code": pcode}, "area")
    return area


def _told(reading: FactorReading) -> dict[str, list[Any]]:
    told = {"read_on": reading.read_on.isoformat(), "level": reading.level, "signs": reading.signs}
    told |= {"area": reading.area.pcode if reading.area else "", "evidence": reading.evidence}
    return {name: [None, value] for name, value in told.items() if value not in ("", [])}


def _clean(watch: FactorWatch) -> None:
    try:
        watch.full_clean(exclude=["number"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise _as_rule(error) from error


def _as_rule(error: ValidationError) -> RuleError:
    name, messages = next(iter(error.message_dict.items()))
    return RuleError("invalid", messages[0], None if name == "__all__" else name)
