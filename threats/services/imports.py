"""Imports of incidents: start, check, confirm, write, cancel. Browser and command use the same functions.

An import is checked whole before a person confirms it; it is then written in blocks, each in one transaction with the
number of the last row that it stored. Work that broke off goes on after that row, and an incident is known again by
mission, origin and its id there, so nothing is created twice, whoever imports what at the same time.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import JobState
from pocweb.errors import Conflict, RuleError
from pocweb.jobs import ask
from pocweb.models import Counter, Job, Mission, Office
from pocweb.permissions import require
from threats.choices import ImportState, Origin
from threats.models import ImportProblem, ImportRun
from threats.services.import_files import drop_file, measure, stored_name
from threats.services.import_preview import MAX_PROBLEMS, PREVIEW_ROWS, Tally, add_places, preview_rows
from threats.services.import_reading import Block, Finding, Sorter, blocks, open_file, tap
from threats.services.incident_bulk import BulkContext, bulk_record, bulk_update

CHECK, WRITE = "check_import", "write_import"
CANCELLABLE = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)
Say = Callable[[int, int, str], None]


def silent(done: int, of: int, words: str = "") -> None:
    """Take progress that nobody watches."""


def headquarters(mission: Mission) -> Office:
    """Return the office that imports belong to: they fill the whole mission's records."""
    office = Office.objects.select_related("mission").filter(mission=mission).order_by("path").first()
    if office is None:
        raise RuleError("no_office", _("The mission %(code)s has no office yet.") % {"code": mission.code})
    return office


def survey(*, mission: Mission, file: BinaryIO, name: str, layout: str | None, by: Any, say: Say = silent) -> Tally:
    """Return what an import of the file would do, row by row; nothing is stored. Raises `RuleError`."""
    found, table = open_file(file, name=name, layout=layout, mission=mission)
    raw: dict[int, Any] = {}
    tally, sorter = Tally(), Sorter(mission, found.code, by)
    for rows in blocks(found, tap(table, raw, PREVIEW_ROWS)):
        block = sorter.sort(rows)
        if not tally.rows:
            tally.preview = preview_rows(found, block, raw)
        tally.add(block)
        say(tally.rows, 0, _("%(rows)s rows read") % {"rows": f"{tally.rows:,}"})
    return tally


def start_import(
    *,
    mission: Mission,
    file: BinaryIO,
    name: str,
    by: Any,
    layout: str | None = None,
    now: datetime | None = None,
    queue: bool = True,
) -> ImportRun:
    """Take in a file whose columns fit a layout, and queue its check; return the run.

    `file` is a seekable binary file; `layout` None finds the layout from the columns; `by` None stands for an
    operator's command, which checks by itself (`queue=False`). Raises `RuleError` for field "file" when the file is
    too large or cannot be read: then nothing is kept of it, and `Forbidden` without the permission for the whole
    mission.
    """
    office = headquarters(mission)
    run = ImportRun(mission=mission, office=office, marking=mission.default_marking, created_by=by, changed_by=by)
    if by is not None:
        require(by, "threats.import_incidents", run)
    run.file_sha256, run.file_bytes = measure(file)
    run.layout = open_file(file, name=name, layout=layout, mission=run.mission)[0].code
    run.file_name = name[-200:]
    run.created_at = run.changed_at = now or clock.now(mission)
    file.seek(0)
    kept = False
    try:
        with transaction.atomic():
            run.number = Counter.take(mission, "import")
            run.file.save(stored_name(run.file_sha256, name), File(file), save=False)
            run.save(force_insert=True)
            changes = {"file": [None, run.file_name], "sha256": [None, run.file_sha256], "layout": [None, run.layout]}
            record_event(by, "uploaded", run, changes=changes, now=run.created_at)
            if queue:
                _queue(run, CHECK, by)
        kept = True
    finally:
        if run.file.name and not kept:
            run.file.storage.delete(run.file.name)
    return run


