"""Sheets of the matrix that come back: taken in with a preview, taken over row by row under the guard, cancelled.

The way of a sheet: `receive_sheet` reads it and stores what it would change; `confirm_sheet` stores each good row
whole or not at all, and again compares with what is stored at that moment; what somebody changed meanwhile goes back
to the person. A row that was stored is marked in the same transaction, so nothing is stored twice. Source: TH-10.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.choices import Marking
from pocweb.errors import Conflict, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Counter, Office
from pocweb.numbers import whole
from pocweb.permissions import require
from threats.choices import OfflineState, ThreatStatus
from threats.models import AtRiskGroup, MatrixImport, Threat
from threats.offline.preview import (
    MATRIX,
    Known,
    Line,
    Preview,
    Stored,
    address_of,
    open_choices,
    preview,
    storable,
)
from threats.offline.reading import SheetFile, read_offline
from threats.services.offline_sheets import bases, hidden_actors, last_ratings, rows_of, words_for
from threats.services.threat_values import TEXTS, plain_values
from threats.services.threats import add_threat, assess_threat, edit_threat

COUNTER = "matrix_import"
RATED = ("likelihood", "impact", "confidence", "reason")


class Choice(NamedTuple):
    """What a person chose for one cell: "mine", "theirs", or "both" with a text of both."""

    pick: str
    text: str = ""


Choices = Mapping[tuple[str, str], Choice]
"""By the line's row and the field."""


# --- in ---------------------------------------------------------------------------------------------------------------


def receive_sheet(office: Office, *, file: BinaryIO, name: str, by: Any, now: datetime | None = None) -> MatrixImport:
    """Take in a sheet with its preview and return it; nothing of the matrix is changed.

    Raises `Forbidden`, and `RuleError` for field "file" when the file is not a sheet of this office.
    """
    record = MatrixImport(mission=office.mission, office=office, marking=0, created_by=by, changed_by=by)
    require(by, "threats.import_matrix", record)
    found = read_offline(file)
    _check_origin(found, office, by)
    file.seek(0)
    record.sha256 = hashlib.sha256(file.read()).hexdigest()
    record.file_name = name[-160:]
    record.created_at = record.changed_at = now or clock.now(office.mission)
    record.marking, compared = compare_sheet(found, office, by=by)
    record.preview = compared.lines
    record.result = {"same": compared.same, "gone": compared.gone, "from": dict(found.origin), "stored": {}}
    record.result["pks"] = [int(key) for key in found.keys if is_pk(key)]
    file.seek(0)
    _keep(record, file, by)
    return record


def _keep(record: MatrixImport, file: BinaryIO, by: Any) -> None:
    """Store record and file together, or neither."""
    kept = False
    try:
        with transaction.atomic():
            record.number = Counter.take(record.mission, COUNTER)
            record.file.save("sheet.xlsx", File(file), save=False)
            record.save(force_insert=True)
            changes = {"file": [None, record.file_name], "sha256": [None, record.sha256]}
            record_event(by, "uploaded", record, changes=changes, note=record.office.code, now=record.created_at)
        kept = True
    finally:
        if record.file.name and not kept:
            record.file.storage.delete(record.file.name)


def _check_origin(found: SheetFile, office: Office, by: Any) -> None:
    origin = found.origin
    if origin["mission"] != office.mission.code:
        raise RuleError("other_mission", _("This sheet is from another mission."), "file")
    if origin["office"] != office.code:
        said = _("This sheet is the matrix of %(other)s, not of %(office)s. Bring it back on the page of that matrix.")
        raise RuleError("other_office", said % {"other": origin["office"][:40], "office": office.code}, "file")
    marking = origin["marking"]
    if whole(marking) not in Marking.values:
        raise RuleError("not_ours", _("The sheet does not say its marking. Take a new sheet out."), "file")
    if int(marking) > by.clearance:
        said = _("The sheet is marked %(marking)s, above your clearance. Somebody who took it out brings it back.")
        raise RuleError("above_clearance", said % {"marking": Marking(int(marking)).label}, "file")


def compare_sheet(found: SheetFile, office: Office, *, by: Any) -> tuple[int, Preview]:
    """Return the highest marking of the sheet's rows, and what it would change; a fixed number of queries."""
    created = _created_by_sheets(office)
    by_key = {row.text("key"): row for row in found.rows if row.text("key")}
    wanted = {key: created.get(key) or (int(key) if is_pk(key) else 0) for key in by_key}
    wanted |= {key: int(key) for key in found.keys if is_pk(key)}
    threats = {threat.pk: threat for threat in rows_of(office, by=by).filter(pk__in=set(wanted.values()))}
    plain = {pk: plain_values(threat) for pk, threat in threats.items()}
    versions = {}
    for key, row in by_key.items():
        versions[wanted[key]] = whole(row.text("version")) or 1
    base = bases(threats.values(), versions, plain)
    ratings = last_ratings(threats)
    rows = {
        key: _known(threats[pk], plain[pk], base[pk], ratings.get(pk), by)
        for key, pk in wanted.items()
        if pk in threats
    }
    words = words_for(office, by=by, held=[*plain.values(), *base.values()])
    words.trust(found.words)
    active = rows_of(office, by=by).active().prefetch_related(None).only("number", "title", "mission", "office", "lead")
    stored = Stored(
        rows=rows,
        titles={threat.title.casefold(): threat.ref for threat in active},
        hidden_actors=hidden_actors(office, by=by),
        group_order=dict(AtRiskGroup.objects.values_list("code", "order")),
        words=words,
    )
    marking = max([int(found.origin["marking"]), *(threat.marking for threat in threats.values())])
    return marking, preview(found, stored)


