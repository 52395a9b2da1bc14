"""The pages of incidents: allowed, refused (403), hidden (404), and what they say (TH-11)."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from pocweb.choices import Role
from pocweb.models import AreaAlias, AuditEvent
from tests.factories.mission import make_area, make_person
from tests.factories.threats_incident import make_actor, make_count, make_incident, make_source
from threats.figures import figures
from threats.models import Incident
from threats.services.incidents import edit_incident

pytestmark = pytest.mark.django_db


def page(client: Any, user: Any, url: str, **query: Any) -> Any:
    client.force_login(user)
    return client.get(url, query)


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def form_data(**more: Any) -> dict[str, Any]:
    """What a browser sends for a new incident."""
    lines = {"actors": ("actor", "side"), "counts": ()}
    management = {f"{name}-{part}_FORMS": 0 for name in lines for part in ("TOTAL", "INITIAL")}
    return {
        "title": "Houses burnt at the ford",
        "event_kind": "one_sided",
        "starts_on": "2020-12-20",
        "ends_on": "",
        "date_precision": "day",
        "area": "Ouaka (CF42)",
        "killed_best": "2",
        "marking": "2",
        **management,
        **more,
    }


# --- the list


def test_list_says_what_figures_count(client, mission, bambari, ouaka, officer):
    make_incident(mission, ouaka, killed_low=1, killed_best=3, killed_high=5, civilians_killed=2)
    make_incident(mission, ouaka, verification="verified", killed_best=4)
    make_incident(mission, ouaka)
    make_incident(mission, ouaka, verification="discounted", killed_best=100)
    text = text_of(page(client, officer, "/incidents/"))
    killed = figures(mission, measure="killed", by="year")
    assert (killed.events, killed.total, killed.not_recorded) == (3, 7, 1)
    assert "3 incidents from 1 December 2020 to 1 December 2020." in text
    assert "7 people killed, best estimate (5 to 9); 2 of them civilians. Not recorded for 1 incidents." in text
    assert "33 % of the incidents are verified." in text
    assert "Discounted incidents are left out." in text


def test_list_writes_unknown_and_never_zero(client, mission, bambari, ouaka, officer):
    make_incident(mission, ouaka)
    text = text_of(page(client, officer, "/incidents/"))
    assert "How many were killed is not recorded for any of them." in text
    assert '<td class="n" data-h="Killed, best"><span class="m">not recorded</span></td>' in text


def test_list_filters(client, mission, bambari, bria, ouaka, haute_kotto, adviser):
    band = make_actor(mission)
    wanted = make_incident(
        mission, haute_kotto, title="Convoy ambushed", starts_on=date(2020, 10, 5), killed_best=6, actors=(band,)
    )
    make_incident(mission, ouaka, title="Market looted", killed_best=1, event_kind="non_state")
    queries = [
        {"from": "2020-10-01", "to": "2020-10-31"},
        {"area": "CF52"},
        {"actor": "band-1"},
        {"kind": "one_sided"},
        {"min_killed": "5"},
        {"q": "convoy"},
        {"q": wanted.ref},
    ]
    for query in queries:
        text = text_of(page(client, adviser, "/incidents/", **query))
        assert ("Convoy ambushed" in text, "Market looted" in text) == (True, False), query
    assert "No incident matches these filters." in text_of(page(client, adviser, "/incidents/", q="nothing like it"))


def test_list_names_a_filter_that_cannot_be_read(client, mission, bambari, ouaka, officer):
    make_incident(mission, ouaka)
    answer = page(client, officer, "/incidents/", **{"from": "2020-12-31", "to": "2020-01-01"})
    assert answer.status_code == 422
    assert "The end of the period lies before its beginning." in text_of(answer)


@pytest.mark.parametrize(("count", "first"), [("", "I-003"), ("starts_on", "I-002"), ("-killed", "I-001")])
def test_list_sorts(client, mission, bambari, ouaka, officer, count, first):
    make_incident(mission, ouaka, killed_best=9, starts_on=date(2020, 11, 1))
    make_incident(mission, ouaka, killed_best=1, starts_on=date(2020, 10, 1))
    make_incident(mission, ouaka, starts_on=date(2020, 12, 1))
    text = text_of(page(client, officer, "/incidents/", sort=count))
    assert sorted(["I-001", "I-002", "I-003"], key=text.index)[0] == first


def test_list_is_empty_in_words(client, bambari, officer):
    text = text_of(page(client, officer, "/incidents/"))
    assert "Incidents that your offices record or import will stand here." in text
    assert "/incidents/new/" in text


@pytest.mark.parametrize("count", [1, 3, 60])
def test_list_asks_at_most_twelve_queries_whatever_the_rows(
    client, mission, bambari, ouaka, officer, count, django_assert_num_queries
):
    for number in range(count):
        make_incident(mission, ouaka, actors=(make_actor(mission, f"a{number}", f"Band {number}"),))
    client.force_login(officer)
    with django_assert_num_queries(11):
        client.get("/incidents/")


def test_list_shows_the_own_branch_up_to_clearance(client, mission, bambari, bria, ouaka, haute_kotto, officer):
    make_incident(mission, ouaka, title="Seen")
    make_incident(mission, haute_kotto, title="Elsewhere")
    make_incident(mission, ouaka, title="Too high", marking=3)
    text = text_of(page(client, officer, "/incidents/"))
    assert ("Seen" in text, "Elsewhere" in text, "Too high" in text) == (True, False, False)


@pytest.mark.parametrize("url", ["/incidents/", "/incidents/map/", "/incidents/export.csv", "/incidents/export.xlsx"])
def test_reading_is_refused_without_the_permission(client, administrator, url):
    assert page(client, administrator, url).status_code == 403


# --- the map


def test_map_tints_areas_and_says_the_same_in_a_table(client, mission, bambari, ouaka, haute_kotto, adviser):
    make_incident(mission, ouaka, lat=5.7, lon=20.6, killed_best=3)
    make_incident(mission, None, killed_best=1)
    text = text_of(page(client, adviser, "/incidents/map/", measure="killed"))
    assert "<svg" in text
    assert "do not imply official endorsement" in text
    assert '<th scope="row">Ouaka</th>' in text
    assert "1 incident</a> has no area and is not on the map." in text
    assert "area=CF42" in text


def test_map_without_areas_says_so(client, mission, hq, adviser):
    assert "No area has a shape yet." in text_of(page(client, adviser, "/incidents/map/"))


# --- one incident


def test_detail_shows_sources_only_to_those_who_may(client, mission, bambari, ouaka, officer, adviser):
    incident = make_incident(mission, ouaka)
    incident.sources.add(make_source(mission))
    edit_incident(
        incident.pk, based_on=1, changes={"sources": ["HR-014", "HR-9"], "new_source_kind": "media"}, by=officer
    )
    assert "HR-014" in text_of(page(client, officer, f"/incidents/{incident.pk}/"))
    assert "HR-014" not in text_of(page(client, adviser, f"/incidents/{incident.pk}/"))


def test_detail_out_of_sight_is_404(client, mission, bambari, bria, ouaka, haute_kotto, officer, stranger):
    elsewhere = make_incident(mission, haute_kotto)
    strict = make_incident(mission, ouaka, marking=3)
    seen = make_incident(mission, ouaka)
    for path in ("", "edit/", "verify/"):
        assert page(client, officer, f"/incidents/{elsewhere.pk}/{path}").status_code == 404
        assert page(client, officer, f"/incidents/{strict.pk}/{path}").status_code == 404
        assert page(client, stranger, f"/incidents/{seen.pk}/{path}").status_code == 404


def test_detail_of_the_highest_marking_is_a_read_on_record(client, mission, bambari, ouaka):
    reader = make_person("cleared", Role.POCF, bambari, "poc", clearance=3)
    incident = make_incident(mission, ouaka, marking=3)
    page(client, reader, f"/incidents/{incident.pk}/")
    assert AuditEvent.objects.filter(verb="read", object_id=str(incident.pk), actor=reader).count() == 1


def test_detail_offers_only_the_acts_that_are_open(client, mission, bambari, ouaka, officer, scpi):
    incident = make_incident(mission, ouaka)
    assert f"/incidents/{incident.pk}/edit/" in text_of(page(client, officer, f"/incidents/{incident.pk}/"))
    text = text_of(page(client, scpi, f"/incidents/{incident.pk}/"))
    assert "/edit/" not in text
    assert "/verify/" not in text


# --- the form


def test_create_records_and_shows_the_incident(client, mission, bambari, ouaka, officer):
    make_actor(mission)
    client.force_login(officer)
    lines = {
        "actors-TOTAL_FORMS": 2,
        "actors-0-actor": "band-1",
        "actors-0-side": "perpetrator",
        "actors-1-actor": "",
        "actors-1-side": "perpetrator",
        "counts-TOTAL_FORMS": 2,
        "counts-0-harm": "killed",
        "counts-0-status": "civilian",
        "counts-0-sex": "woman",
        "counts-0-age": "unknown",
        "counts-0-best": "1",
        "counts-1-harm": "killed",
        "counts-1-status": "unknown",
        "counts-1-sex": "unknown",
        "counts-1-age": "unknown",
    }
    answer = client.post("/incidents/new/", form_data(**lines))
    incident = Incident.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/incidents/{incident.pk}/")
    assert (incident.area, incident.killed_best, incident.injured_best) == (ouaka, 2, None)
    assert incident.ends_on == incident.starts_on
    assert [link.actor.code for link in incident.incident_actors.all()] == ["band-1"]
    assert [(row.sex, row.age, row.low, row.best, row.high) for row in incident.counts.all()] == [
        ("woman", "unknown", 1, 1, 1)
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"title": ""}, "Say in a few words what happened."),
        ({"area": ""}, "Name a place: a village, quarter or town"),
        ({"area": "Nowhere"}, "No place of this name in your area of responsibility."),
        ({"area": "Haute-Kotto (CF52)"}, "No place of this name in your area of responsibility."),
        ({"killed_low": "3"}, "The low count is above the best one."),
        ({"starts_on": "2021-02-01"}, "The date lies in the future."),
        ({"marking": "3"}, "Select a valid choice."),
        ({"sources": "Mr Smith"}, "Write pseudonym codes only"),
    ],
)
def test_create_refused_keeps_what_was_typed(client, bambari, bria, ouaka, haute_kotto, officer, more, said):
    client.force_login(officer)
    answer = client.post("/incidents/new/", form_data(narrative="Typed with care", **more))
    text = text_of(answer)
    assert answer.status_code == 422
    assert said in text
    assert "Typed with care" in text
    assert Incident.objects.count() == 0


def test_create_finds_a_place_by_its_name(client, mission, bambari, ouaka, officer):
    town = make_area("CF4201", "Ippy-Centre", 2, ouaka)
    client.force_login(officer)
    client.post("/incidents/new/", form_data(area="ippy centre"))
    assert Incident.objects.get().area == town


def test_create_with_an_incomplete_line_says_so(client, bambari, ouaka, officer):
    client.force_login(officer)
    line = {f"counts-0-{name}": value for name, value in zip(
        ("harm", "status", "sex", "age", "low"), ("killed", "civilian", "man", "adult", "2"), strict=True
    )}  # fmt: skip
    answer = client.post("/incidents/new/", form_data(**{"counts-TOTAL_FORMS": 1, **line}))
    assert answer.status_code == 422
    assert "Give the best count too." in text_of(answer)


def test_create_is_refused_to_readers(client, scpi, colleague):
    for user in (scpi, colleague):
        assert page(client, user, "/incidents/new/").status_code == 403


def test_edit_opens_with_the_stored_values(client, mission, bambari, ouaka, officer):
    incident = make_incident(mission, ouaka, killed_best=3, actors=(make_actor(mission),))
    make_count(incident)
    text = text_of(page(client, officer, f"/incidents/{incident.pk}/edit/"))
    assert 'value="Ouaka (CF42)"' in text
    assert 'name="based_on" value="1"' in text
    assert '<option value="band-1" selected>' in text


def edit_data(incident: Incident, **more: Any) -> dict[str, Any]:
    return form_data(title=incident.title, starts_on="2020-12-01", killed_best="", marking="1", based_on="1", **more)


def test_edit_saves_and_merges(client, mission, bambari, ouaka, officer, adviser):
    incident = make_incident(mission, ouaka)
    edit_incident(incident.pk, based_on=1, changes={"narrative": "Theirs"}, by=adviser)
    client.force_login(officer)
    answer = client.post(
        f"/incidents/{incident.pk}/edit/", edit_data(incident, mission_response="Patrol sent"), follow=True
    )
    assert "Kept from the other person: What happened." in text_of(answer)
    stored = Incident.objects.get()
    assert (stored.narrative, stored.mission_response, stored.version) == ("Theirs", "Patrol sent", 3)


def test_edit_conflict_shows_both_and_stores_the_choice(client, mission, bambari, ouaka, officer, adviser):
    """Two people edit one field: both texts are shown, the second chooses, nothing is lost."""
    incident = make_incident(mission, ouaka, narrative="Before")
    edit_incident(incident.pk, based_on=1, changes={"narrative": "Theirs"}, by=adviser)
    client.force_login(officer)
    url = f"/incidents/{incident.pk}/edit/"
    answer = client.post(url, edit_data(incident, narrative="Mine", mission_response="Patrol"))
    text = text_of(answer)
    assert answer.status_code == 409
    assert all(word in text for word in ("Before", "Theirs", "Mine", 'name="both_narrative"', "N. Castell"))
    assert Incident.objects.get().narrative == "Theirs"
    chosen = {
        "based_on": "2",
        "choice_narrative": "both",
        "both_narrative": "Theirs and mine",
        "choice_mission_response": "mine",
        "mine_mission_response": "Patrol",
    }
    assert client.post(url, chosen).status_code == 302
    stored = Incident.objects.get()
    assert (stored.narrative, stored.mission_response, stored.version) == ("Theirs and mine", "Patrol", 3)


def test_edit_conflict_can_keep_all_of_theirs(client, mission, bambari, ouaka, officer, adviser):
    incident = make_incident(mission, ouaka)
    edit_incident(incident.pk, based_on=1, changes={"title": "Theirs"}, by=adviser)
    client.force_login(officer)
    client.post(f"/incidents/{incident.pk}/edit/", {"based_on": "2", "all": "theirs", "choice_title": "mine"})
    assert Incident.objects.get().title == "Theirs"


@pytest.mark.parametrize("version", ["", "9", "x"])
def test_edit_without_a_true_version_is_refused(client, mission, bambari, ouaka, officer, version):
    incident = make_incident(mission, ouaka)
    client.force_login(officer)
    data = {**edit_data(incident), "title": "Blind", "based_on": version}
    assert client.post(f"/incidents/{incident.pk}/edit/", data).status_code == 422
    assert Incident.objects.get().title == incident.title


def test_edit_is_refused_to_readers(client, mission, bambari, ouaka, scpi):
    incident = make_incident(mission, ouaka)
    assert page(client, scpi, f"/incidents/{incident.pk}/edit/").status_code == 403


# --- verification


def test_verify_records_judgment_and_grounds(client, mission, bambari, ouaka, hq):
    judge = make_person("judge", Role.PROT, hq, "human-rights")
    incident = make_incident(mission, ouaka, verification="under_verification")
    client.force_login(judge)
    url = f"/incidents/{incident.pk}/verify/"
    refused = client.post(url, {"to": "verified", "note": ""})
    assert (refused.status_code, "Write on what this judgment rests." in text_of(refused)) == (422, True)
    assert client.post(url, {"to": "verified", "note": "Three accounts agree."}).status_code == 302
    assert Incident.objects.get().verification == "verified"
    assert "Three accounts agree." in text_of(client.get(f"/incidents/{incident.pk}/"))


def test_verify_is_refused_to_those_who_only_record(client, mission, bambari, ouaka, officer):
    incident = make_incident(mission, ouaka)
    client.force_login(officer)
    assert client.post(f"/incidents/{incident.pk}/verify/", {"to": "under_verification"}).status_code == 403


# --- places to settle


def test_places_list_what_a_person_must_settle(client, mission, bambari, ouaka, officer):
    waiting = make_incident(mission, ouaka, place_state="disagreeing", place_note="The point lies in Haute-Kotto")
    make_incident(mission, ouaka, title="Well placed")
    text = text_of(page(client, officer, "/incidents/places/"))
    assert waiting.ref in text
    assert "The point lies in Haute-Kotto" in text
    assert "Well placed" not in text
    assert "1 place to settle" in text_of(page(client, officer, "/incidents/"))


def test_settle_moves_the_incident_and_remembers_the_spelling(
    client, mission, bambari, bria, haute_kotto, ouaka, officer
):
    incident = make_incident(mission, ouaka, place_state="disagreeing")
    client.force_login(officer)
    prefix = f"i{incident.pk}"
    data = {f"{prefix}-area": "Haute-Kotto (CF52)", f"{prefix}-remember": "Kotto Haut", f"{prefix}-version": "1"}
    answer = client.post(f"/incidents/{incident.pk}/settle/", data, follow=True)
    assert "lies in Haute-Kotto now; Bria answers for it." in text_of(answer)
    assert Incident.objects.get().office == bria
    assert AreaAlias.objects.get().name == "Kotto Haut"
    assert "Every incident that you see has an area." in text_of(answer)


def test_settle_refused_keeps_what_was_typed(client, mission, bambari, ouaka, officer):
    incident = make_incident(mission, ouaka, place_state="unmatched")
    client.force_login(officer)
    prefix = f"i{incident.pk}"
    answer = client.post(f"/incidents/{incident.pk}/settle/", {f"{prefix}-area": "Atlantis", f"{prefix}-version": "1"})
    assert answer.status_code == 422
    assert "Atlantis" in text_of(answer)


def test_settle_is_refused_to_readers(client, mission, bambari, ouaka, scpi):
    incident = make_incident(mission, ouaka, place_state="unmatched")
    client.force_login(scpi)
    assert client.post(f"/incidents/{incident.pk}/settle/", {}).status_code == 403
    assert client.get("/incidents/places/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_places_ask_the_same_number_of_queries(
    client, mission, bambari, ouaka, officer, count, django_assert_num_queries
):
    for _number in range(count):
        make_incident(mission, ouaka, place_state="unmatched")
    client.force_login(officer)
    with django_assert_num_queries(13):
        client.get("/incidents/places/")


def test_area_search_finds_in_ones_own_area(client, mission, bambari, bria, ouaka, haute_kotto, officer):
    make_area("CF4201", "Ippy", 2, ouaka)
    make_area("CF5201", "Ippoto", 2, haute_kotto)
    text = text_of(page(client, officer, "/incidents/areas/", area="ip"))
    assert text == '<option value="Ippy, Ouaka (CF4201)"></option>'


# --- exports


def test_export_csv_holds_the_filtered_incidents_and_is_on_record(client, mission, bambari, ouaka, officer):
    make_incident(mission, ouaka, title="=1+1", killed_best=3)
    make_incident(mission, ouaka, title="Left out", killed_best=0)
    answer = page(client, officer, "/incidents/export.csv", min_killed=1)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["Title"] for row in rows] == ["#event+name", "'=1+1"]
    assert "unclassified.csv" in answer["Content-Disposition"]
    event = AuditEvent.objects.get(verb="exported incidents of")
    assert (event.actor, event.changes["count"], event.note) == (officer, [None, 1], "min_killed=1")


def test_export_xlsx_opens_and_names_the_highest_marking(client, mission, bambari, ouaka, officer):
    make_incident(mission, ouaka, marking=2)
    make_incident(mission, ouaka)
    make_incident(mission, ouaka, marking=3)
    answer = page(client, officer, "/incidents/export.xlsx")
    assert "-confidential.xlsx" in answer["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [row[0].value for row in sheet.iter_rows()] == ["Reference", "#event+code", "I-001", "I-002"]


def test_history_tells_days_in_words_and_areas_by_name(client, mission, bambari, ouaka, officer):
    client.force_login(officer)
    client.post("/incidents/new/", form_data())
    made = Incident.objects.get(title="Houses burnt at the ford")
    text = text_of(page(client, officer, f"/incidents/{made.pk}/"))
    history = text[text.index(">History<") :]
    assert "20 December 2020" in history
    assert "Ouaka (CF42)" in history
    assert "2020-12-20" not in history
