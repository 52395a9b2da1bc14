"""The shared pages: desk, jobs, places, offices, people, permission table, audit trail."""

from datetime import date
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import reverse

from pocweb import jobs
from pocweb.audit import record_event
from pocweb.choices import JobState, Marking, Role
from pocweb.models import Area, AreaAlias, AuditEvent, Job, Mission, Office, Person, Posting, RoleGrant
from pocweb.permissions import default_table
from tests.factories.mission import make_area, make_person, make_square
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import load_reference, make_threat


def sign_in(client: Client, person: Person) -> Client:
    client.force_login(person)
    return client


def last_event(mission: Mission | None) -> AuditEvent:
    return AuditEvent.objects.filter(mission=mission).latest("seq")


def ask(person: Any, **columns: Any) -> Job:
    job = jobs.ask("verify_audit", mission=person.mission, by=person, title="Check", arguments={"n": 1}, marking=1)
    Job.objects.filter(pk=job.pk).update(**columns)
    return job


def test_desk_shows_jobs_and_counts_what_waits(client: Client, officer: Person) -> None:
    ask(officer, state=JobState.FAILED, error="The file grew past 20 MB.", ended_at="2999-01-01T00:00:00Z")
    page = sign_in(client, officer).get("/").content.decode()
    assert "2 things wait for you" in page  # nobody has begun the office's impact assessment either
    assert "1 file failed" in page
    assert "The file grew past 20 MB." in page


def test_desk_is_quiet_for_somebody_without_posting(client: Client, bambari: Office) -> None:
    page = sign_in(client, make_person("guest", None, bambari)).get("/").content.decode()
    assert "Nothing waits for you" in page
    assert "You have no posting today" in page


def test_job_page_tells_how_far_and_asks_again_by_itself(client: Client, officer: Person) -> None:
    job = ask(officer, state=JobState.RUNNING, done_parts=4, all_parts=6, words="page 4 of 6")
    address = reverse("pocweb:job-detail", args=[job.pk])
    page = sign_in(client, officer).get(address).content.decode()
    assert "page 4 of 6" in page
    assert "Look again" in page
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")
    assert f'hx-get="{address}"' in part


def test_job_page_is_closed_to_others(client: Client, officer: Person, adviser: Person) -> None:
    job = ask(officer)
    assert sign_in(client, adviser).get(reverse("pocweb:job-detail", args=[job.pk])).status_code == 404


def test_failed_job_is_tried_again_once(client: Client, officer: Person) -> None:
    job = ask(officer, state=JobState.FAILED, error="It broke off.")
    retry = reverse("pocweb:job-retry", args=[job.pk])
    first = sign_in(client, officer).post(retry)
    second = client.post(retry)
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.exclude(pk=job.pk).get().state == JobState.QUEUED
    assert client.post(reverse("pocweb:job-retry", args=[Job.objects.latest("pk").pk])).status_code == 409


def test_places_are_found_without_accents_and_by_code(client: Client, officer: Person, ouaka: Area) -> None:
    make_area("CF4201", "Bakala", 2, ouaka, make_square(20.1, 5.1, 0.5))
    deep = make_area("CF4202", "Ippy-Dékoa", 2, ouaka, make_square(20.6, 5.1, 0.5))
    AreaAlias.objects.create(area=deep, name="Ippi", folded="ippi", level=2)
    sign_in(client, officer)
    for words in ("dekoa", "IPPI", "cf4202", "Ippy Dekoa"):
        page = client.get(reverse("pocweb:place-list"), {"q": words}).content.decode()
        assert "1 place is called like that." in page
        assert "Ippy-Dékoa" in page
    assert "0 places are called" in client.get(reverse("pocweb:place-list"), {"q": "nowhere"}).content.decode()
    assert "0 places are called" in client.get(reverse("pocweb:place-list"), {"q": "--"}).content.decode()


def test_place_page_shows_shape_offices_and_remembers_a_name(
    client: Client, officer: Person, adviser: Person, ouaka: Area
) -> None:
    address = reverse("pocweb:place-detail", args=[ouaka.pk])
    page = sign_in(client, officer).get(address).content.decode()
    assert "<svg" in page
    assert "Bambari" in page
    add = reverse("pocweb:place-name-add", args=[ouaka.pk])
    assert client.post(add, {"name": "Waka"}).status_code == 403
    sign_in(client, adviser).post(add, {"name": "Waka"})
    client.post(add, {"name": "WAKA"})
    assert list(ouaka.aliases.values_list("name", "folded")) == [("Waka", "waka")]
    assert last_event(adviser.mission).verb == "named"
    assert client.post(add, {"name": ""}).status_code == 422