def is_pk(text: str) -> bool:
    """Say whether a key of the sheet could be that of a stored threat."""
    return text.isascii() and text.isdigit() and len(text) < 16


def _created_by_sheets(office: Office) -> dict[str, int]:
    """Return the threats that rows of earlier sheets became, by the row's key: they are not added a second time."""
    results = MatrixImport.objects.filter(office=office).values_list("result__created", flat=True)
    return {key: pk for created in results if created for key, pk in created.items()}


def _known(threat: Threat, current: Any, base: Any, last: Any, by: Any) -> Known:
    return Known(
        pk=threat.pk,
        ref=threat.ref,
        title=threat.title,
        marking=threat.marking,
        version=threat.version,
        closed=threat.status != ThreatStatus.ACTIVE,
        may_edit=by.has_perm("threats.change_threat", threat),
        current=current,
        base=base,
        last=last,
    )


# --- over -------------------------------------------------------------------------------------------------------------


def confirm_sheet(
    record: MatrixImport, *, by: Any, choices: Choices | None = None, now: datetime | None = None
) -> MatrixImport:
    """Store the rows of a sheet whose choices are made, and return it as it then stands.

    Each row is one transaction, stored whole or not at all. Rows stored before are passed over.
    A row that somebody changed since the preview comes back with new questions, and the sheet stays open for them.
    Raises `Forbidden`, and `Conflict` when the sheet is taken over or cancelled already.
    """
    require(by, "threats.import_matrix", record)
    lines = [line for line in record.preview if storable(line)]
    pks = [line["pk"] for line in lines if line["pk"]]
    threats = Threat.objects.select_related("mission", "office", "lead").in_bulk(pks)
    if MatrixImport.objects.filter(pk=record.pk).exclude(state=OfflineState.CHECKED).exists():
        raise Conflict("already_done", _("This sheet is taken over or cancelled already."))
    for line in lines:
        with transaction.atomic():
            current = _locked(record)
            if current.state != OfflineState.CHECKED:
                break
            if str(line["row"]) not in current.result["stored"]:
                _take_line(current, line, threats.get(line["pk"]), choices or {}, by=by, now=now)
    _finish(record, by=by, now=now)
    record.refresh_from_db()
    return record


def _locked(record: MatrixImport) -> Any:
    """Return the sheet as it stands, locked, without its preview, which is large."""
    found: Any = MatrixImport.objects.select_for_update().defer("preview").get(pk=record.pk)
    found.mission, found.office = record.mission, record.office
    return found


def _take_line(
    record: MatrixImport, line: Line, threat: Threat | None, choices: Choices, *, by: Any, now: datetime | None
) -> None:
    """Store one line, and with it what became of it. A transaction holds one row only: whoever else saves may hold
    another and wait for the audit trail, which each row needs."""
    before = fingerprint(line)
    _choose(line, choices)
    if not open_choices(line):
        _store_line(record, line, threat, by=by, now=now)
    columns = ["result"]
    if fingerprint(line) != before:
        record.preview = [line if one["row"] == line["row"] else one for one in record.preview]
        columns.append("preview")
    record.save(update_fields=columns)


def _choose(line: Line, choices: Choices) -> None:
    """Put the person's choices into a line; a cell without one stays a question."""
    row = str(line["row"])
    for name in list(line["opposed"]):
        choice = choices.get((row, name))
        if choice is None or choice.pick not in ("mine", "theirs", "both"):
            continue
        if choice.pick == "theirs":
            line["changes"].pop(name)
        elif choice.pick == "both" and name in TEXTS:
            line["changes"][name] = choice.text.replace("\r\n", "\n").strip()
        line["opposed"].remove(name)
    choice = choices.get((row, "rating"))
    if line["rating"] and line["rating"]["opposed"] and choice is not None:
        if choice.pick == "theirs":
            line["rating"] = None
        elif choice.pick == "mine":
            line["rating"] |= {"opposed": False, "last": (line["rating"]["theirs"] or {}).get("pk")}


class _RatedSince(Exception):
    """Somebody rated the threat after the preview."""

    def __init__(self, last: dict[str, Any]) -> None:
        super().__init__()
        self.last = last


