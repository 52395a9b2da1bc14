"""Source codes reach only those who hold the source key, by whatever way round (POC Handbook 2020, 9.4)."""

from typing import Any

import pytest
from django.test import Client

from pocweb.choices import Marking, Role
from pocweb.models import Area, Mission, Office, Person, RoleGrant
from tests.factories.mission import make_mission, make_office, make_person, make_posting
from tests.factories.threats_import import csv_file, run_import
from tests.factories.threats_incident import make_incident, make_source
from threats.imports import template
from threats.models import Incident
from threats.services.incidents import edit_incident

pytestmark = pytest.mark.django_db
CODE = "HR-014"


def form_data(**more: Any) -> dict[str, Any]:
    """Return what a browser sends for a new incident."""
    lines = {f"{name}-{part}_FORMS": 0 for name in ("actors", "counts") for part in ("TOTAL", "INITIAL")}
    values = {"title": "Houses burnt at the ford", "event_kind": "one_sided", "starts_on": "2020-12-20"}
    values |= {"ends_on": "", "date_precision": "day", "area": "Ouaka (CF42)", "killed_best": "2", "marking": "2"}
    return {**values, **lines, **more}


@pytest.fixture
def sourced(mission: Mission, bambari: Office, ouaka: Area, officer: Person) -> Any:
    """Return an incident at version 2: the officer, who holds the source key, has named a source."""
    incident = make_incident(mission, ouaka)
    changes = {"sources": [CODE], "new_source_kind": "community", "title": "Theirs"}
    return edit_incident(incident.pk, based_on=1, changes=changes, by=officer).record


def text_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode()


def test_conflict_page_tells_no_source_to_who_may_not_see_it(
    client: Client, sourced: Any, officer: Person, adviser: Person
) -> None:
    """What another person changed meanwhile is listed there, the sources too."""
    data = form_data(title="Mine", starts_on="2020-12-01", killed_best="", marking="1", based_on="1")
    for person, sees in ((officer, True), (adviser, False)):
        client.force_login(person)
        answer = client.post(f"/incidents/{sourced.pk}/edit/", data)
        assert answer.status_code == 409
        assert (CODE in text_of(answer)) is sees, person


@pytest.mark.parametrize("url", ["/incidents/{pk}/", "/incidents/export.csv", "/api/v1/incidents/", "/incidents/?q=HR"])
def test_no_page_export_or_answer_names_a_source_to_who_may_not_see_it(
    client: Client, sourced: Any, adviser: Person, url: str
) -> None:
    client.force_login(adviser)
    answer = client.get(url.format(pk=sourced.pk))
    assert answer.status_code == 200
    assert CODE not in text_of(answer)


def test_source_key_of_one_mission_opens_no_sources_of_another(
    client: Client, sourced: Any, hq: Office, mission: Mission, db: None
) -> None:
    """A person who holds the key in their first mission and reads incidents in a second."""
    first = make_office(make_mission("AAA"), "HQ")
    person = make_person("double", Role.PROT, first)
    make_posting(person, Role.POCA, hq)
    client.force_login(Person.objects.get(pk=person.pk))
    for url in (f"/incidents/{sourced.pk}/", f"/api/v1/incidents/{sourced.pk}/", "/api/v1/incidents/"):
        answer = client.get(url)
        assert answer.status_code == 200
        assert CODE not in text_of(answer), url


def test_audit_trail_gives_an_administrator_no_content_of_records(
    client: Client, sourced: Any, administrator: Person
) -> None:
    """The trail proves who did what; what stands in records stays with those who may read them."""
    client.force_login(administrator)
    answer = client.get("/audit/")
    text = text_of(answer)
    assert sourced.ref in text
    assert CODE not in text
    assert "Theirs" not in text


def test_audit_trail_gives_a_reader_of_records_their_content_but_no_sources(
    client: Client, sourced: Any, mission: Mission, administrator: Person
) -> None:
    RoleGrant.objects.create(mission=mission, role=Role.POCA, kind="person", letter="V")
    reader = make_person("reader", Role.POCA, administrator.office)  # type: ignore[arg-type]
    client.force_login(reader)
    text = text_of(client.get("/audit/"))
    assert "Theirs" in text
    assert CODE not in text


def ours(**row: str) -> Any:
    base = {"origin_id": "OUR-1", "title": "Houses burnt", "starts_on": "2020-11-02", "admin1": "Nowhere"}
    return csv_file([{**base, **row}], (column.name for column in template.COLUMNS))


def test_remarks_of_an_import_repeat_no_sources_to_who_may_not_see_them(
    client: Client, mission: Mission, hq: Office, bambari: Office, adviser: Person
) -> None:
    """The file of remarks holds the original rows of a file that another person uploaded."""
    keeper = make_person("keeper", Role.JOC, hq)
    run = run_import(mission, ours(source_codes=CODE), by=keeper)
    for person, sees in ((keeper, True), (adviser, False)):
        client.force_login(person)
        text = text_of(client.get(f"/imports/{run.pk}/errors.csv"))
        assert "Houses burnt" in text
        assert (CODE in text) is sees, person


def test_remark_on_a_kept_source_names_it_only_to_who_may_see_it(
    client: Client, mission: Mission, hq: Office, bambari: Office, adviser: Person
) -> None:
    keeper = make_person("keeper", Role.JOC, hq, clearance=Marking.CONFIDENTIAL)
    make_source(mission, "HR-015")
    run_import(mission, ours(source_codes=CODE), by=keeper)
    incident = Incident.objects.get()
    edit_incident(incident.pk, based_on=1, changes={"sources": ["HR-015"]}, by=keeper)
    run = run_import(mission, ours(source_codes=f"{CODE}; HR-016"), by=keeper)
    for person, sees in ((keeper, True), (adviser, False)):
        client.force_login(person)
        page, file = (text_of(client.get(f"/imports/{run.pk}/{part}")) for part in ("", "errors.csv"))
        assert "kept: edited by a person" in page
        assert not any(code in page for code in ("HR-015", "HR-016"))
        assert "HR-015" not in file
        assert ("HR-016" in file) is sees  # the row as this person's file held it
