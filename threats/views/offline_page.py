"""What the page of a sheet draws: its questions, its changes, its faults, and what became of its rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.pages import history_lines
from threats.choices import Confidence, OfflineState
from threats.fieldlists.threat import LABELS
from threats.models import MatrixImport, Threat
from threats.offline.preview import Line, open_choices, storable
from threats.rules.scheme import label_of
from threats.services.offline import may_download
from threats.services.threat_values import TEXTS
from threats.services.threats import current_scheme
from threats.wording import Wording

TONES = {"checked": "warn", "done": "ok", "cancelled": "none"}
SHEET_LABELS = {
    "file": gettext_lazy("File"),
    "sha256": gettext_lazy("Fingerprint"),
    "rows": gettext_lazy("Rows stored"),
}


def sheet_page(record: MatrixImport, user: Any) -> dict[str, Any]:
    """Return the context of a sheet's page. Rows that the person may not see now are counted, not shown."""
    lines, hidden = _seen(record, user)
    show = _Show(record, lines, user)
    stored = record.result.get("stored", {})
    waiting = record.state == OfflineState.CHECKED
    left = [line for line in lines if str(line["row"]) not in stored]
    asking = [line for line in left if open_choices(line)] if waiting else []
    ready = [line for line in left if storable(line) and not open_choices(line)] if waiting else []
    can_import = user.has_perm("threats.import_matrix", record)
    return {
        "record": record,
        "office": record.office,
        "tone": TONES[record.state],
        "waits": waiting,
        "can_confirm": can_import and waiting and bool(asking or ready),
        "can_cancel": can_import and waiting,
        "can_download": may_download(record, user),
        "count": len(asking) + len(ready),
        "questions": [show.question(line) for line in asking],
        "added": [show.change(line) for line in ready if line["kind"] == "new"],
        "changed_count": sum(line["kind"] != "new" for line in ready),
        "changed": [row for line in (*asking, *ready) if line["kind"] != "new" and (row := show.change(line))["cells"]],
        "stored": [show.stored(line, stored[str(line["row"])]) for line in lines if str(line["row"]) in stored],
        "faults": [fault | {"ref": line["ref"]} for line in left for fault in line["faults"]],
        "faulty_rows": sum(bool(line["faults"]) for line in left),
        "same": record.result.get("same", 0),
        "gone": record.result.get("gone", []),
        "hidden": hidden,
        "same_file": _same_file(record, user),
        "events": history_lines(history_of(record)[:20], labels=SHEET_LABELS, show=_shown),
        "marking": record.marking,
    }


def _shown(name: str, value: Any) -> str:
    """Return a value of the history; of a fingerprint its beginning."""
    return f"{value[:12]}…" if name == "sha256" and value else str(value or "")


def _seen(record: MatrixImport, user: Any) -> tuple[list[Line], int]:
    """Return the lines whose threats the person may see at this moment, and how many others there are."""
    pks = {line["pk"] for line in record.preview if line["pk"]}
    pks |= {one["pk"] for one in record.result.get("stored", {}).values()}
    seen = set(Threat.objects.visible_to(user).filter(pk__in=pks).values_list("pk", flat=True))
    stored = record.result.get("stored", {})
    found = []
    for line in record.preview:
        pk = line["pk"] or stored.get(str(line["row"]), {}).get("pk")
        if pk is None or pk in seen:
            found.append(line)
    return found, len(record.preview) - len(found)


def _same_file(record: MatrixImport, user: Any) -> MatrixImport | None:
    rows = MatrixImport.objects.visible_to(user).filter(office=record.office_id, sha256=record.sha256)
    return rows.filter(state=OfflineState.DONE).exclude(pk=record.pk).defer("preview", "result").first()


class _Show:
    """Lines of the preview in words."""

    def __init__(self, record: MatrixImport, lines: Iterable[Line], user: Any) -> None:
        values = [
            (name, value)
            for line in lines
            for held in (line["base"], line["changes"], line["theirs"])
            for name, value in held.items()
        ]
        self.words = Wording(values, user)
        self.ref = record.ref
        try:
            self.scheme: Mapping[str, Any] = current_scheme(record.mission).data
        except RuleError:
            self.scheme = {"likelihood": [], "impact": []}

    def _head(self, line: Line) -> dict[str, Any]:
        url = reverse("threats:threat-detail", args=[line["pk"]]) if line["pk"] else ""
        merged = ", ".join(str(LABELS.get(name, name)) for name in line["merged"])
        return {"row": line["row"], "ref": line["ref"], "title": line["title"], "url": url, "merged": merged}

    def change(self, line: Line) -> dict[str, Any]:
        """Return a row with its cells, each with the text before and after."""
        cells = [
            {
                "label": LABELS.get(name, name),
                "before": self.words(name, line["base"].get(name)),
                "after": self.words(name, value),
            }
            for name, value in line["changes"].items()
            if name not in line["opposed"]
        ]
        if line["rating"] and not line["rating"]["opposed"]:
            cells.append({"label": _("New rating"), "before": "", "after": self.rating(line["rating"])})
        return self._head(line) | {"cells": cells}

    def question(self, line: Line) -> dict[str, Any]:
        """Return a row that asks, with its fields to choose and beside them what is taken without a question."""
        fields = [
            {
                "id": f"{line['row']}_{name}",
                "label": LABELS.get(name, name),
                "base": self.words(name, line["base"].get(name)),
                "mine": self.words(name, line["changes"][name]),
                "theirs": self.words(name, line["theirs"][name]),
                "both": _both(line["changes"][name], line["theirs"][name]) if name in TEXTS else None,
            }
            for name in line["opposed"]
        ]
        rating = line["rating"]
        if rating and rating["opposed"]:
            theirs = self.rating(rating["theirs"])
            who = {"by": rating["theirs"]["by"]}
            words = f"{theirs} ({_('rated by %(by)s') % who})" if who["by"] else theirs
            asked = {"label": _("New rating"), "base": None, "mine": self.rating(rating), "theirs": words, "both": None}
            fields.append({"id": f"{line['row']}_rating", **asked})
        return self.change(line) | {"fields": fields}

    def stored(self, line: Line, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored row: which threat, which cells, and what others had changed meanwhile."""
        labels = [str(LABELS.get(name, name)) for name in line["changes"]]
        if line["rating"]:
            labels.append(_("New rating"))
        return {
            "row": line["row"],
            "ref": result["ref"],
            "title": line["title"],
            "url": reverse("threats:threat-detail", args=[result["pk"]]),
            "is_new": line["kind"] == "new",
            "fields": ", ".join(labels),
            "merged": ", ".join(str(LABELS.get(name, name)) for name in result["merged"]),
        }

    def rating(self, rating: Mapping[str, Any]) -> str:
        """Return a rating as a sentence."""
        axes = [label_of(self.scheme, axis, rating[axis]) or str(rating[axis]) for axis in ("likelihood", "impact")]
        confidence = _("confidence %(level)s") % {"level": str(Confidence(rating["confidence"]).label).lower()}
        return f"{' × '.join(axes)}, {confidence}. {rating['reason']}"


def _both(mine: Any, theirs: Any) -> str:
    return "\n".join(str(value) for value in (mine, theirs) if value)
