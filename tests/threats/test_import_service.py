"""Imports of incidents as a service: nothing twice, nothing lost, people's edits kept, work taken up again (TH-11)."""

import io
import resource
from collections import Counter
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.models import Sum
from django.test import override_settings

from pocweb import jobs
from pocweb.audit import history_of, verify
from pocweb.choices import JobState, Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.geography import load_shipped_places
from pocweb.models import Area, AreaAlias, AuditEvent, Job, Mission, Office, Person
from tests.factories.mission import make_mission, make_office, make_person
from tests.factories.threats_import import csv_file, read_real, run_import, sums, ucdp_rows
from threats.choices import ImportState, PlaceState, SourceOfViolence, Verification
from threats.imports import acled, template, ucdp
from threats.models import Actor, ImportProblem, ImportRun, Incident, IncidentActor, Source
from threats.services import import_reading, imports
from threats.services.incidents import edit_incident, settle_place

REAL = Path(__file__).parents[2] / "threats" / "reference" / "ucdp_ged_caf_1991_2020.csv"
pytestmark = pytest.mark.django_db


@pytest.fixture
def posts(bambari: Office, bria: Office) -> Mission:
    """The mission with its two field offices."""
    return bambari.mission


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_reading, "BLOCK", 4)


def ours(*rows: dict[str, str]) -> io.BytesIO:
    """Return a file of our own template."""
    base = {"origin_id": "OUR-1", "title": "Houses burnt", "starts_on": "2020-11-02", "admin1": "Ouaka"}
    return csv_file([{**base, **row} for row in rows], (column.name for column in template.COLUMNS))


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    return run.rows, run.created, run.updated, run.unchanged, run.rejected


def stored() -> dict[str, Any]:
    """Return everything that an import may write, as numbers of rows."""
    models = (Incident, IncidentActor, Actor, Source, ImportRun, ImportProblem, AuditEvent, Job, AreaAlias)
    return {model.__name__: model.objects.count() for model in models} | {
        "files": len([path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()])
    }


# --- What an import makes of a row ---


def test_new_rows_become_incidents_with_area_office_actor_and_source(posts: Mission, adviser: Person) -> None:
    """TH-11"""
    run = run_import(posts, csv_file(ucdp_rows(2)), by=adviser)
    assert (run.state, counts(run)) == (ImportState.DONE, (2, 2, 0, 0, 0))
    incident = Incident.objects.get(origin_id="1")
    assert (incident.area1.pcode, incident.office.code, incident.place_state) == ("CF42", "BAMBARI", "matched")  # type: ignore[union-attr]
    assert (incident.killed_low, incident.killed_best, incident.killed_high) == (1, 2, 3)
    assert incident.created_by == adviser
    assert [source.code for source in incident.sources.all()] == ["UCDP-GED"]
    assert Source.objects.get().kind == Source.Kind.DATASET
    actor = Actor.objects.get()
    assert (actor.code, actor.name, actor.source_of_violence) == ("ucdp-9001", "Red River band", "armed_group")
    assert run.places["name"] == 2
    assert not list(verify(posts))


def test_actor_is_the_state_only_where_the_file_says_so(posts: Mission) -> None:
    """A side with the State's number is the State; of another State a foreign force; without one, a group."""
    rows = [
        {"side_a": "Government of Riverland", "side_a_new_id": "1", "gwnoa": "482"},
        {"side_a": "Government of Elsewhere", "side_a_new_id": "2", "gwnoa": "500"},
        {"side_a": "Government in exile", "side_a_new_id": "3"},
    ]
    events = [{**row, **cells, "id": str(n)} for n, (row, cells) in enumerate(zip(ucdp_rows(3), rows, strict=True), 1)]
    run_import(posts, csv_file(events))
    found = dict(Actor.objects.values_list("code", "source_of_violence"))
    assert found == {
        "ucdp-1": SourceOfViolence.STATE,
        "ucdp-2": SourceOfViolence.FOREIGN,
        "ucdp-3": SourceOfViolence.ARMED_GROUP,
    }