def _queue(run: ImportRun, kind: str, by: Any) -> Job:
    words = {"ref": run.ref, "name": run.file_name[:80]}
    title = (_("Check %(ref)s, %(name)s") if kind == CHECK else _("Import %(ref)s, %(name)s")) % words
    job = ask(
        kind,
        mission=run.mission,
        by=by,
        title=title,
        arguments={"run": run.pk},
        marking=run.marking,
        key=f"{kind}:{run.pk}",
    )
    ImportRun.objects.filter(pk=run.pk).update(job=job)
    run.job = job
    return job


def check_import(pk: int, *, by: Any = None, say: Say = silent) -> ImportRun:
    """Read the whole file, store counts, remarks and preview, and return the run, now waiting for a person.

    May run again when it broke off. Raises `RuleError` when the file breaks off inside: the run has then failed and
    the file is gone.
    """
    run = ImportRun.objects.select_related("mission", "office").get(pk=pk)
    open_states = (ImportState.UPLOADED, ImportState.CHECKING)
    if not ImportRun.objects.filter(pk=pk, state__in=open_states).update(state=ImportState.CHECKING):
        return run
    try:
        with run.file.open("rb") as file:
            tally = survey(
                mission=run.mission, file=file, name=run.file_name, layout=run.layout, by=by or run.created_by, say=say
            )
    except RuleError as error:
        _fail(run, error.message)
        raise
    except OSError as error:
        if not ImportRun.objects.filter(pk=pk, state=ImportState.CHECKING).exists():
            return run  # cancelled meanwhile, and the file with it
        said = _("The file is no longer in the store. Upload it again.")
        _fail(run, said)
        raise RuleError("file_gone", said) from error
    with transaction.atomic():
        columns = {
            name: getattr(tally, name)
            for name in ("rows", "created", "updated", "unchanged", "rejected", "problem_count", "places", "preview")
        }
        columns |= {"state": ImportState.CHECKED, "marking": max(run.marking, tally.marking)}
        if ImportRun.objects.filter(pk=pk, state=ImportState.CHECKING).update(**columns):
            run.problems.all().delete()
            _store_findings(run, tally.findings)
    run.refresh_from_db()
    return run


def _fail(run: ImportRun, why: str) -> None:
    """Mark a run whose file cannot be read as failed and delete the file; nothing of it was stored."""
    with transaction.atomic():
        changed = ImportRun.objects.filter(pk=run.pk, state=ImportState.CHECKING).update(
            state=ImportState.FAILED, error=why
        )
        if changed:
            drop_file(run)
            record_event(None, "could not read", run, note=why)


def _store_findings(run: ImportRun, findings: Sequence[Finding]) -> None:
    ImportProblem.objects.bulk_create(
        [
            ImportProblem(
                run=run,
                row=problem.row,
                column=problem.column[:80],
                value=problem.value[:200],
                code=problem.code,
                message=problem.message[:300],
                rejects=rejects,
            )
            for problem, rejects in findings
        ],
        batch_size=500,
    )


def confirm_import(run: ImportRun, *, by: Any, now: datetime | None = None, queue: bool = True) -> ImportRun:
    """Let a checked import begin, or go on when its work broke off for good; queued once however often it is pressed.

    Raises `Conflict` when the run does not wait for that. `by` None stands for an operator's command.
    """
    if by is not None:
        require(by, "threats.import_incidents", run)
    with transaction.atomic():
        begun = ImportRun.objects.filter(pk=run.pk, state=ImportState.CHECKED).update(
            state=ImportState.IMPORTING, created=0, updated=0, unchanged=0, rejected=0, problem_count=0, places={}
        )
        if begun:
            run.problems.all().delete()
            record_event(by, "confirmed", run, changes={"state": ["checked", "importing"]}, now=now)
        elif not broke_off(run):
            raise Conflict("not_waiting", _("This import does not wait to be confirmed. Somebody was first."))
        if queue:
            _queue(run, WRITE if begun or run.state == ImportState.IMPORTING else CHECK, by)
    run.refresh_from_db()
    return run


