"""What the page of one import shows, worked out once for the page and for the part that is fetched again."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pocweb.audit import history_of
from pocweb.fieldlist import for_people
from pocweb.models import Area
from pocweb.pages import history_lines
from threats.choices import ImportState, Origin
from threats.models import ImportRun
from threats.services import import_preview
from threats.services.import_places import MATCHED_HOW
from threats.services.imports import CANCELLABLE, broke_off

WORDS = {"state": ImportState, "layout": Origin}
SHOWN_PROBLEMS = 50
SHOWN_PLACES = 12
COUNTS = {
    "rows": _("rows in the file"),
    "created": _("new"),
    "updated": _("changed"),
    "unchanged": _("unchanged"),
    "rejected": _("left out"),
}
TONES = {
    "uploaded": "warn",
    "checking": "warn",
    "checked": "warn",
    "importing": "warn",
    "done": "ok",
    "failed": "bad",
    "cancelled": "none",
}
WORKING = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.IMPORTING)
WITH_RESULT = (ImportState.CHECKED, ImportState.DONE)
HOW = {
    "pcode": _("P-code in the file"),
    "name": _("Name of the area"),
    "alias": _("Remembered other name"),
    "point": _("Point in the area"),
    "disagreeing": _("Name and point disagree"),
    "unmatched": _("No area found"),
}
ROW_STATES = {
    "new": (_("new"), "ok"),
    "changed": (_("changed"), "warn"),
    "unchanged": (_("unchanged"), "none"),
    "rejected": (_("left out"), "bad"),
}
LABELS = {
    "file": _("File"),
    "sha256": "SHA-256",
    "layout": _("Layout"),
    "state": _("State"),
    "created": _("New"),
    "updated": _("Changed"),
    "unchanged": _("Unchanged"),
    "rejected": _("Left out"),
    "incidents": _("Incidents"),
    "count": _("Number"),
}


def import_page(run: ImportRun, user: Any) -> dict[str, Any]:
    """Return the context of the page and of its changing part."""
    broken = broke_off(run)
    can_import = user.has_perm("threats.import_incidents", run)
    context: dict[str, Any] = {
        "run": run,
        "marking": run.marking,
        "tone": TONES[run.state],
        "broke_off": broken,
        "is_working": run.state in WORKING and not broken,
        "can_confirm": can_import and run.state == ImportState.CHECKED and run.created + run.updated > 0,
        "can_continue": can_import and broken,
        "can_cancel": can_import and run.state in CANCELLABLE,
        "can_import": can_import,
        "has_result": run.state in WITH_RESULT,
        "events": history_lines(history_of(run)[:20], labels=LABELS, show=_show),
    }
    if run.state in WITH_RESULT:
        context |= _result(run, user)
    return context


def _show(name: str, value: Any) -> str:
    if name == "sha256" and value:
        return f"{value[:16]}…"
    if name in WORDS and value in WORDS[name].values:
        return str(WORDS[name](value).label)
    return "" if value is None else for_people(value)


def _result(run: ImportRun, user: Any) -> dict[str, Any]:
    places = [
        {"label": HOW[key], "count": run.places.get(key, 0), "asks": key not in MATCHED_HOW}
        for key in HOW
        if run.places.get(key)
    ]
    of_origin = urlencode({"origin": run.layout, "verification": "any"})
    same = ImportRun.objects.visible_to(user).filter(
        mission=run.mission_id, file_sha256=run.file_sha256, state=ImportState.DONE, number__lt=run.number
    )
    return {
        "counts": [{"value": for_people(getattr(run, name)), "label": label} for name, label in COUNTS.items()],
        "created": for_people(run.created),
        "updated": for_people(run.updated),
        "places": places,
        "asking": sum(line["count"] for line in places if line["asks"]),
        "place_problems": list(run.problems.filter(code__startswith="place_")[:SHOWN_PLACES]),
        "problems": list(
            run.problems.exclude(code__startswith="place_").order_by("-rejects", "row", "pk")[:SHOWN_PROBLEMS]
        ),
        "other_problem_count": run.problem_count - sum(line["count"] for line in places if line["asks"]),
        "preview": preview_lines(run) if run.state == ImportState.CHECKED else [],
        "preview_labels": [label for key, label in import_preview.LABELS.items() if key != "others"],
        "incidents_url": f"{reverse('threats:incident-list')}?{of_origin}",
        "places_url": reverse("threats:incident-places"),
        "same_file": same.order_by("number").first() if run.state == ImportState.CHECKED else None,
    }


def preview_lines(run: ImportRun) -> list[dict[str, Any]]:
    """Return the first rows with their labels, areas by name, and what is wrong with cells that have no column here."""
    codes = {cell["text"] for line in run.preview for cell in line["cells"] if cell["key"] == "area"}
    names = dict(Area.objects.filter(pcode__in=codes - {""}, valid_to=None).values_list("pcode", "name"))
    lines = []
    for line in run.preview:
        label, tone = ROW_STATES[line["state"]]
        shown: dict[str, Any] = {"row": line["row"], "label": label, "tone": tone, "cells": [], "others": []}
        for cell in line["cells"]:
            if cell["key"] == "others":
                shown["others"] = cell["problems"]
                continue
            text = cell["text"]
            if cell["key"] == "area" and text in names:
                text = f"{names[text]} ({text})"
            shown["cells"].append({**cell, "text": text, "label": import_preview.LABELS[cell["key"]]})
        lines.append(shown)
    return lines
