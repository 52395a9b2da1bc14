"""The API of reports."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pocweb.choices import Marking
from pocweb.models import Person
from reporting import services
from reporting.models import Report, ReportFile
from tests.reporting.conftest import NOW, do_jobs

pytestmark = pytest.mark.django_db
LIST = "/api/v1/reports/"


def api(person: Person) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def rows(answer: Any) -> list[dict[str, Any]]:
    data = answer.json()
    found: list[dict[str, Any]] = data["results"] if isinstance(data, dict) else data
    return found


def test_list_and_detail_hold_sections_and_figures(report: Report, adviser: Person) -> None:
    client = api(adviser)

    assert [(row["ref"], row["period"], row["state"]) for row in rows(client.get(LIST))] == [
        ("R-001", "2020-Q4", "drafting")
    ]
    one = client.get(f"{LIST}{report.pk}/").json()
    assert [row["code"] for row in one["sections"]][:2] == ["I.a", "I.b.i"]
    figure = one["figures"][1]
    assert (figure["code"], figure["answer"], figure["question"]["measure"]) == ("F-02", 10, "killed")
    assert one["figures"][6]["answer"] is None


def test_section_is_written_with_its_version(report: Report, officer: Person) -> None:
    address = f"{LIST}{report.pk}/sections/II.b/"

    done = api(officer).patch(address, {"based_on": 1, "text": "Families flee."}, format="json")

    assert (done.status_code, done.json()["version"], done.json()["changed_by"]) == (200, 2, "A. Bellin")
    assert report.sections.get(code="II.b").text == "Families flee."


def test_second_writer_gets_both_texts(report: Report, adviser: Person, officer: Person) -> None:
    section = report.sections.get(code="II.b")
    services.write_section(section, based_on=1, changes={"text": "First."}, by=adviser, now=NOW)

    refused = api(officer).patch(f"{LIST}{report.pk}/sections/II.b/", {"based_on": 1, "text": "Second."}, format="json")

    assert refused.status_code == 409
    assert refused.json()["code"] == "edit_conflict"
    field = refused.json()["conflict"]["fields"][0]
    assert (field["field"], field["yours"], field["theirs"]) == ("text", "Second.", "First.")


@pytest.mark.parametrize("body", [{"text": "x"}, {"based_on": 0, "text": "x"}, {"based_on": 1, "state": "empty"}])
def test_bad_edits_are_refused(report: Report, adviser: Person, body: dict[str, Any]) -> None:
    refused = api(adviser).patch(f"{LIST}{report.pk}/sections/II.b/", body, format="json")

    assert refused.status_code == 400
    assert report.sections.get(code="II.b").version == 1


def test_frozen_report_is_not_written(submitted: Report, adviser: Person) -> None:
    address = f"{LIST}{submitted.pk}/sections/II.b/"

    refused = api(adviser).patch(address, {"based_on": 2, "text": "Late."}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (409, "frozen")


def test_strangers_and_other_roles_get_nothing(report: Report, stranger: Person, scpi: Person) -> None:
    assert rows(api(stranger).get(LIST)) == []
    for address in (f"{LIST}{report.pk}/", f"{LIST}{report.pk}/files/"):
        assert api(stranger).get(address).status_code == 404
        assert api(scpi).get(address).status_code == 403
    body = {"based_on": 1, "text": "x"}
    assert api(stranger).patch(f"{LIST}{report.pk}/sections/II.b/", body, format="json").status_code == 404
    assert APIClient().get(LIST).status_code in (401, 403)


def test_unknown_section_is_not_there(report: Report, adviser: Person) -> None:
    body = {"based_on": 1, "text": "x"}

    assert api(adviser).patch(f"{LIST}{report.pk}/sections/IV/", body, format="json").status_code == 404


def test_files_list_what_the_person_is_cleared_for(submitted: Report, adviser: Person) -> None:
    do_jobs()
    address = f"{LIST}{submitted.pk}/files/"
    kept = ReportFile.objects.get()

    assert [(row["sha256"], row["url"]) for row in api(adviser).get(address).json()] == [
        (kept.sha256, f"/reports/{submitted.pk}/files/{kept.pk}/")
    ]
    ReportFile.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert api(adviser).get(address).json() == []
