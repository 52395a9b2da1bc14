"""The judgments of reporting: sections of the assessment, states, page limits, who may sign. Plain values only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.choices import ReportState

PAGES_LEAST, PAGES_MOST = 2, 5
"""Length of the assessment in pages. Source: POC Handbook 2020, 8.4."""

DUE_DAYS_AFTER_QUARTER = 5
"""Days after the quarter's end by which the report is due; the Handbook is silent, so this is our default."""

FIGURE_IN_TEXT = re.compile(r"\[(F-\d{2,3})\]")


@dataclass(frozen=True)
class SectionKind:
    """A narrative section of the quarterly assessment and what it should say."""

    code: str
    title: str | Promise
    hint: str | Promise


SECTIONS: tuple[SectionKind, ...] = (
    SectionKind(
        "I.a",
        gettext_lazy("Threats and communities at risk"),
        gettext_lazy("Threats identified before, in order of priority, and who is most exposed."),
    ),
    SectionKind(
        "I.b.i",
        gettext_lazy("Armed forces and groups"),
        gettext_lazy("Who acted, moved, recruited; State forces included."),
    ),
    SectionKind(
        "I.b.ii",
        gettext_lazy("Patterns of attacks"),
        gettext_lazy("Where, when and against whom; what changed since the last quarter."),
    ),
    SectionKind(
        "I.b.iii",
        gettext_lazy("Casualty estimates"),
        gettext_lazy("Killed and injured with low, best and high, the verified share, and the method."),
    ),
    SectionKind(
        "II.a.i",
        gettext_lazy("Armed groups and other threats"),
        gettext_lazy("What we expect them to do in the next three months, and how sure we are."),
    ),
    SectionKind(
        "II.a.ii",
        gettext_lazy("Elections, negotiations, political processes"),
        gettext_lazy("Events of the next three months that may raise or lower threats."),
    ),
    SectionKind(
        "II.a.iii",
        gettext_lazy("Seasonal variation"),
        gettext_lazy("Rains, cattle movement, harvest, holidays."),
    ),
    SectionKind(
        "II.a.iv",
        gettext_lazy("Economy, food security, flood, drought"),
        gettext_lazy("Pressures that may turn into violence."),
    ),
    SectionKind(
        "II.b",
        gettext_lazy("Likely effect on civilians"),
        gettext_lazy("Who would be hit, where and how; areas without mission presence included."),
    ),
    SectionKind(
        "III",
        gettext_lazy("Anticipated response"),
        gettext_lazy("What the mission will do, by whom, and what it asks of Headquarters."),
    ),
)
"""Sections of the quarterly forward-looking assessment. Source: POC Handbook 2020, 8.4."""

PARTS: tuple[tuple[str, str | Promise], ...] = (
    ("I", gettext_lazy("Summary of threats")),
    ("II", gettext_lazy("Forward look")),
    ("III", gettext_lazy("Anticipated response")),
)


@dataclass(frozen=True)
class Move:
    """One row of the state table: from where an act leads to where, who may, how the button and the history read."""

    source: str
    act: str
    target: str
    permission: str
    label: str | Promise
    done: str
    needs_reason: bool = False


_SUBMIT, _CLEAR = gettext_lazy("Submit for review"), gettext_lazy("Clear the report")
_APPROVE, _RETURN = gettext_lazy("Approve and sign"), gettext_lazy("Send back to the drafter")
_SEND = gettext_lazy("Record that it was sent")

MOVES: tuple[Move, ...] = (
    Move("drafting", "submit", "in_review", "reporting.submit_report", _SUBMIT, "submitted"),
    Move("in_review", "clear", "cleared", "reporting.clear_report", _CLEAR, "cleared"),
    Move("in_review", "return", "drafting", "reporting.clear_report", _RETURN, "returned", needs_reason=True),
    Move("cleared", "approve", "approved", "reporting.approve_report", _APPROVE, "approved"),
    Move("cleared", "return", "drafting", "reporting.approve_report", _RETURN, "returned", needs_reason=True),
    Move("approved", "send", "sent", "reporting.send_report", _SEND, "sent"),
)
"""States and acts of a report. Source: POC Handbook 2020, 8.4, and our rule that drafter and approver differ."""


def move_for(state: str, act: str) -> Move | None:
    """Return the row for an act in a state, or None when the act is not allowed there."""
    return next((move for move in MOVES if move.source == state and move.act == act), None)


def moves_from(state: str) -> tuple[Move, ...]:
    """Return the rows that lead out of a state, in the order of their buttons."""
    return tuple(move for move in MOVES if move.source == state)


STEPS = (
    ReportState.DRAFTING,
    ReportState.IN_REVIEW,
    ReportState.CLEARED,
    ReportState.APPROVED,
    ReportState.SENT,
)


def drafted_by(person: int | None, *, drafter: int | None, submitter: int | None) -> bool:
    """Say whether the person drafted or submitted a report and so may not sign it; all are ids.

    Drafter and approver must differ: our permission table; POC Handbook 2020, 8.4 is silent.
    """
    return person is not None and person in (drafter, submitter)


def due_on(quarter_ends_on: date) -> date:
    """Return the day on which the report of a quarter is due."""
    return quarter_ends_on + timedelta(days=DUE_DAYS_AFTER_QUARTER)


def is_late(state: str, due: date | None, today: date) -> bool:
    """Say whether a report that is not signed yet has passed its day; on the day itself it is in time."""
    return due is not None and due < today and state not in ReportState.SIGNED


def pages_warning(pages: int) -> str | None:
    """Return a sentence when the document is shorter or longer than the guidance asks, else None.

    Source: POC Handbook 2020, 8.4: two to five pages.
    """
    if pages < PAGES_LEAST:
        return _("The report has 1 page. The guidance asks for 2 to 5; say more on what lies ahead.")
    if pages > PAGES_MOST:
        return _("The report has %(pages)s pages. The guidance asks for 2 to 5; shorten the text.") % {"pages": pages}
    return None


AWAITED: dict[str, str | Promise] = {
    "in_review": gettext_lazy("It waits to be cleared by the POC lead; whoever drafted it may not."),
    "cleared": gettext_lazy("It waits for the signature of the mission's leadership; whoever drafted it may not sign."),
    "approved": gettext_lazy("It is signed. It waits to be sent, which the drafter or the leadership records."),
}
"""Whom a report waits for, in words for those who cannot act on it themselves."""


@dataclass(frozen=True)
class Missing:
    """Something that stands between a draft and its submission."""

    code: str
    message: str
    section: str = ""


def missing_for_submission(texts: dict[str, str], known_figures: set[str], lead: str) -> Iterator[Missing]:
    """Yield what is missing: empty sections, no lead summary, and references to figures that do not exist."""
    if not lead.strip():
        yield Missing("no_lead", _("The lead summary is empty."), "lead")
    for kind in SECTIONS:
        text = texts.get(kind.code, "")
        if not text.strip():
            yield Missing(
                "empty_section", _("%(code)s %(title)s is empty.") % {"code": kind.code, "title": kind.title}, kind.code
            )
    for place, text in {**texts, "lead": lead}.items():
        for reference in FIGURE_IN_TEXT.findall(text):
            if reference not in known_figures:
                yield Missing(
                    "unknown_figure",
                    _("%(place)s names the figure %(figure)s, which does not exist.")
                    % {"place": place, "figure": reference},
                    place,
                )