def test_office_is_opened_and_changed_by_those_who_may(
    client: Client, officer: Person, adviser: Person, bambari: Office, haute_kotto: Area
) -> None:
    new = {"parent": bambari.pk, "code": "ippy", "name": "Ippy base", "kind": "base", "areas": [haute_kotto.pk]}
    assert sign_in(client, officer).post(reverse("pocweb:office-create"), new).status_code == 403
    sign_in(client, adviser).post(reverse("pocweb:office-create"), new)
    base = Office.objects.get(code="IPPY")
    assert base.path.startswith(bambari.path)
    assert list(base.areas.all()) == [haute_kotto]
    opened = client.get(reverse("pocweb:office-update", args=[base.pk])).context["form"]["based_on"].value()
    change = {"name": "Ippy", "kind": "base", "areas": [], "based_on": opened}
    client.post(reverse("pocweb:office-update", args=[base.pk]), change)
    assert last_event(adviser.mission).changes == {
        "name": ["Ippy base", "Ippy"],
        "areas": [["Haute-Kotto (CF52)"], []],
    }
    assert client.post(reverse("pocweb:office-create"), {**new, "code": "IPPY"}).status_code == 422


def new_account(office: Office, **values: Any) -> dict[str, Any]:
    return {
        "username": "newcomer", "last_name": "Aden", "role": "SECT", "office": office.pk, "starts_on": "2020-12-01",
        "clearance": 2, "password": "river-stone-lamp-9", **values,
    }  # fmt: skip


def test_account_is_made_with_a_posting(client: Client, administrator: Person, bambari: Office) -> None:
    address = reverse("pocweb:person-create")
    sign_in(client, administrator)
    assert client.post(address, new_account(bambari, password="short")).status_code == 422
    assert client.post(address, new_account(bambari, role="FCPC")).status_code == 422
    assert client.post(address, new_account(bambari)).status_code == 302
    newcomer = Person.objects.get(username="newcomer")
    assert newcomer.has_role(Role.SECT)
    assert newcomer.check_password("river-stone-lamp-9")
    event = last_event(administrator.mission)
    assert (event.verb, event.actor) == ("account made", administrator)
    assert "river" not in str(event.changes)
    assert client.post(address, new_account(bambari, username="NEWCOMER")).status_code == 422


def test_person_page_adds_and_ends_postings_and_sets_clearance(
    client: Client, administrator: Person, officer: Person, bria: Office
) -> None:
    sign_in(client, administrator)
    here = reverse("pocweb:person-detail", args=[officer.pk])
    posting = {"role": "SECT", "office": bria.pk, "starts_on": "2020-12-01"}
    client.post(reverse("pocweb:posting-add", args=[officer.pk]), posting)
    added = Posting.objects.get(person=officer, office=bria)
    end = reverse("pocweb:posting-end", args=[officer.pk, added.pk])
    assert client.post(end, {"ends_on": "2020-11-01"}).status_code == 422
    client.post(end, {"ends_on": "2020-12-15"})
    added.refresh_from_db()
    assert added.ends_on == date(2020, 12, 15)
    client.post(reverse("pocweb:person-clearance", args=[officer.pk]), {"clearance": 3})
    client.post(reverse("pocweb:person-password", args=[officer.pk]), {"password": "new-river-stone-77"})
    client.post(reverse("pocweb:person-close", args=[officer.pk]), {"open": "no"})
    officer.refresh_from_db()
    assert (officer.clearance, officer.is_active) == (Marking.STRICTLY_CONFIDENTIAL, False)
    assert officer.check_password("new-river-stone-77")
    page = client.get(here).content.decode()
    for verb in ("posted", "posting ended", "clearance set", "password set anew", "account closed"):
        assert verb in page


def test_nobody_changes_their_own_account(client: Client, administrator: Person, hq: Office) -> None:
    sign_in(client, administrator)
    acts = [
        ("pocweb:person-clearance", {"clearance": 3}),
        ("pocweb:person-password", {"password": "new-river-stone-77"}),
        ("pocweb:person-close", {"open": "no"}),
        ("pocweb:posting-add", {"role": "POCA", "office": hq.pk, "starts_on": "2020-12-01"}),
    ]
    answers = [client.post(reverse(name, args=[administrator.pk]), values).status_code for name, values in acts]
    assert answers == [403, 403, 403, 403]


def test_account_of_another_mission_is_not_there(client: Client, administrator: Person, stranger: Person) -> None:
    assert sign_in(client, administrator).get(reverse("pocweb:person-detail", args=[stranger.pk])).status_code == 404


