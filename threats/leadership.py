"""The leadership's view of an office or a branch: each threat in one sentence, in three lists, with what it asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.choices import RiskLevel
from threats.consolidation import Branch
from threats.matrix import Gap, MatrixRow
from threats.matrix.columns import area_text, violence_text
from threats.models import MatrixEdition, Threat
from threats.rules.leadership import Call, Standing, Why, call_of, to_decide

REASONS: dict[Why, str | Promise] = {
    Why.IMMINENT: gettext_lazy("imminent"),
    Why.FIRST: gettext_lazy("priority 1"),
    Why.NEAR: gettext_lazy("near the mission's presence, high risk"),
    Why.NEXT: gettext_lazy("priority 2"),
    Why.RISING: gettext_lazy("risk rising"),
    Why.REST: gettext_lazy("kept in view"),
}
TITLES: dict[Call, tuple[str | Promise, str | Promise]] = {
    Call.MUST: (gettext_lazy("Must"), gettext_lazy("Priority 1, imminent, or near the mission with high risk.")),
    Call.SHOULD: (gettext_lazy("Should"), gettext_lazy("Priority 2, or risk rising.")),
    Call.COULD: (gettext_lazy("Could"), gettext_lazy("All others.")),
}


@dataclass(frozen=True)
class Ask:
    """A gap that needs a decision, with by whom an activity is late."""

    message: str
    by: str


@dataclass(frozen=True)
class Line:
    """One threat. `moved` is "up", "down", "new" or empty, against the edition before; `was` the risk there."""

    row: MatrixRow
    call: Call
    why: str
    where: str
    what: str
    asks: tuple[Ask, ...]
    moved: str
    was: str


@dataclass(frozen=True)
class Section:
    """One of the three lists."""

    call: Call
    title: str
    hint: str
    lines: tuple[Line, ...]


def sections_of(branch: Branch, before: Mapping[str, Mapping[int, int | None]]) -> list[Section]:
    """Return the three lists, each in the order of the matrix. `before`: risks by office and threat (`read_before`)."""
    lines = [_line(row, before.get(row.office_code)) for row in branch.rows]
    return [
        Section(call, str(title), str(hint), tuple(line for line in lines if line.call == call))
        for call, (title, hint) in TITLES.items()
    ]


def standing_of(row: MatrixRow) -> Standing:
    """Return what the rule needs of a row."""
    return Standing(row.priority, row.risk, row.trend, row.imminent, row.near_mission_presence)


def graver_since(branch: Branch, user: Any) -> int:
    """Return how many threats are graver today than the approved rows of the branch say. One query.

    High or extreme and above the approved row, or in none; or imminent, and not so in the approved row. A leader who
    reads approved rows must not miss what came since; only the number is told among them, the rest stands in the
    drafts. The rule is ours, after the POC Handbook 2020, 8.2.4 (reassess when likelihood or impact changes), 8.2.5.
    """
    approved = {row.pk: (row.risk or 0, row.imminent) for row in branch.rows}
    office = branch.office
    rows = Threat.objects.visible_to(user).active().filter(mission=office.mission_id)
    rows = rows.filter(office__path__startswith=office.path)
    grave = rows.filter(Q(risk__gte=RiskLevel.HIGH) | Q(imminent=True)).values_list("pk", "risk", "imminent")
    return sum(_is_graver(risk or 0, imminent, *approved.get(pk, (0, False))) for pk, risk, imminent in grave)


def _is_graver(risk: int, imminent: bool, approved_risk: int, was_imminent: bool) -> bool:
    return (risk >= RiskLevel.HIGH and risk > approved_risk) or (imminent and not was_imminent)


def read_before(branch: Branch, user: Any) -> dict[str, dict[int, int | None]]:
    """Return the risks of the edition that each office's rows are compared with, by office and threat. One query.

    Live rows are compared with the edition in force, approved ones with the edition that it replaced. An office
    without such an edition is left out, so that nothing of it looks new.
    """
    editions = MatrixEdition.objects.visible_to(user).exclude(sha256="")
    if branch.is_live:
        chosen = editions.filter(pk__in=[one.edition for one in branch.in_force])
    else:
        numbers = {one.pk: one.number for one in branch.in_force}
        earlier = editions.filter(office=OuterRef("office"), in_force_at__isnull=False).order_by("-number")
        replaced = earlier.filter(number__lt=OuterRef("number"))
        current = MatrixEdition.objects.filter(office__in=numbers, pk__in=[one.edition for one in branch.in_force])
        chosen = editions.filter(pk__in=current.annotate(last=Subquery(replaced.values("pk")[:1])).values("last"))
    found = chosen.annotate(code=F("office__code")).values_list("code", "snapshot")
    return {code: {row["pk"]: row["risk"] for row in snapshot["rows"]} for code, snapshot in found if snapshot}


def _line(row: MatrixRow, before: Mapping[int, int | None] | None) -> Line:
    call, reasons = call_of(standing_of(row))
    moved, was = _moved(row, before)
    return Line(
        row=row,
        call=call,
        why=", ".join(str(REASONS[why]) for why in reasons),
        where=", ".join(part for part in (row.location, area_text(row)) if part) or _("place not recorded"),
        what=_what(row),
        asks=tuple(_ask(row.gaps[at], row) for at in to_decide([gap.code for gap in row.gaps])),
        moved=moved,
        was=was,
    )


def _what(row: MatrixRow) -> str:
    """Return who does what to whom, as far as it is recorded."""
    who = ", ".join(row.actors) or _("source not recorded")
    whom = ", ".join(dict.fromkeys(one.group.lower() for one in row.groups)) or _("groups not recorded")
    return _("%(who)s: %(what)s against %(whom)s") % {
        "who": who,
        "what": violence_text(row).lower() or _("violence not recorded"),
        "whom": whom,
    }


def _moved(row: MatrixRow, before: Mapping[int, int | None] | None) -> tuple[str, str]:
    """Return how the risk stands to the edition before, and the level there; empty where nothing is to compare."""
    if before is None:
        return "", ""
    if row.pk not in before:
        return "new", ""
    was = before[row.pk]
    if was is None or row.risk is None or was == row.risk:
        return "", ""
    return ("up" if row.risk > was else "down"), str(RiskLevel(was).label)


def headline(sections: Sequence[Section]) -> str:
    """Return the numbers that a leader reads first, as one sentence or two."""
    counts = {section.call: len(section.lines) for section in sections}
    lines = [line for section in sections for line in section.lines]
    must, imminent = counts.get(Call.MUST, 0), sum(line.row.imminent for line in lines)
    asks = sum(bool(line.asks) for line in lines if line.call == Call.MUST)
    parts = [
        ngettext("%(n)d threat must be acted on", "%(n)d threats must be acted on", must) % {"n": must},
        _("%(n)d should be, %(m)d could be") % {"n": counts.get(Call.SHOULD, 0), "m": counts.get(Call.COULD, 0)},
    ]
    told = ", ".join(parts) + "."
    if imminent:
        told += " " + ngettext("%(n)d is imminent.", "%(n)d are imminent.", imminent) % {"n": imminent}
    if asks:
        told += " " + ngettext(
            "%(n)d of the first list waits for a decision.", "%(n)d of the first list wait for a decision.", asks
        ) % {"n": asks}
    return told


def _ask(gap: Gap, row: MatrixRow) -> Ask:
    activity = next((one for one in (*row.response_activities, *row.action_activities) if one.pk == gap.about), None)
    by = ""
    if activity is not None:
        by = ", ".join(part for part in (activity.component, activity.owner or _("no owner")) if part)
    return Ask(gap.message, by)