def test_acled_rows_become_incidents(posts: Mission) -> None:
    """TH-11: fictional rows in ACLED's columns, with the byte-order mark and the written dates of some exports."""
    row = {
        "event_id_cnty": "CAF1",
        "event_date": "16 May 2020",
        "event_type": "Violence against civilians",
        "sub_event_type": "Attack",
        "actor1": "Hill band",
        "inter1": "Rebel group",
        "actor2": "Civilians (Riverland)",
        "country": "Central African Republic",
        "admin1": "Haute-Kotto",
        "latitude": "6.0",
        "longitude": "23.0",
        "geo_precision": "1",
        "fatalities": "4",
    }
    columns = [name for name in acled.COLUMNS if name not in ("admin3", "timestamp")]
    content = csv_file([row, {**row, "event_id_cnty": "CAF2", "fatalities": ""}], columns).getvalue()
    run = run_import(posts, io.BytesIO(b"\xef\xbb\xbf" + content))
    assert (run.layout, counts(run)) == ("acled", (2, 1, 0, 0, 1))
    incident = Incident.objects.get()
    assert (incident.starts_on.isoformat(), incident.office.code, incident.killed_best) == ("2020-05-16", "BRIA", 4)
    assert [source.code for source in incident.sources.all()] == ["ACLED"]
    assert [link.actor.name for link in incident.incident_actors.all()] == ["Hill band"]


def test_rejected_rows_are_listed_and_the_others_imported(posts: Mission) -> None:
    rows = list(ucdp_rows(5))
    rows[1]["best"], rows[3]["date_start"] = "several", "31/31/2020"
    run = run_import(posts, csv_file(rows))
    assert counts(run) == (5, 3, 0, 0, 2)
    found = list(run.problems.filter(rejects=True).values_list("row", "column", "value", "code"))
    assert found == [(3, "best", "several", "not_whole"), (5, "date_start", "31/31/2020", "not_date")]


def test_disagreeing_place_is_kept_by_name_and_listed(posts: Mission) -> None:
    run = run_import(posts, csv_file(ucdp_rows(1, longitude="23.5")))
    incident = Incident.objects.get()
    assert (incident.area1.pcode, incident.place_state) == ("CF42", PlaceState.DISAGREEING)  # type: ignore[union-attr]
    assert "the name says Ouaka; the point lies in Haute-Kotto" in incident.place_note
    assert run.places["disagreeing"] == 1
    assert [(problem.code, problem.rejects) for problem in run.problems.all()] == [("place_disagreeing", False)]


def test_unmatched_place_stays_at_headquarters_until_its_name_is_remembered(posts: Mission, adviser: Person) -> None:
    """TH-11: a name settled once by a person is known to the next import, which moves the waiting incidents."""
    rows = list(ucdp_rows(2, adm_1="Wakka", latitude="", longitude="", where_prec="4"))
    first = run_import(posts, csv_file(rows))
    assert (counts(first), first.places["unmatched"]) == ((2, 2, 0, 0, 0), 2)
    waiting = Incident.objects.order_by("origin_id").first()
    assert waiting is not None
    assert waiting.area is not None
    assert (waiting.area.pcode, waiting.area1, waiting.office.code) == ("CF", None, "HQ")
    settle_place(waiting, Area.objects.get(pcode="CF42"), by=adviser, remember_alias="Wakka")

    again = run_import(posts, csv_file(rows))
    assert (counts(again), again.places["alias"]) == ((2, 0, 1, 1, 0), 2)
    assert set(Incident.objects.values_list("place_state", "area1__pcode", "office__code")) == {
        ("settled", "CF42", "BAMBARI"),
        ("matched", "CF42", "BAMBARI"),
    }


# --- Again, and changed ---


def test_second_import_of_the_same_file_changes_nothing(posts: Mission) -> None:
    content = csv_file(ucdp_rows(9)).getvalue()
    run_import(posts, io.BytesIO(content))
    before = list(Incident.objects.values())
    assert counts(run_import(posts, io.BytesIO(content))) == (9, 0, 0, 9, 0)
    assert list(Incident.objects.values()) == before


def test_changed_row_updates_its_incident_with_history(posts: Mission, adviser: Person) -> None:
    run_import(posts, csv_file(ucdp_rows(3)))
    rows = list(ucdp_rows(3))
    rows[1] |= {"best": "5", "high": "6"}
    run = run_import(posts, csv_file(rows), by=adviser)
    assert counts(run) == (3, 0, 1, 2, 0)
    incident = Incident.objects.get(origin_id="2")
    assert (incident.killed_best, incident.killed_high, incident.version) == (5, 6, 2)
    events = [(event.verb, event.actor, event.changes) for event in history_of(incident)]
    assert events == [("changed by import", adviser, {"killed_best": [2, 5], "killed_high": [3, 6]})]
    assert counts(run_import(posts, csv_file(rows))) == (3, 0, 0, 3, 0)


