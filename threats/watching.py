"""The atrocity watch as somebody reads it: every figure comes from the readings that this reader may see.

Page, export, API and the quarterly report share it. Source: POC Handbook 2020, 8.5.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pocweb.charts import Drawing, sparkline
from pocweb.choices import Marking
from pocweb.models import Mission
from pocweb.tabular import Column
from threats.choices import FactorKind, SignLevel
from threats.models import AtrocityFactor, FactorReading, FactorWatch
from threats.rules.watch import Standing, direction, is_stale, month_ends, quarter_ended, standing
from threats.services.watch import as_seen

SIGNS = {1: "up bad", 0: "eq", -1: "dn ok"}


@dataclass(frozen=True)
class FactorLine:
    """A factor with what one reader sees of it on a day; `watch` is None while nobody has judged it for them.

    `now` is where it stands, `before` where it stood at the end of the quarter before (None where not known).
    """

    factor: AtrocityFactor
    watch: FactorWatch | None
    readings: tuple[FactorReading, ...]
    today: date
    review_days: int

    def standing_on(self, day: date) -> Standing | None:
        if self.watch is None or not self.watch.is_relevant:
            return None
        watch = self.watch
        seen = as_seen(self.readings)
        return standing(baseline_level=watch.baseline_level, baseline_on=watch.baseline_on, seen=seen, on=day)

    def counts(self, reading: FactorReading) -> bool:
        """Say whether a reading moves the level: made on or after the baseline."""
        return self.watch is not None and self.watch.baseline_on <= reading.read_on <= self.today

    @property
    def marking(self) -> int:
        """The highest marking of what the line shows."""
        held = [self.watch.marking] if self.watch else [Marking.UNCLASSIFIED]
        return max([*held, *(one.marking for one in self.readings)])

    @property
    def is_judged(self) -> bool:
        return self.watch is not None

    @property
    def is_followed(self) -> bool:
        return self.watch is not None and self.watch.is_relevant

    @property
    def now(self) -> Standing | None:
        return self.standing_on(self.today)

    @property
    def before(self) -> Standing | None:
        return self.standing_on(quarter_ended(self.today))

    @property
    def word(self) -> str:
        """The level now in words."""
        return str(SignLevel(self.now.level).label) if self.now else ""

    @property
    def chip(self) -> int | None:
        """The step of the colour, 1 to 4; it comes last, after words and sign."""
        return self.now.level + 1 if self.now else None

    @property
    def change(self) -> int | None:
        """1 above the baseline, 0 at it, -1 below."""
        return direction(self.now.level, self.watch.baseline_level) if self.now and self.watch else None

    @property
    def has_risen(self) -> bool:
        """Whether it stands higher than at the end of the quarter before."""
        return bool(self.now and self.before and self.now.level > self.before.level)

    @property
    def sign(self) -> str:
        return SIGNS.get(self.change, "none") if self.change is not None else "none"

    @property
    def change_words(self) -> str:
        if self.change is None:
            return ""
        return {1: _("above the baseline"), 0: _("at the baseline"), -1: _("below the baseline")}[self.change]

    @property
    def place(self) -> str:
        """The area whose reading decides the level, empty where it is national."""
        order = self.now.order if self.now else None
        return next((str(one.area) for one in self.readings if one.pk == order and one.area), "")

    @property
    def last_on(self) -> date | None:
        """The day of the last reading, of the baseline where nothing was read."""
        days = [one.read_on for one in self.readings]
        if self.watch is not None:
            days.append(self.watch.baseline_on)
        return max(days, default=None)

    @property
    def is_late(self) -> bool:
        if not self.is_followed or self.last_on is None:
            return False
        return is_stale(self.last_on, today=self.today, review_days=self.review_days)

    @property
    def spark(self) -> Drawing | None:
        """Where it stood at the end of each of the last twelve months, and today."""
        if not self.is_followed:
            return None
        days = month_ends(self.today)
        found = [self.standing_on(day) for day in days]
        names = [date_format(day, "j M Y") for day in days]
        values = [one.level if one else None for one in found]
        words = [
            f"{name} {SignLevel(value).label}" for name, value in zip(names, values, strict=True) if value is not None
        ]
        label = _("Factor %(number)s by month: %(words)s") % {"number": self.factor.number, "words": ", ".join(words)}
        return sparkline(values, label, names=names)


def board(
    mission: Mission, watches: Any, readings: Any, *, today: date, numbers: Sequence[int] = ()
) -> list[FactorLine]:
    """Return all 14 factors (or those with these numbers) as of a day, from what the querysets let through.

    Three queries, whatever the number of readings; those made of later days are left out.

    `watches` and `readings` are already narrowed to what the reader may see.
    """
    factors = AtrocityFactor.objects.filter(number__in=numbers) if numbers else AtrocityFactor.objects.all()
    held = {row.factor_id: row for row in watches.filter(mission=mission, factor__in=factors)}
    rows = readings.filter(watch__in=[row.pk for row in held.values()], read_on__lte=today)
    rows = rows.select_related("area", "made_by")
    by_watch: dict[int, list[FactorReading]] = defaultdict(list)
    for row in rows.defer("area__shape").order_by("-read_on", "-pk"):
        by_watch[row.watch_id].append(row)
    lines = []
    for factor in factors:
        watch = held.get(factor.pk)
        seen = tuple(by_watch[watch.pk]) if watch else ()
        lines.append(FactorLine(factor, watch, seen, today, mission.review_days))
    return lines


def board_for(user: Any, mission: Mission, *, today: date, numbers: Sequence[int] = ()) -> list[FactorLine]:
    """Return the board as a person may see it."""
    watches = FactorWatch.objects.visible_to(user).select_related("mission", "office", "factor", "changed_by")
    return board(mission, watches, FactorReading.objects.visible_to(user), today=today, numbers=numbers)


def board_marked(mission: Mission, *, marking: int, today: date) -> list[FactorLine]:
    """Return the board of a document: only what is marked at most as the document is."""
    watches = FactorWatch.objects.filter(marking__lte=marking).select_related("factor")
    readings = FactorReading.objects.filter(watch__marking__lte=marking, marking__lte=marking)
    return board(mission, watches, readings, today=today)


def headline(lines: Iterable[FactorLine], *, today: date) -> str:
    """Return the sentence above the board."""
    rows = list(lines)
    above = sum(line.change == 1 for line in rows)
    risen = sum(line.has_risen for line in rows)
    first = ngettext(
        "%(n)s of %(of)s factors stands above its baseline", "%(n)s of %(of)s factors stand above their baseline", above
    ) % {"n": above, "of": len(rows)}
    since = date_format(quarter_ended(today), "j F")
    second = ngettext("%(n)s rose since %(day)s", "%(n)s rose since %(day)s", risen) % {"n": risen, "day": since}
    return f"{first}; {second}."


def sign_texts(factor: AtrocityFactor, signs: Iterable[str]) -> list[str]:
    """Return the signs of a reading in words: shipped ones by their code, the others as written."""
    known = {row["code"]: row["text"] for row in factor.indicators}
    return [known.get(sign, sign) for sign in signs]


def kind_words(kind: str) -> str:
    return str(FactorKind(kind).label)


# --- files ------------------------------------------------------------------------------------------------------------

FACTOR_COLUMNS = (
    Column("number", "Factor", "#indicator+num"),
    Column("name", "Risk factor", "#indicator+name", width=40),
    Column("kind", "Crime it points to", "#indicator+type"),
    Column("relevant", "Relevant here", "#status+relevant"),
    Column("relevance", "Why it is relevant, or why not", "#description+relevance", width=40),
    Column("baseline_level", "Baseline", "#severity+baseline"),
    Column("baseline_on", "Baseline of", "#date+baseline"),
    Column("baseline", "Baseline in words", "#description+baseline", width=40),
    Column("level", "Level now", "#severity+current"),
    Column("place", "Where", "#adm+name"),
    Column("change", "Against the baseline", "#severity+change"),
    Column("risen", "Risen in the quarter", "#status+risen"),
    Column("last_on", "Last read", "#date+reading"),
    Column("late", "Late", "#status+late"),
    Column("who", "Who is vulnerable, and what intensifies it", "#description+affected", width=40),
    Column("triggers", "What may trigger it", "#description+trigger", width=40),
    Column("protection", "How to protect before, how to deter", "#response+description", width=40),
)
READING_COLUMNS = (
    Column("number", "Factor", "#indicator+num"),
    Column("name", "Risk factor", "#indicator+name", width=40),
    Column("read_on", "Seen on", "#date+reading"),
    Column("level", "Level", "#severity"),
    Column("counts", "Since the baseline", "#status+counts"),
    Column("signs", "Signs seen", "#indicator+signs+list", width=40),
    Column("pcode", "P-code", "#adm+code"),
    Column("area", "Area", "#adm+name"),
    Column("evidence", "What was seen", "#description+evidence", width=50),
    Column("made_by", "By", "#contact+name"),
    Column("marking", "Marking", "#meta+marking"),
)


def factor_rows(lines: Iterable[FactorLine]) -> Iterator[dict[str, Any]]:
    """Yield the board as rows of a sheet; a factor that nobody has judged says so."""
    for line in lines:
        watch = line.watch
        row: dict[str, Any] = {"number": line.factor.number, "name": line.factor.name}
        row |= {"kind": kind_words(line.factor.kind), "relevant": _("not judged yet")}
        if watch:
            row |= {"relevant": watch.is_relevant, "relevance": watch.relevance}
        if watch and line.now:
            row |= {name: getattr(watch, name) for name in ("baseline_on", "baseline", "who", "triggers", "protection")}
            row |= {"baseline_level": str(SignLevel(watch.baseline_level).label), "level": line.word}
            row |= {"place": line.place or _("whole country"), "change": line.change_words}
            row |= {"risen": line.has_risen, "last_on": line.last_on, "late": line.is_late}
        yield row


def reading_rows(lines: Iterable[FactorLine]) -> Iterator[dict[str, Any]]:
    """Yield the readings of all factors as rows of a sheet, newest first within a factor."""
    for line in lines:
        for one in line.readings:
            yield {
                "number": line.factor.number,
                "name": line.factor.name,
                "read_on": one.read_on,
                "level": one.get_level_display(),
                "counts": line.counts(one),
                "signs": sign_texts(line.factor, one.signs),
                "pcode": one.area.pcode if one.area else "",
                "area": one.area.name if one.area else _("whole country"),
                "evidence": one.evidence,
                "made_by": str(one.made_by or ""),
                "marking": str(Marking(one.marking).label),
            }
