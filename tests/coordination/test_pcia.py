"""EW-18: impact assessments, their due day, parts, freezing, carrying over, reminders and PDF."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from coordination.communities import pcia as services
from coordination.communities.pcia_files import draw_pcia
from coordination.communities.reminders_networks import remind_of_pcia
from coordination.models import Pcia
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Job, Mission, Notice, Office, Person
from pocweb.recipients import Staff
from tests.factories.coordination_community import NOW, make_pcia

MAY, JUNE = datetime(2020, 5, 16, 9, tzinfo=UTC), datetime(2020, 6, 16, 9, tzinfo=UTC)


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_assessment_is_frozen_and_carried_over(
    bambari: Office, officer: Person, colleague: Person, scpi: Person
) -> None:
    """EW-18: three parts, a fingerprint, nothing changed afterwards; the next year begins with its texts as a draft."""
    one = make_pcia(bambari, officer, 2019, risks="")
    assert one.due_on == date(2019, 6, 15)
    with pytest.raises(RuleError) as refused:
        services.complete_pcia(one, based_on=1, by=officer, now=NOW)
    assert refused.value.field == "risks"
    services.edit_pcia(one, changes={"risks": "Raids"}, based_on=1, by=colleague, now=NOW)
    with pytest.raises(Conflict):
        services.complete_pcia(one, based_on=1, by=officer, now=NOW)
    with pytest.raises(Forbidden):
        services.complete_pcia(one, based_on=2, by=scpi, now=NOW)
    done = services.complete_pcia(one, based_on=2, by=officer, now=NOW)
    assert (len(done.sha256), done.done_at, services.is_whole(done)) == (64, NOW, True)
    for act in (
        lambda: services.edit_pcia(one, changes={"risks": "x"}, based_on=3, by=officer, now=NOW),
        lambda: services.complete_pcia(one, based_on=3, by=officer, now=NOW),
    ):
        with pytest.raises(Conflict):
            act()
    Pcia.objects.filter(pk=one.pk).update(marking=3)
    with pytest.raises(RuleError, match="has an assessment of 2019 already"):
        services.begin_pcia(bambari.mission, office=bambari, year=2019, by=officer, now=NOW)
    Pcia.objects.filter(pk=one.pk).update(marking=2)
    new = services.begin_pcia(bambari.mission, office=bambari, year=2020, marking=1, by=officer, now=NOW)
    assert (new.risks, new.conflict_map, new.marking, new.done_at) == ("Raids", "Cattle and gold", 2, None)
    Pcia.objects.filter(pk=one.pk).update(risks="Altered")
    assert not services.is_whole(Pcia.objects.select_related("office").get(pk=one.pk))


def test_reminders_come_before_and_after_the_day(
    bambari: Office, bria: Office, mission: Mission, officer: Person, adviser: Person, scpi: Person
) -> None:
    """EW-18: 30 days before and when overdue, to who keeps it at the nearest office, once; begun or not."""
    draft = make_pcia(bambari, officer)
    for moment in (datetime(2020, 5, 15, 9, tzinfo=UTC), MAY, MAY, JUNE, JUNE):
        remind_of_pcia(Staff(mission), moment)
    told = Notice.objects.order_by("pk").values_list("person__username", "ref", "text")
    assert list(told) == [
        ("officer", draft.ref, "The impact assessment of Bambari (PCIA-001) is due on 15 June 2020."),
        ("adviser", "", "The impact assessment of Bria is due on 15 June 2020."),
        ("officer", draft.ref, "The impact assessment of Bambari (PCIA-001) is overdue. It was due on 15 June 2020."),
        ("adviser", "", "The impact assessment of Bria is overdue. It was due on 15 June 2020."),
    ]
    services.complete_pcia(draft, based_on=1, by=officer, now=JUNE)
    assert remind_of_pcia(Staff(mission), NOW) == 0


def test_overdue_assessment_shows_on_list_desk_and_office(
    bambari: Office, bria: Office, officer: Person, adviser: Person
) -> None:
    """EW-18: the flag where people look; the form keeps what was typed; another branch's is not told."""
    client = as_person(officer)
    assert "overdue, not begun" in client.get("/pcia/").content.decode()
    answer = client.post("/pcia/new/", {"office": "BAMBARI", "year": "", "due_on": "", "marking": "1"})
    assert (answer.status_code, "Give the year." in answer.content.decode()) == (422, True)
    form = {"office": "BAMBARI", "year": "2020", "due_on": "", "marking": "1", "once": "a"}
    for _turn in range(2):
        client.post("/pcia/new/", form)
    one = Pcia.objects.get()
    url = f"/pcia/{one.pk}/"
    listed = client.get("/pcia/").content.decode()
    assert "199 days overdue" in listed
    assert "Bria" not in listed
    assert "1 impact assessment is overdue" in client.get("/").content.decode()
    assert "Impact assessments overdue" in client.get(f"/offices/{bambari.pk}/").content.decode()
    answer = client.post(f"{url}complete/", {"based_on": "1"})
    assert answer.status_code == 422
    assert "Write the conflict map" in answer.content.decode()
    texts = {"conflict_map": "Gold", "stakeholder_map": "Elders", "risks": "Raids", "with_whom": ""}
    edit = {**form, **texts, "due_on": "2020-06-15", "based_on": "1"}
    assert client.post(f"{url}edit/", edit).status_code == 302
    assert client.post(f"{url}edit/", {**edit, "risks": "Other"}).status_code == 409
    assert client.post(f"{url}complete/", {"based_on": "2"}).status_code == 302
    assert "Begin 2021 from it" in client.get(url).content.decode()
    make_pcia(bria, adviser)
    assert client.get("/pcia/").content.decode().count("PCIA-") == 1


def test_pdf_is_the_askers_while_they_see_it(
    bambari: Office, officer: Person, colleague: Person, settings: Any, tmp_path: Any
) -> None:
    """EW-18: drawn by a job, with parts and fingerprint; out of sight, no file."""
    settings.MEDIA_ROOT = tmp_path
    one = services.complete_pcia(make_pcia(bambari, officer), based_on=1, by=officer, now=NOW)
    client = as_person(officer)
    client.post(f"/pcia/{one.pk}/pdf/")
    job = Job.objects.get(kind="pcia_pdf")
    result = draw_pcia(job, lambda *_args: None)
    Job.objects.filter(pk=job.pk).update(state="done", result=result)
    answer = client.get(f"/pcia/files/{job.pk}/")
    text = PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages[0].extract_text()  # type: ignore[attr-defined]
    assert {"Cattle and gold" in text, "Raids in the dry season" in text, one.sha256 in text.replace("\n", "")} == {
        True
    }
    assert as_person(colleague).get(f"/pcia/files/{job.pk}/").status_code == 404
    Pcia.objects.filter(pk=one.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(f"/pcia/files/{job.pk}/").status_code == 404


def test_list_costs_the_same_at_three_rows(
    bambari: Office, officer: Person, django_assert_max_num_queries: Any
) -> None:
    """EW-18: at most 12 queries."""
    client, counts = as_person(officer), []
    for years in ((2020,), (2018, 2019)):
        for year in years:
            make_pcia(bambari, officer, year)
        client.get("/pcia/")
        with django_assert_max_num_queries(12) as queries:
            client.get("/pcia/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