def broke_off(run: ImportRun) -> bool:
    """Say whether the work on a run ended without a result, so that a person may let it go on."""
    run.refresh_from_db(fields=("state", "job"))
    working = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.IMPORTING)
    return run.state in working and (run.job is None or run.job.state in (JobState.FAILED, JobState.DONE))


def write_import(pk: int, *, by: Any, say: Say = silent) -> ImportRun:
    """Write a confirmed import block by block and return the run; goes on after the last stored row when called again.

    One audit event per block of new incidents, one per changed incident, one at the end.
    """
    run = ImportRun.objects.select_related("mission", "office").get(pk=pk)
    if run.state != ImportState.IMPORTING:
        return run
    with run.file.open("rb") as file:
        layout, table = open_file(file, name=run.file_name, layout=run.layout, mission=run.mission)
        sorter, context = Sorter(run.mission, layout.code, by), BulkContext(run.mission)
        done = 0
        for rows in blocks(layout, table):
            done += len(rows)
            if rows[-1].number > run.imported_through:
                _write_block(run, rows, sorter, context, by)
            say(done, run.rows, _("%(done)s of %(rows)s rows") % {"done": f"{done:,}", "rows": f"{run.rows:,}"})
    with transaction.atomic():
        if ImportRun.objects.filter(pk=pk, state=ImportState.IMPORTING).update(
            state=ImportState.DONE, changed_by=by, changed_at=clock.now(run.mission)
        ):
            run.refresh_from_db()
            counts = {name: [None, getattr(run, name)] for name in ("created", "updated", "unchanged", "rejected")}
            record_event(by, "imported", run, changes=counts)
    return run


def _write_block(run: ImportRun, rows: Sequence[Any], sorter: Sorter, context: BulkContext, by: Any) -> None:
    """Store one block whole, with how far the run is; a block that another worker has stored is passed over.

    The counter of imports is locked first: of two imports in one mission the second sees what the first has stored.
    """
    with transaction.atomic():
        Counter.objects.select_for_update().get(mission=run.mission, kind="import")
        last = rows[-1].number
        fresh = ImportRun.objects.select_for_update().only("state", "imported_through", "places", "problem_count")
        current = fresh.get(pk=run.pk)
        if current.state != ImportState.IMPORTING or current.imported_through >= last:
            return
        block = sorter.sort(rows)
        origin = Origin(run.layout)
        bulk_record([row for _number, row in block.new], context=context, origin=origin, by=by, about=run)
        bulk_update([(item.pk, item.placed) for item in block.changed], context=context, by=by)
        _store_findings(run, block.findings[: max(0, MAX_PROBLEMS - current.problem_count)])
        _count(run, block, add_places(current.places, block.places), last)
        run.imported_through = last


def _count(run: ImportRun, block: Block, places: dict[str, int], last: int) -> None:
    ImportRun.objects.filter(pk=run.pk).update(
        created=F("created") + len(block.new),
        updated=F("updated") + len(block.changed),
        unchanged=F("unchanged") + block.unchanged,
        rejected=F("rejected") + block.rejected,
        problem_count=F("problem_count") + len(block.findings),
        places=places,
        imported_through=last,
    )


def cancel_import(run: ImportRun, *, by: Any, now: datetime | None = None) -> ImportRun:
    """Give up an import that has not begun to write, and delete its file. Raises `Conflict` when it has."""
    require(by, "threats.import_incidents", run)
    with transaction.atomic():
        changed = ImportRun.objects.filter(pk=run.pk, state__in=CANCELLABLE).update(
            state=ImportState.CANCELLED, changed_by=by, changed_at=now or clock.now(run.mission)
        )
        if not changed:
            said = _(
                "This import has begun or is over, and cannot be cancelled. It can be corrected by another import."
            )
            raise Conflict("not_cancellable", said)
        drop_file(run)
        run.problems.all().delete()
        record_event(by, "cancelled", run, now=now)
    run.refresh_from_db()
    return run


def page_of(run: ImportRun) -> str:
    """Return the address of the run's page."""
    return reverse("threats:import-detail", args=[run.pk])
