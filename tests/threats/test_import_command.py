"""The command `import_events`: the browser's import by other means (TH-11)."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pocweb.models import Area, AuditEvent, Mission, Office
from tests.factories.mission import make_mission
from tests.factories.threats_import import csv_file, ucdp_rows
from tests.threats.test_import_service import stored
from threats.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def posts(bambari: Office, bria: Office) -> Mission:
    return bambari.mission


def write(tmp_path: Path, *rows: dict[str, Any]) -> str:
    path = tmp_path / "events.csv"
    path.write_bytes(csv_file(rows).getvalue())
    return str(path)


def answer(file: str, *options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_events", file, "--mission", "DEMO", "--format", "json", *options, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_command_answers_with_counts_problems_and_places(posts: Mission, tmp_path: Path) -> None:
    rows = [*ucdp_rows(3)]
    rows[1] |= {"best": "some"}
    rows[2] |= {"longitude": "23.5"}
    file = write(tmp_path, *rows)
    found = answer(file, "--layout", "ucdp")
    bad, asking = found.pop("problems")
    assert bad == {
        "row": 3,
        "column": "best",
        "value": "some",
        "code": "not_whole",
        "message": 'Row 3, best: "some" is not a whole number.',
        "left_out": True,
    }
    assert (asking["row"], asking["code"], asking["left_out"]) == (4, "place_disagreeing", False)
    listed = found["places"].pop("to_settle")
    assert [(line["row"], line["value"]) for line in listed] == [(4, "Ouaka")]
    assert found == {
        "rows": 3,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "problem_count": 2,
        "places": {"pcode": 0, "name": 1, "alias": 0, "point": 0, "unmatched": 0, "disagreeing": 1},
        "dry_run": False,
        "import": "IM-001",
    }
    assert Incident.objects.count() == 2


def test_trial_run_says_the_same_and_writes_nothing(posts: Mission, tmp_path: Path) -> None:
    rows = [*ucdp_rows(4)]
    rows[1] |= {"best": "some"}
    file = write(tmp_path, *rows)
    before, areas = stored(), Area.objects.count()
    trial = answer(file, "--dry-run")
    assert (stored(), Area.objects.count(), AuditEvent.objects.count()) == (before, areas, 0)
    real = answer(file)
    assert trial.pop("dry_run") is True
    assert (real.pop("dry_run"), real.pop("import")) == (False, "IM-001")
    assert trial == real


def test_second_run_creates_nothing(posts: Mission, tmp_path: Path) -> None:
    file = write(tmp_path, *ucdp_rows(4))
    assert answer(file)["created"] == 4
    again = answer(file)
    assert (again["rows"], again["created"], again["updated"], again["unchanged"]) == (4, 0, 0, 4)


def test_rejected_rows_end_well_unless_strict(posts: Mission, tmp_path: Path) -> None:
    file = write(tmp_path, *ucdp_rows(1, best="some"))
    assert answer(file)["rejected"] == 1
    with pytest.raises(SystemExit) as ended:
        answer(file, "--strict")
    assert ended.value.code == 1


def test_unreadable_file_ends_with_a_sentence(posts: Mission, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes("nom,lieu\nX,Grimarié\n".encode("cp1252"))
    broken = tmp_path / "broken.csv"
    broken.write_bytes(csv_file(ucdp_rows(2)).getvalue() + b'3,"open')
    cases = {
        str(tmp_path / "none.csv"): "cannot be opened: No such file or directory.",
        str(bad): "The file is not UTF-8",
        str(broken): "a quotation mark is not closed",
    }
    for file, words in cases.items():
        with pytest.raises(CommandError, match=words):
            answer(file)
    with pytest.raises(CommandError, match="needs these columns too"):
        answer(write(tmp_path, *ucdp_rows(1)), "--layout", "acled")
    assert Incident.objects.count() == 0


def test_unknown_mission_ends_with_a_sentence(db: None, tmp_path: Path) -> None:
    file = write(tmp_path, *ucdp_rows(1))
    with pytest.raises(CommandError, match="There is no mission with the code DEMO."):
        answer(file)
    make_mission()
    with pytest.raises(CommandError, match="has no office yet"):
        answer(file)


def test_text_is_for_people(posts: Mission, tmp_path: Path) -> None:
    file = write(tmp_path, *ucdp_rows(2, best="some"))
    out = io.StringIO()
    call_command("import_events", file, "--mission", "DEMO", stdout=out)
    assert out.getvalue().splitlines() == [
        "Import IM-001.",
        "rows 2, created 0, updated 0, unchanged 0, rejected 2.",
        "Places: pcode 0, name 0, alias 0, point 0, unmatched 0, disagreeing 0.",
        'Row 2, best: "some" is not a whole number.',
        'Row 3, best: "some" is not a whole number.',
    ]
