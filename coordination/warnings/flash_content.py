"""What a flash report says: built as plain values before it is sent, frozen with it, read back for one person.

A paragraph that tells of a decision, an action point or a profile names it in `cites`; a reader who may not see that
record as it is marked today reads the report without the paragraph, and without the sender's assessment, which may
tell of it too. No content names a source.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from coordination.models import ActionPoint, Decision, FlashReport
from coordination.querysets import SUBJECTS, cleared_q
from pocweb.choices import Marking
from threats.models import Actor


@dataclass(frozen=True)
class Paragraph:
    """One numbered paragraph; `cites` maps a kind of record to the key of the one that it tells of."""

    text: str
    cites: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A heading with its paragraphs; one whose paragraphs are all left out is left out itself."""

    title: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Draft:
    """A flash report before it is sent: everything but reference, moment, recipients and the assessment."""

    title: str
    subject: str
    file_ref: str
    sections: tuple[Section, ...]
    marking: int
    decision: Decision | None = None

    def content(self) -> dict[str, Any]:
        """Return the draft as plain values."""
        sections = [asdict(section) for section in self.sections]
        return {"title": self.title, "subject": self.subject, "file_ref": self.file_ref, "sections": sections}


@dataclass(frozen=True)
class FlashDocument:
    """A flash report as one person reads it. Moments are aware, UTC."""

    title: str
    subject: str
    file_ref: str
    ref: str
    mission: str
    office: str
    sender: str
    to: tuple[str, ...]
    info: tuple[str, ...]
    by_registry: tuple[str, ...]
    sent_at: datetime
    assessment: str
    sections: tuple[Section, ...]
    marking: int
    sha256: str

    @property
    def marking_words(self) -> str:
        """The marking at the top and bottom of each page."""
        return str(Marking(self.marking).label)

    @property
    def group(self) -> str:
        """The date-time group: day, hour and minute in UTC, month and year."""
        return date_time_group(self.sent_at)

    @property
    def numbered(self) -> list[tuple[Section, int]]:
        """Each section with the number of its first paragraph; numbers count what this reader sees."""
        found, first = [], 1
        for section in self.sections:
            found.append((section, first))
            first += len(section.paragraphs)
        return found


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def date_time_group(moment: datetime) -> str:
    """Return a moment in UTC as military and police staff write it: 310840Z DEC 20."""
    return f"{moment:%d%H%M}Z {MONTHS[moment.month - 1]} {moment:%y}"


def said_at(moment: datetime) -> str:
    """Return a moment to the minute: 31 December 2020, 08:40 UTC."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def shortened(text: str, most: int = 700) -> str:
    """Return a text cut at a word so that the report stays within two pages; the record keeps the whole."""
    text = text.strip()
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} […]"


def paragraphs(*texts: str | Paragraph) -> tuple[Paragraph, ...]:
    """Return paragraphs of those texts that are not empty."""
    return tuple(one if isinstance(one, Paragraph) else Paragraph(one) for one in texts if one)


def preview_of(
    draft: Draft, *, office: Any, sender: str, to: Iterable[str], info: Iterable[str], by_registry: Iterable[str],
    assessment: str, now: datetime,
) -> FlashDocument:  # fmt: skip
    """Return the document as it would go out now; it has no reference and no fingerprint yet."""
    return FlashDocument(
        title=draft.title, subject=draft.subject, file_ref=draft.file_ref, ref=_("Draft"), mission=str(office.mission),
        office=office.name, sender=sender, to=tuple(to), info=tuple(info), by_registry=tuple(by_registry), sent_at=now,
        assessment=assessment, sections=draft.sections, marking=draft.marking, sha256="",
    )  # fmt: skip


def read_flash(flash: FlashReport, user: Any) -> FlashDocument:
    """Return a sent report without what the person may not see now. At most three queries.

    The text is that of the sending; whether a part is shown is asked of its record as it is marked today.
    """
    content: dict[str, Any] = flash.content
    cited: dict[str, set[int]] = {}
    for section in content["sections"]:
        for one in section["paragraphs"]:
            for kind, key in one["cites"].items():
                cited.setdefault(kind, set()).add(key)
    seen = seen_parts(cited, user)
    sections, is_whole = [], True
    for section in content["sections"]:
        kept = [one for one in section["paragraphs"] if all(key in seen[kind] for kind, key in one["cites"].items())]
        is_whole &= len(kept) == len(section["paragraphs"])
        if kept:
            sections.append(Section(section["title"], tuple(Paragraph(one["text"], one["cites"]) for one in kept)))
    names = ("title", "subject", "file_ref", "mission", "office", "sender")
    return FlashDocument(
        **{name: content[name] for name in names}, ref=flash.ref, to=tuple(content["to"]), info=tuple(content["info"]),
        by_registry=tuple(content["by_registry"]), sent_at=parse_datetime(content["sent_at"]) or flash.sent_at,
        assessment=content["assessment"] if is_whole else "", sections=tuple(sections), marking=flash.marking,
        sha256=flash.sha256,
    )  # fmt: skip


def seen_parts(cited: dict[str, set[int]], user: Any) -> dict[str, set[int]]:
    """Return those of the cited records that are not marked above the person's clearance, one query per kind."""
    clearance = getattr(user, "clearance", 0)
    item = tuple(f"item__{path}" for path in SUBJECTS)
    where = {
        "decision": (Decision, ("meeting", "meeting__forum", "threat", *item)),
        "action": (ActionPoint, ("meeting", "meeting__forum", "threat", "decision", *item)),
        "actor": (Actor, ()),
    }
    seen: dict[str, set[int]] = {}
    for kind, keys in cited.items():
        model, paths = where[kind]
        rows: Any = model
        rows = rows.objects.filter(cleared_q(user, paths), pk__in=keys, marking__lte=clearance)
        seen[kind] = set(rows.values_list("pk", flat=True))
    return seen