def test_account_posted_elsewhere_too_keeps_its_clearance(
    client: Client, administrator: Person, stranger: Person, bambari: Office
) -> None:
    Posting.objects.create(
        person=stranger, mission=bambari.mission, office=bambari, role="SECT", starts_on=date(2020, 1, 1)
    )
    address = reverse("pocweb:person-clearance", args=[stranger.pk])
    assert sign_in(client, administrator).post(address, {"clearance": 3}).status_code == 403


def test_permission_table_shows_and_takes_departures(
    client: Client, administrator: Person, colleague: Person, mission: Mission
) -> None:
    cell = {"role": "SECT", "kind": "quarterly", "letter": "-"}
    assert sign_in(client, colleague).post(reverse("pocweb:access-set"), cell).status_code == 403
    assert colleague.has_perm("reporting.view_report")
    sign_in(client, administrator).post(reverse("pocweb:access-set"), cell)
    assert not Person.objects.get(pk=colleague.pk).has_perm("reporting.view_report")
    page = client.get(reverse("pocweb:access-table")).content.decode()
    assert "departs from the shipped table in 1 cell" in page
    shipped = default_table()["quarterly"]["letters"]["SECT"]
    client.post(reverse("pocweb:access-set"), {**cell, "letter": shipped})
    assert not RoleGrant.objects.filter(mission=mission).exists()
    last_key = {"role": "ADM", "kind": "person", "letter": "-"}
    assert client.post(reverse("pocweb:access-set"), last_key).status_code == 422


def test_audit_page_filters_and_checks_the_chain(client: Client, administrator: Person, officer: Any) -> None:
    with transaction.atomic():
        record_event(officer, "changed", officer.posting, changes={"text": ["a", "b"]}, note="noted")
        record_event(administrator, "exported", officer.mission)
    sign_in(client, administrator)
    address = reverse("pocweb:audit-list")
    assert "noted" in client.get(address).content.decode()
    assert "noted" not in client.get(address, {"verb": "exported"}).content.decode()
    assert "noted" not in client.get(address, {"person": administrator.pk}).content.decode()
    assert "noted" not in client.get(address, {"start": "2021-01-01"}).content.decode()
    answer = client.post(reverse("pocweb:audit-verify"))
    assert jobs.run(Job.objects.get().pk)
    page = client.get(answer.headers["Location"]).content.decode()
    assert "The chain is whole." in page
    assert "whole" in client.get(address).content.decode()


def test_sign_in_and_refusal_are_in_the_trail(client: Client, officer: Person) -> None:
    login = reverse("account_login")
    client.post(login, {"login": "officer", "password": "not-the-one"})
    client.post(login, {"login": "nobody-known-secret", "password": "x"})
    client.post(login, {"login": "officer", "password": "officerofficer"})
    client.post(reverse("account_logout"))
    events = AuditEvent.objects.filter(mission=officer.mission).order_by("seq")
    assert [(event.verb, event.actor) for event in events] == [
        ("sign-in refused", None),
        ("signed in", officer),
        ("signed out", officer),
    ]
    assert "nobody-known-secret" not in str(list(events.values()))


def test_since_last_visit_counts_from_ones_last_act(client: Client, officer: Person, adviser: Person) -> None:
    login = {"login": "officer", "password": "officerofficer"}
    client.post(reverse("account_login"), login)
    assert "Since your last visit" not in client.get("/").content.decode()
    client.post(reverse("account_logout"))
    client.post(reverse("account_login"), login)
    assert "Since your last visit" in client.get("/").content.decode()


def test_about_page_names_version_and_licences(client: Client, officer: Person) -> None:
    page = sign_in(client, officer).get(reverse("pocweb:about")).content.decode()
    assert "Version 0.1" in page
    assert "CC BY 4.0" in page
    assert "CC BY-IGO 3.0" in page


def test_desk_costs_a_fixed_number_of_queries(
    client: Client, officer: Person, bambari: Office, django_assert_max_num_queries: Any
) -> None:
    """At most 25 queries, whatever waits; the same number for one row and for six."""
    load_reference()
    make_edition(bambari, officer)
    sign_in(client, officer)
    counts = []
    for numbers in (range(1), range(1, 6)):
        for number in numbers:
            threat = make_threat(bambari, f"Threat {number}", lead=officer)
            due_on = date(2020, 12, 1)
            make_activity(bambari, officer, f"Patrol {number}", threats=[threat], owner=officer, due_on=due_on)
            make_incident(bambari.mission, bambari.areas.get(), place_state="disagreeing")
            ask(officer, key=f"job {number}")
        session = client.session
        session["last_visit"] = {"seq": 0, "at": "2020-12-30T17:20:00+00:00"}
        session.save()
        with django_assert_max_num_queries(25) as counted:
            page = client.get("/").content.decode()
        counts.append(len(counted))
    assert "30 days late" in page
    assert "A-001" in page
    assert counts[0] == counts[1]
