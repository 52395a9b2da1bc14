"""What the check of an import adds up, and the first rows as people see them before they confirm."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from threats.choices import Origin
from threats.imports import IncidentDraft, Layout
from threats.services.import_places import MATCHED_HOW, place_words
from threats.services.import_reading import Block, Finding

PREVIEW_ROWS = 20
MAX_PROBLEMS = 5_000
LABELS = {
    "id": _("Id at the origin"),
    "days": _("Date"),
    "title": _("Title"),
    "place": _("Place in the file"),
    "area": _("Area"),
    "killed": _("Killed"),
    "actors": _("Actors"),
    "others": _("Other columns"),
}
# Which columns of a file stand behind a column of the preview; the first that is filled is shown for rejected rows.
SOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    Origin.UCDP.value: {
        "id": ("id",),
        "days": ("date_start", "date_end", "date_prec"),
        "title": ("dyad_name", "type_of_violence"),
        "place": ("adm_1", "adm_2", "where_coordinates", "where_description"),
        "area": ("latitude", "longitude", "where_prec"),
        "killed": ("best", "low", "high", "deaths_civilians"),
        "actors": ("side_a", "side_b"),
    },
    Origin.ACLED.value: {
        "id": ("event_id_cnty",),
        "days": ("event_date", "time_precision"),
        "title": ("event_type", "sub_event_type"),
        "place": ("admin1", "admin2", "admin3", "location"),
        "area": ("latitude", "longitude", "geo_precision"),
        "killed": ("fatalities",),
        "actors": ("actor1", "actor2"),
    },
    Origin.POCWEB.value: {
        "id": ("origin_id",),
        "days": ("starts_on", "ends_on", "date_precision"),
        "title": ("title", "event_kind"),
        "place": ("admin1", "admin2", "admin3", "locality", "place", "pcode"),
        "area": ("lat", "lon", "point_precision"),
        "killed": ("killed_best", "killed_low", "killed_high", "civilians_killed"),
        "actors": ("perpetrators", "parties", "targets", "perpetrator_source"),
    },
}


def no_places() -> dict[str, int]:
    """Return the summary of places with nothing counted."""
    return dict.fromkeys((*MATCHED_HOW, "unmatched", "disagreeing"), 0)


@dataclass
class Tally:
    """The sums over all blocks, the remarks up to a limit, and the preview."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    problem_count: int = 0
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=no_places)
    preview: list[dict[str, Any]] = field(default_factory=list)
    marking: int = 0

    def add(self, block: Block) -> None:
        """Add a block."""
        self.rows += block.read
        self.created += len(block.new)
        self.updated += len(block.changed)
        self.unchanged += block.unchanged
        self.rejected += block.rejected
        self.problem_count += len(block.findings)
        self.findings += block.findings[: MAX_PROBLEMS - len(self.findings)]
        self.places = add_places(self.places, block.places)
        self.marking = max(self.marking, block.marking)


def add_places(places: Mapping[str, int], more: Counter[str]) -> dict[str, int]:
    """Return a summary of places with those of a block added."""
    return {**no_places(), **{key: value + more.get(key, 0) for key, value in {**no_places(), **places}.items()}}


def preview_rows(layout: Layout, block: Block, raw: Mapping[int, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the first rows as plain values: what each column becomes, and the problems of its cells.

    A row that is left out shows what the file says.
    """
    lines = []
    for number, values in raw.items():
        found = [finding.problem for finding in block.findings if finding.problem.row == number]
        accepted = block.matches.get(number)
        texts = mapped(*accepted) if accepted else as_written(layout.code, values)
        sources = SOURCES[layout.code]
        cells, told = [], set[int]()
        for key in LABELS:
            names = {name.casefold() for name in _names(layout, sources.get(key, ()))}
            own = [index for index, problem in enumerate(found) if problem.column.casefold() in names]
            if key == "others":
                own = [index for index in range(len(found)) if index not in told]
            told |= set(own)
            said = [found[index].message for index in own]
            cells.append({"key": key, "text": texts.get(key, ""), "problems": said})
        lines.append({"row": number, "state": block.states.get(number, ""), "cells": cells})
    return lines


def _names(layout: Layout, columns: Iterable[str]) -> list[str]:
    return [name for column in columns for name in (column, layout.labels.get(column, column))]


def as_written(code: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of a row as the file has them."""
    return {
        key: next((values[name].strip() for name in names if values.get(name, "").strip()), "")[:120]
        for key, names in SOURCES[code].items()
    }


def mapped(draft: IncidentDraft, match: Any) -> dict[str, str]:
    """Return what an incident made of the draft would say; the area as a p-code, blank where there is none."""
    days = draft.starts_on.isoformat()
    if draft.ends_on != draft.starts_on:
        days = f"{days} to {draft.ends_on.isoformat()}"
    return {
        "id": draft.origin_id,
        "days": days,
        "title": draft.title[:120],
        "place": place_words(draft)[:120],
        "area": match.pcode,
        "killed": killed_words(draft),
        "actors": ", ".join(ref.name for ref in draft.actors)[:160],
    }


def killed_words(draft: IncidentDraft) -> str:
    """Return best with low and high, blank where nothing is recorded."""
    if draft.killed_best is None:
        return ""
    span = [value for value in (draft.killed_low, draft.killed_high) if value is not None]
    if len(span) == 2 and span != [draft.killed_best] * 2:
        return f"{draft.killed_best} ({span[0]} to {span[1]})"
    return str(draft.killed_best)
