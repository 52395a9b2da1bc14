"""The operators' command `render_report`."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pocweb.models import AuditEvent, Counter, Mission, Office, Person
from reporting.models import Figure, Report
from threats.figures import figures

pytestmark = pytest.mark.django_db


def render(out: Path, **options: Any) -> dict[str, Any]:
    """Return what the command prints as JSON."""
    said = io.StringIO()
    given = {"mission": "DEMO", "kind": "quarterly", "period": "2020-Q4", "format": "json", **options}
    call_command("render_report", out=out, stdout=said, **given)
    told: dict[str, Any] = json.loads(said.getvalue())
    return told


def test_command_writes_the_document_and_says_its_figures(report: Report, tmp_path: Path) -> None:
    told = render(tmp_path / "q4.pdf")

    pdf = (tmp_path / "q4.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert told["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert (told["report"], told["state"], told["bytes"], told["warning"]) == ("R-001", "drafting", len(pdf), None)
    killed = figures(report.mission, measure="killed", by="month", start=report.starts_on, end=report.ends_on)
    assert {row["code"]: row["answer"] for row in told["figures"]}["F-02"] == killed.total == 10
    assert len(told["figures"]) == 23


def test_command_draws_the_same_bytes_twice(report: Report, tmp_path: Path) -> None:
    """QR-02."""
    first, second = render(tmp_path / "a.pdf"), render(tmp_path / "b.pdf")

    assert first["sha256"] == second["sha256"]


def test_quarter_that_nobody_opened_is_drawn_and_nothing_kept(events: None, mission: Mission, tmp_path: Path) -> None:
    before = AuditEvent.objects.count()

    told = render(tmp_path / "q4.pdf")

    assert (told["report"], told["state"]) == (None, "not opened")
    assert {row["code"]: row["answer"] for row in told["figures"]}["F-02"] == 10
    assert (Report.objects.count(), Figure.objects.count(), AuditEvent.objects.count()) == (0, 0, before)
    assert not Counter.objects.filter(mission=mission, kind="report").exists()
    said = io.StringIO()
    call_command("render_report", mission="DEMO", period="2020-Q4", out=tmp_path / "q4.pdf", stdout=said)
    assert "A POC Adviser opens it on the page /reports/new/." in said.getvalue()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mission": "NONE"}, "There is no mission with the code NONE."),
        ({"period": "2020-12"}, "Name the quarter as year and number, such as 2020-Q4."),
        ({"period": "2020-Q5"}, "Name the quarter as year and number, such as 2020-Q4."),
    ],
)
def test_refusals_are_plain_sentences(hq: Office, tmp_path: Path, options: dict[str, str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        render(tmp_path / "x.pdf", **options)


def test_mission_without_office_is_refused(mission: Mission, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no office"):
        render(tmp_path / "x.pdf")


def test_folder_that_does_not_exist_is_named(report: Report, adviser: Person, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be written: No such file or directory"):
        render(tmp_path / "nowhere" / "x.pdf")