def test_what_a_person_edited_stays_and_is_listed(posts: Mission, adviser: Person) -> None:
    run_import(posts, csv_file(ucdp_rows(1)))
    incident = Incident.objects.get()
    changes = {"killed_best": 3, "narrative": "Seen by a patrol."}
    edit_incident(incident.pk, based_on=1, changes=changes, by=adviser)
    rows = list(ucdp_rows(1, best="7", high="9", source_headline="Raid at the ford", number_of_sources="4"))
    run = run_import(posts, csv_file(rows))
    incident.refresh_from_db()
    assert (incident.killed_low, incident.killed_best, incident.killed_high) == (1, 3, 3)
    assert (incident.narrative, incident.number_of_reports) == ("Seen by a patrol.", 4)
    kept = {problem.column: problem.message for problem in run.problems.filter(code="kept_edited")}
    assert kept == {
        "killed, best": 'Row 2, killed, best: kept: edited by a person. The file says "7", the record "3".',
        "killed, high": 'Row 2, killed, high: kept: edited by a person. The file says "9", the record "3".',
        "what happened": "Row 2, what happened: kept: edited by a person. "
        'The file says "Raid at the ford", the record "Seen by a patrol.".',
    }
    assert counts(run_import(posts, csv_file(rows))) == (1, 0, 0, 1, 0)


def test_edited_actors_stay(posts: Mission, adviser: Person) -> None:
    run_import(posts, csv_file(ucdp_rows(1)))
    other = Actor.objects.create(mission=posts, code="band-2", name="Hill band", marking=1)
    incident = Incident.objects.get()
    edit_incident(incident.pk, based_on=1, changes={"actors": [[other.code, "perpetrator"]]}, by=adviser)
    run = run_import(posts, csv_file(ucdp_rows(1, best="3")))
    assert [link.actor for link in incident.incident_actors.all()] == [other]
    assert Incident.objects.get().killed_best == 3
    assert [problem.column for problem in run.problems.all()] == ["actors"]


# --- What the file may not bring in ---


def test_verification_and_marking_of_the_file_follow_the_person(posts: Mission, hq: Office, adviser: Person) -> None:
    file = ours({"verification": "verified"}, {"origin_id": "OUR-2", "marking": "strictly_confidential"}).getvalue()
    run = run_import(posts, io.BytesIO(file), by=adviser)
    assert counts(run) == (2, 1, 0, 0, 1)
    assert Incident.objects.get().verification == Verification.REPORTED
    assert set(run.problems.values_list("code", "rejects")) == {("not_yours", False), ("above_clearance", True)}
    joc = make_person("joc", Role.JOC, hq, clearance=Marking.STRICTLY_CONFIDENTIAL)
    run = run_import(posts, io.BytesIO(file), by=joc)
    assert counts(run) == (2, 1, 1, 0, 0)
    assert Incident.objects.get(origin_id="OUR-1").verification == Verification.VERIFIED
    assert run.marking == Marking.STRICTLY_CONFIDENTIAL


def test_name_in_place_of_a_pseudonym_is_refused_and_not_repeated(posts: Mission, hq: Office) -> None:
    """Names of sources never enter, not even as a remark."""
    analyst = make_person("analyst", Role.JMAC, hq)
    run = run_import(
        posts, ours({"source_codes": "Marie Ngo"}, {"origin_id": "2", "source_codes": "HR-014"}), by=analyst
    )
    assert counts(run) == (2, 1, 0, 0, 1)
    assert list(Source.objects.values_list("code", "kind")) == [("HR-014", Source.Kind.MISSION)]
    assert not [text for text in run.problems.values_list("message", "value") if "Marie" in " ".join(text)]


def test_sources_are_left_out_where_the_role_may_not_name_them(posts: Mission, adviser: Person) -> None:
    run = run_import(posts, ours({"source_codes": "HR-014"}), by=adviser)
    assert (counts(run), Source.objects.count()) == ((1, 1, 0, 0, 0), 0)
    assert run.problems.get().code == "not_yours"


def test_row_of_the_future_is_refused(posts: Mission) -> None:
    run = run_import(posts, csv_file(ucdp_rows(1, date_start="2099-01-01", date_end="2099-01-01")))
    assert (counts(run), run.problems.get().code) == ((1, 0, 0, 0, 1), "in_the_future")


# --- States ---