def _store_line(record: MatrixImport, line: Line, threat: Threat | None, *, by: Any, now: datetime | None) -> None:
    """Store one line whole, or note on it why it was not."""
    row = str(line["row"])
    try:
        with transaction.atomic():
            stored = _write_line(record, line, threat, by=by, now=now)
    except EditConflict as error:
        _ask_again(line, error)
    except _RatedSince as since:
        line["rating"] |= {"opposed": True, "theirs": since.last}
    except RuleError as error:
        label, cell = address_of(line, error.field)
        fault = {"sheet": MATRIX, "cell": cell, "column": label, "value": "", "message": error.message}
        line["faults"] = [fault]
    else:
        record.result["stored"][row] = stored
        if line["kind"] == "new" and line["key"]:
            record.result.setdefault("created", {})[line["key"]] = stored["pk"]


def _write_line(
    record: MatrixImport, line: Line, threat: Threat | None, *, by: Any, now: datetime | None
) -> dict[str, Any]:
    """Store a line and return what was stored: the threat, and the fields that others had changed meanwhile."""
    merged: list[str] = []
    if line["kind"] == "new":
        _refuse_twin(record, line)
        threat = add_threat(office=record.office, values=line["changes"], by=by, now=now)
    elif threat is None:
        raise RuleError("gone", _("This threat is no longer there."))
    elif line["changes"]:
        note = _("Sheet %(ref)s, row %(row)s") % {"ref": record.ref, "row": line["row"]}
        saved = edit_threat(threat, changes=line["changes"], based_on=line["based_on"], by=by, note=note, now=now)
        merged = [one.name for one in saved.merged if one.name not in line["changes"]]
    if line["rating"]:
        _rate(line["rating"], threat, by=by, now=now)
    return {"pk": threat.pk, "ref": threat.ref, "merged": merged}


def _refuse_twin(record: MatrixImport, line: Line) -> None:
    """Refuse a new row that another sheet, confirmed since the preview, has added already."""
    if line["key"] in _created_by_sheets(record.office):
        raise RuleError("added_already", _("This row was added by another upload of the same sheet."))


def _rate(rating: Mapping[str, Any], threat: Threat, *, by: Any, now: datetime | None) -> None:
    """Rate a threat, unless it was rated since the preview: then the person is asked, or it is rated so already."""
    Threat.objects.select_for_update(of=("self",)).get(pk=threat.pk)
    last = last_ratings([threat.pk]).get(threat.pk)
    if last and last["pk"] != rating["last"]:
        if all(last[name] == rating[name] for name in RATED):
            return
        raise _RatedSince(last)
    assess_threat(threat, **{name: rating[name] for name in RATED}, by=by, now=now)


def _ask_again(line: Line, error: EditConflict) -> None:
    """Turn a row that somebody changed since the preview into questions; what was chosen before stays chosen."""
    line["based_on"] = error.current
    line["opposed"] = [one.name for one in error.opposed]
    for one in error.opposed:
        line["base"][one.name], line["theirs"][one.name] = one.base, one.theirs
    for kept in error.kept:
        if kept.by == "them":
            line["merged"][kept.name] = [kept.before, kept.now]


def _finish(record: MatrixImport, *, by: Any, now: datetime | None) -> None:
    """Close a sheet of which nothing is left to store; the first of two who come here does it."""
    with transaction.atomic():
        current = _locked(record)
        stored = current.result["stored"]
        if any(storable(line) and str(line["row"]) not in stored for line in current.preview):
            return
        moment = now or clock.now(current.mission)
        pks = [one["pk"] for one in stored.values()]
        markings = Threat.objects.filter(pk__in=pks).values_list("marking", flat=True)
        done = MatrixImport.objects.filter(pk=record.pk, state=OfflineState.CHECKED).update(
            state=OfflineState.DONE,
            confirmed_at=moment,
            changed_at=moment,
            changed_by=by,
            marking=max([current.marking, *markings]),
        )
        if done:
            refs = ", ".join(one["ref"] for one in stored.values())
            record_event(by, "took over", current, changes={"rows": [None, len(stored)]}, note=refs, now=moment)


def cancel_sheet(record: MatrixImport, *, by: Any, now: datetime | None = None) -> MatrixImport:
    """Give up a sheet that waits, and delete its file. Rows stored before stay. Raises `Forbidden`, `Conflict`."""
    require(by, "threats.import_matrix", record)
    moment = now or clock.now(record.mission)
    with transaction.atomic():
        current = _locked(record)
        changed = MatrixImport.objects.filter(pk=record.pk, state=OfflineState.CHECKED).update(
            state=OfflineState.CANCELLED, file="", changed_at=moment, changed_by=by
        )
        if not changed:
            raise Conflict("already_done", _("This sheet is taken over or cancelled already."))
        name, storage = current.file.name, current.file.storage
        if name:
            transaction.on_commit(lambda: storage.delete(name))
        record_event(by, "cancelled", current, now=moment)
    record.refresh_from_db()
    return record


def may_download(record: MatrixImport, user: Any) -> bool:
    """Say whether the person may see every row of the sheet as it is marked now, those outside the preview included."""
    if not record.file or not user.has_perm("threats.import_matrix", record):
        return False
    pks = [*record.result.get("pks", ()), *(one["pk"] for one in record.result.get("stored", {}).values())]
    return not Threat.objects.filter(pk__in=pks, marking__gt=user.clearance).exists()