def test_bad_file_raises_and_keeps_nothing(posts: Mission, adviser: Person) -> None:
    before = stored()
    with pytest.raises(RuleError) as caught:
        imports.start_import(mission=posts, file=io.BytesIO(b"a,b\nc,d\n"), name="x.csv", by=adviser)
    assert (caught.value.code, caught.value.field) == ("unknown_layout", "file")
    assert stored() == before


class Endless(io.RawIOBase):
    """A file without end."""

    given = 0

    def seek(self, *_where: int) -> int:
        return 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"x" * size


def test_size_is_measured_while_it_streams(posts: Mission, adviser: Person) -> None:
    before, file = stored(), Endless()
    with override_settings(IMPORT_MAX_BYTES=3 * 1024 * 1024), pytest.raises(RuleError) as caught:
        imports.start_import(mission=posts, file=file, name="x.csv", by=adviser)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.field) == ("too_large", "file")
    assert file.given <= 4 * 1024 * 1024
    assert stored() == before


def test_import_is_refused_without_permission(posts: Mission, officer: Person, stranger: Person) -> None:
    for person in (officer, stranger, make_person("elsewhere", Role.POCA, Office.objects.get(mission__code="ELSE"))):
        with pytest.raises(Forbidden):
            imports.start_import(mission=posts, file=csv_file(ucdp_rows(1)), name="x.csv", by=person)
    assert ImportRun.objects.count() == 0


def test_confirm_and_cancel_exclude_each_other(posts: Mission, adviser: Person) -> None:
    run = imports.start_import(mission=posts, file=csv_file(ucdp_rows(1)), name="x.csv", by=adviser, queue=False)
    imports.check_import(run.pk)
    other = ImportRun.objects.get(pk=run.pk)
    imports.confirm_import(run, by=adviser)
    with pytest.raises(Conflict):
        imports.cancel_import(other, by=adviser)
    with pytest.raises(Conflict):
        imports.confirm_import(other, by=adviser)
    assert Job.objects.filter(kind=imports.WRITE).count() == 1


def test_check_of_a_cancelled_import_changes_nothing(posts: Mission, adviser: Person) -> None:
    run = imports.start_import(mission=posts, file=csv_file(ucdp_rows(1)), name="x.csv", by=adviser)
    imports.cancel_import(run, by=adviser)
    assert jobs.run(Job.objects.get().pk)
    run.refresh_from_db()
    assert (run.state, run.rows, Job.objects.get().state) == (ImportState.CANCELLED, 0, JobState.DONE)


# --- Broken off, and at once ---


class Broken(Exception):
    """The machine stops."""


def test_work_that_broke_off_goes_on_and_creates_nothing_twice(
    posts: Mission, adviser: Person, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TH-11: stopped in the second block, after its incidents and before its end; then taken up again."""
    rows = list(ucdp_rows(10))
    rows[2]["best"] = rows[6]["best"] = "?"
    run = imports.start_import(mission=posts, file=csv_file(rows), name="x.csv", by=adviser, queue=False)
    imports.check_import(run.pk)
    imports.confirm_import(run, by=adviser)
    whole = imports._count

    def stop(run: ImportRun, block: Any, places: Any, last: int) -> None:
        if last > 6:
            raise Broken
        whole(run, block, places, last)

    job = Job.objects.get(kind=imports.WRITE)
    monkeypatch.setattr(imports, "_count", stop)
    with pytest.raises(Broken):
        jobs.run(job.pk)
    run.refresh_from_db()
    assert (Incident.objects.count(), run.imported_through, run.created) == (3, 5, 3)
    monkeypatch.setattr(imports, "_count", whole)
    imports.confirm_import(run, by=adviser)
    assert jobs.run(Job.objects.get(kind=imports.WRITE, state=JobState.QUEUED).pk)
    run.refresh_from_db()
    assert (run.state, counts(run), run.problem_count) == (ImportState.DONE, (10, 8, 0, 0, 2), 2)
    numbers = list(Incident.objects.order_by("number").values_list("origin_id", flat=True))
    assert numbers == ["1", "2", "4", "5", "6", "8", "9", "10"]
    assert not list(verify(posts))


def test_job_delivered_twice_writes_once(posts: Mission, adviser: Person) -> None:
    run = run_import(posts, csv_file(ucdp_rows(3)), by=adviser)
    before = stored()
    assert imports.write_import(run.pk, by=adviser).state == ImportState.DONE
    assert imports.check_import(run.pk).state == ImportState.DONE
    assert stored() == before


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_make_no_doubles(posts: Mission, small_blocks: None) -> None:
    """TH-11"""
    content = csv_file(ucdp_rows(30)).getvalue()
    runs = [
        imports.start_import(mission=posts, file=io.BytesIO(content), name="x.csv", by=None, queue=False)
        for _which in range(2)
    ]
    for run in runs:
        imports.check_import(run.pk)
        imports.confirm_import(run, by=None, queue=False)
    faults: list[BaseException] = []

    def write(pk: int) -> None:
        try:
            imports.write_import(pk, by=None)
        except BaseException as error:  # noqa: BLE001 - told to the test
            faults.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=write, args=[run.pk]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []
    for run in runs:
        run.refresh_from_db()
    assert [run.state for run in runs] == [ImportState.DONE] * 2
    assert sum(run.created for run in runs) == Incident.objects.count() == 30
    assert sum(run.unchanged for run in runs) == 30
    assert not list(verify(posts))


# --- The real file ---


@pytest.fixture
def real_mission(db: None) -> Mission:
    load_shipped_places()
    mission = make_mission()
    headquarters = make_office(mission, "HQ")
    make_office(mission, "BAMBARI", headquarters, [Area.objects.get(pcode="CF42")])
    return mission


def test_real_file_loses_nothing_and_adds_up(real_mission: Mission) -> None:
    """TH-11: 1,576 rows, totals equal the file's, an admin-1 area wherever the precision names one, again: nothing."""
    rows = read_real()
    with REAL.open("rb") as file:
        run = run_import(real_mission, file, name=REAL.name)
    assert counts(run) == (1576, 1576, 0, 0, 0)
    totals = Incident.objects.aggregate(
        low=Sum("killed_low"), best=Sum("killed_best"), high=Sum("killed_high"), civilians=Sum("civilians_killed")
    )
    columns = {"low": "low", "best": "best", "high": "high", "civilians": "deaths_civilians"}
    assert totals == {key: sums(rows, column) for key, column in columns.items()}
    by_year = Counter(Incident.objects.values_list("starts_on__year", flat=True))
    assert by_year == Counter(int(row["date_start"][:4]) for row in rows)
    placed = set(Incident.objects.exclude(area1=None).values_list("origin_id", flat=True))
    assert {row["id"] for row in rows if row["where_prec"] in "1234"} <= placed
    assert sum(run.places.values()) == 1576
    assert Incident.objects.filter(place_state=PlaceState.DISAGREEING).count() == run.places["disagreeing"]
    sides = {row[f"side_{side}_new_id"] for row in rows for side in "ab" if row[f"side_{side}"] != "Civilians"}
    assert set(Actor.objects.values_list("code", flat=True)) == {f"ucdp-{number}" for number in sides}
    with REAL.open("rb") as file:
        assert counts(run_import(real_mission, file, name=REAL.name)) == (1576, 0, 0, 1576, 0)


# --- Flat in queries and memory ---


def resident_kb() -> int:
    """Return the memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


@pytest.mark.once
def test_queries_and_memory_stay_flat_over_20000_rows(posts: Mission, tmp_path: Path) -> None:
    """TH-11: the last blocks of a long file cost what the first ones cost; a draft of all rows would be 60 MB."""
    path = tmp_path / "long.csv"
    path.write_bytes(csv_file(ucdp_rows(20_000, source_article="A report. " * 30)).getvalue())
    with path.open("rb") as file:
        run = imports.start_import(mission=posts, file=file, name=path.name, by=None, queue=False)
    imports.check_import(run.pk)
    imports.confirm_import(run, by=None, queue=False)
    queries, marks, memory = [0], list[int](), list[int]()

    def count(execute: Any, *arguments: Any) -> Any:
        queries[0] += 1
        return execute(*arguments)

    def say(_done: int, _of: int, _words: str) -> None:
        marks.append(queries[0])
        memory.append(resident_kb())

    with connection.execute_wrapper(count):
        run = imports.write_import(run.pk, by=None, say=say)
    assert counts(run) == (20_000, 20_000, 0, 0, 0)
    each = [later - earlier for earlier, later in pairwise(marks)]
    assert len(set(each)) == 1
    assert each[0] <= 80
    assert max(memory[10:]) - memory[9] < 16 * 1024


def test_layout_of_ucdp_is_recognised_by_its_columns(posts: Mission) -> None:
    run = imports.start_import(mission=posts, file=csv_file(ucdp_rows(1)), name="x.csv", by=None, queue=False)
    assert (run.layout, run.state, run.file_name) == ("ucdp", ImportState.UPLOADED, "x.csv")
    assert len(ucdp.COLUMNS) == 49
