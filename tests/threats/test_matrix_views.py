"""The matrix page: rows, filters, edit of cells in place, conflicts, the consolidated view, budgets."""

import gzip
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.audit import fingerprint, history_of
from pocweb.models import Office, Person
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_threat import NOON, make_full_threat, make_threat
from threats.editions import row_data
from threats.matrix import COLUMNS, MatrixRow, build_rows
from threats.models import MatrixEdition, Threat
from threats.services.threats import assess_threat, close_threat, decide_imminence, edit_threat

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


def cell(threat: Threat, name: str) -> str:
    return f"/matrix/BAMBARI/rows/{threat.pk}/{name}/"


def refs(response) -> list[str]:
    return re.findall(r'<tbody role="rowgroup" class="mx" id="(T-\d+)"', response.content.decode())


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


# --- rows -------------------------------------------------------------------------------------------------------------


def test_matrix_leads_to_the_own_office(client: Client, officer: Person) -> None:
    client.force_login(officer)
    assert client.get("/matrix/").headers["Location"] == "/matrix/BAMBARI/"
    assert (
        client.get("/matrix/?drafts=1&show=imminent").headers["Location"] == "/matrix/BAMBARI/?drafts=1&show=imminent"
    )


def test_matrix_shows_ten_columns_as_the_exports_do(client: Client, officer: Person, threat: Threat) -> None:
    """TH-01: the page shows every column of the Handbook's matrix with the text that sheets and PDF show."""
    client.force_login(officer)
    page = text_of(client.get("/matrix/BAMBARI/"))
    row = build_rows(Threat.objects.all(), now=NOON)[0]
    headings = [str(column.label) for column in COLUMNS]
    assert len(headings) == 10
    assert all(heading in page for heading in headings)
    for column in COLUMNS[3:]:
        assert column.text(row).split(". ")[0] in page, column.key


def test_matrix_is_ordered_by_priority_then_risk(client: Client, bambari: Office, officer: Person) -> None:
    """TH-04: priority, then risk, then number; what is not rated comes last."""
    unrated = make_threat(bambari, "No rating")
    middle = make_full_threat(bambari, "High", by=officer, risk=(3, 3))
    first = make_full_threat(bambari, "Extreme", by=officer, risk=(5, 5))
    low = make_full_threat(bambari, "Low", by=officer, risk=(1, 1))
    medium = make_full_threat(bambari, "Medium", by=officer, risk=(2, 2))
    client.force_login(officer)
    assert refs(client.get("/matrix/BAMBARI/")) == [one.ref for one in (first, middle, medium, low, unrated)]


def test_rows_survive_json(bambari: Office, officer: Person, threat: Threat) -> None:
    import json

    make_activity(bambari, officer, threats=[threat])
    decide_imminence(threat, imminent=True, reason="Seen", by=officer, now=NOON)
    row = build_rows(Threat.objects.all(), now=NOON)[0]
    stored = json.loads(json.dumps(row.as_dict()))
    assert MatrixRow.from_dict(stored) == row
    assert fingerprint(stored) == fingerprint(row.as_dict())


def test_activities_above_the_clearance_are_left_out(bambari: Office, adviser: Person, threat: Threat) -> None:
    adviser.clearance = 3
    make_activity(bambari, adviser, "Secret talks", threats=[threat], marking=3)
    below = build_rows(Threat.objects.all(), now=NOON, clearance=2)[0]
    above = build_rows(Threat.objects.all(), now=NOON, clearance=3)[0]
    assert (below.action_activities, below.marking) == ((), 2)
    assert ([one.title for one in above.action_activities], above.marking) == (["Secret talks"], 3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("priority=1", ["T-001"]),
        ("show=imminent", ["T-002"]),
        ("group=women", ["T-001", "T-002"]),
        ("actor=upc", ["T-001", "T-002"]),
        ("source=non-state-armed-group", ["T-001", "T-002"]),
        ("tier=2", ["T-002"]),
        ("phase=response", ["T-002"]),
        ("area=CF42", ["T-001", "T-002"]),
        ("area=CF52", []),
        ("priority=1&tier=2", []),
        ("office=BAMBARI", ["T-001", "T-002"]),
        ("status=closed", ["T-003"]),
    ],
)
def test_matrix_filters(client: Client, bambari: Office, officer: Person, query: str, expected: list[str]) -> None:
    """TH-04: filters by office, area, source, group, tier, phase, status, priority, imminence."""
    make_full_threat(bambari, "One", by=officer, risk=(5, 5))
    two = make_full_threat(bambari, "Two", by=officer, risk=(3, 3))
    decide_imminence(two, imminent=True, reason="Seen", by=officer)
    make_activity(bambari, officer, threats=[two])
    close_threat(make_threat(bambari), reason="Gone", by=officer)
    client.force_login(officer)
    assert refs(client.get(f"/matrix/BAMBARI/?{query}")) == expected


def test_gaps_show_on_the_row_with_the_link_that_mends_them(client: Client, officer: Person, threat: Threat) -> None:
    """TH-07: the flag stands on the row with its mending link; viewers get the sentence without the link."""
    client.force_login(officer)
    page = client.get(f"/matrix/BAMBARI/?open={threat.ref}").content.decode()
    assert re.search(
        rf'No response lead\. <a hx-boost="true" href="{cell(threat, "lead")}\?open=1">Name a lead</a>', page
    )
    assert f"/activities/new/?threat={threat.pk}" in page


def test_open_row_shows_empty_cells_and_gaps_of_the_grid(
    client: Client, bambari: Office, officer: Person, threat: Threat
) -> None:
    make_activity(bambari, officer, "Night patrols", threats=[threat])
    client.force_login(officer)
    page = client.get(f"/matrix/BAMBARI/?open={threat.ref}").content.decode()
    assert page.count("Nothing planned") == 3
    assert page.count('class="gapc"') == 11
    assert f"/activities/new/?threat={threat.pk}&amp;tier=1&amp;phase=prevention" in page


def test_texts_are_escaped(client: Client, bambari: Office, officer: Person) -> None:
    threat = make_threat(bambari, location="<b>x</b>", scale="<script>1</script>", action='" onclick="x')
    client.force_login(officer)
    page = client.get(f"/matrix/BAMBARI/?open={threat.ref}").content.decode()
    assert "<script>1" not in page
    assert "&lt;script&gt;1" in page
    assert "<b>x</b>" not in page


# --- who may ----------------------------------------------------------------------------------------------------------


def test_matrix_outside_the_reach_is_not_there(client: Client, bria: Office, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    assert client.get("/matrix/BRIA/").status_code == 404
    assert client.get("/matrix/NOWHERE/").status_code == 404


def test_cell_is_refused_to_those_who_may_not(client: Client, threat: Threat, scpi: Person, stranger: Person) -> None:
    for person, status in ((scpi, 403), (stranger, 404)):
        client.force_login(person)
        assert client.get(cell(threat, "action")).status_code == status
        assert client.post(cell(threat, "action"), {"action": "x", "based_on": 1}).status_code == status
    assert Threat.objects.get().action == "Road check at the bridge"


def test_viewer_sees_no_pencil(client: Client, hq: Office, scpi: Person, threat: Threat) -> None:
    client.force_login(scpi)
    page = client.get("/matrix/BAMBARI/").content.decode()
    assert threat.ref in page
    assert 'class="ed"' not in page


def test_threat_above_the_clearance_is_not_there(client: Client, officer: Person, threat: Threat) -> None:
    Threat.objects.update(marking=3)
    client.force_login(officer)
    assert refs(client.get("/matrix/BAMBARI/")) == []
    assert client.get(f"/threats/{threat.pk}/").status_code == 404


# --- editing a cell ---------------------------------------------------------------------------------------------------


def test_cell_without_script_is_a_page_and_leads_back(client: Client, officer: Person, threat: Threat) -> None:
    """TH-04: cell by cell, also without script."""
    client.force_login(officer)
    page = client.get(cell(threat, "action")).content.decode()
    assert "<html" in page
    assert 'name="based_on" value="1"' in page
    response = client.post(cell(threat, "action"), {"action": "Post at the bridge", "based_on": 1})
    assert response.headers["Location"] == f"/matrix/BAMBARI/#{threat.ref}"
    page = client.get("/matrix/BAMBARI/").content.decode()
    assert "Post at the bridge" in page
    assert "action required, T-001" in page
    assert 'name="undo" value="1"' in page


def test_cell_with_htmx_answers_fragments(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    form = client.get(cell(threat, "threat"), headers=HTMX)
    assert form.content.decode().startswith('<td role="cell" class="edit over"')
    assert "HX-Request" in form.headers["Vary"]
    row = client.post(
        cell(threat, "threat"), {"scale": "Growing", "violence_types": ["rape"], "based_on": 1}, headers=HTMX
    )
    page = row.content.decode()
    assert page.startswith(f'<tbody role="rowgroup" class="mx" id="{threat.ref}">')
    assert "Rape. Growing" in page
    assert '<template>\n<div id="toasts"' in page or '<template><div id="toasts"' in page
    assert 'hx-swap-oob="true"' in page


def test_cell_with_errors_answers_the_form_with_422(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    response = client.post(
        cell(threat, "location"), {"location": "x" * 301, "areas": ["CF42"], "based_on": 1}, headers=HTMX
    )
    assert (response.status_code, response.headers["HX-Retarget"]) == (422, f"#edit-{threat.pk}-location")
    assert "x" * 301 in response.content.decode()
    assert client.post(cell(threat, "location"), {"location": "x", "based_on": 1}).status_code == 422
    assert client.post(cell(threat, "action"), {"action": "x"}).status_code == 422
    assert client.get(cell(threat, "nonsense")).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_second_editor_sees_both_texts_and_chooses(
    client: Client, officer: Person, colleague: Person, threat: Threat, headers: dict[str, str]
) -> None:
    """TH-04: 409 with yours, theirs and a text of both; choosing saves, nothing is lost."""
    edit_threat(threat, changes={"action": "Theirs", "capacity": "2 platoons"}, based_on=1, by=colleague)
    client.force_login(officer)
    response = client.post(cell(threat, "action"), {"action": "Mine", "based_on": 1}, headers=headers)
    page = response.content.decode()
    assert response.status_code == 409
    assert ("<html" in page) == (not headers)
    assert all(words in page for words in ("D. Orlo saved T-001", "Mine", "Theirs", "Road check at the bridge"))
    assert 'name="both_action"' in page
    assert "2 platoons" in page
    answer = {"based_on": 2, "choice_action": "both", "mine_action": "Mine", "both_action": "Theirs; mine"}
    assert client.post(cell(threat, "action"), answer).status_code == 302
    stored = Threat.objects.get()
    assert (stored.action, stored.capacity, stored.version) == ("Theirs; mine", "2 platoons", 3)


def test_choosing_theirs_changes_nothing(client: Client, officer: Person, colleague: Person, threat: Threat) -> None:
    edit_threat(threat, changes={"action": "Theirs"}, based_on=1, by=colleague)
    client.force_login(officer)
    client.post(cell(threat, "action"), {"based_on": 2, "all": "theirs", "choice_action": "mine", "mine_action": "M"})
    assert (Threat.objects.get().action, Threat.objects.get().version) == ("Theirs", 2)


def test_other_fields_changed_meanwhile_are_merged_and_told(
    client: Client, officer: Person, colleague: Person, threat: Threat
) -> None:
    edit_threat(threat, changes={"capacity": "2 platoons"}, based_on=1, by=colleague)
    client.force_login(officer)
    response = client.post(cell(threat, "action"), {"action": "Mine", "based_on": 1}, headers=HTMX)
    assert response.status_code == 200
    assert "Meanwhile another person changed: mission capacity and resources." in text_of(response)


def test_undo_brings_the_value_back_under_the_guard(
    client: Client, officer: Person, colleague: Person, threat: Threat
) -> None:
    client.force_login(officer)
    client.post(cell(threat, "action"), {"action": "New", "based_on": 1})
    assert client.post(cell(threat, "action"), {"undo": "1", "based_on": 2}).status_code == 302
    assert (Threat.objects.get().action, Threat.objects.get().version) == ("Road check at the bridge", 3)
    client.post(cell(threat, "action"), {"action": "Newer", "based_on": 3})
    edit_threat(threat, changes={"action": "Theirs"}, based_on=4, by=colleague)
    assert client.post(cell(threat, "action"), {"undo": "3", "based_on": 4}).status_code == 409
    assert Threat.objects.get().action == "Theirs"


def test_every_cell_saves_what_it_shows(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    values = {
        "location": {"location": "Bridge", "areas": ["CF42"]},
        "civilians": {"civilians": "Traders"},
        "source": {"actors": [], "perpetrators": "Nobody knows"},
        "others": {"other_actors": "Elders"},
        "capacity": {"capacity": "None", "capacity_in_reach": "false"},
        "response": {"response": "Patrols"},
        "objective": {"objective": "Calm"},
        "lead": {"lead": "officer", "components": ["force"]},
        "horizon": {"horizon_on": "2021-03-31", "review_on": ""},
        "title": {"title": "Another title"},
    }
    for version, (name, sent) in enumerate(values.items(), 1):
        assert client.post(cell(threat, name), {**sent, "based_on": version}).status_code == 302, name
    stored = Threat.objects.get()
    assert (stored.location, stored.capacity_in_reach, stored.lead, stored.title) == (
        "Bridge",
        False,
        officer,
        "Another title",
    )
    assert history_of(stored).filter(verb="changed").count() == len(values)


# --- the branch -------------------------------------------------------------------------------------------------------


def put_in_force(office: Office, number: int = 1) -> MatrixEdition:
    rows = build_rows(Threat.objects.filter(office=office), now=NOON)
    snapshot = {"office": office.code, "number": number, "rows": [row_data(row) for row in rows]}
    return MatrixEdition.objects.create(
        mission=office.mission, office=office, number=number, state="in_force", snapshot=snapshot,
        sha256=fingerprint(snapshot), in_force_at=NOON, created_at=NOON, changed_at=NOON,
    )  # fmt: skip


def test_mission_view_reads_approved_rows_and_shows_drafts_on_demand(
    client: Client, bambari: Office, bria: Office, adviser: Person, threat: Threat
) -> None:
    """TH-06: the mission view reads what the offices approved, without copying; drafts are live rows."""
    other = make_full_threat(bria, "In Bria", by=adviser)
    put_in_force(bambari)
    edit_threat(threat, changes={"action": "Changed since"}, based_on=1, by=adviser)
    client.force_login(adviser)
    approved = client.get("/matrix/HQ/")
    assert refs(approved) == [threat.ref]
    assert "Changed since" not in text_of(approved)
    assert "No edition in force: Bria" in text_of(approved)
    drafts = client.get("/matrix/HQ/?drafts=1")
    assert refs(drafts) == [threat.ref, other.ref]
    assert "Changed since" in text_of(drafts)


def test_mission_view_hides_rows_above_the_clearance(
    client: Client, bambari: Office, adviser: Person, threat: Threat
) -> None:
    Threat.objects.update(marking=3)
    put_in_force(bambari)
    client.force_login(adviser)
    assert refs(client.get("/matrix/HQ/")) == []


def test_activities_in_a_cell_are_links_to_their_records(
    client: Client, bambari: Office, officer: Person, threat: Threat
) -> None:
    made = make_activity(bambari, officer, "Night patrols <east>", threats=[threat])
    client.force_login(officer)
    page = client.get("/matrix/BAMBARI/").content.decode()
    assert f'<a class="nw" href="/activities/{made.pk}/">{made.ref}</a> Night patrols &lt;east&gt;' in page


# --- budgets ----------------------------------------------------------------------------------------------------------


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("url", ["/matrix/BAMBARI/", "/matrix/HQ/", "/matrix/HQ/?drafts=1"])
def test_matrix_takes_at_most_twelve_queries_whatever_the_rows(
    client: Client, bambari: Office, officer: Person, adviser: Person, url: str
) -> None:
    make_activity(bambari, officer, threats=[make_full_threat(bambari, by=officer)])
    edition = put_in_force(bambari)
    client.force_login(adviser)
    one = queries(client, url)
    for number in range(4):
        make_activity(
            bambari, officer, threats=[make_full_threat(bambari, f"T{number}", by=officer, risk=(3, number + 1))]
        )
    edition.delete()
    put_in_force(bambari)
    assert (queries(client, url), one <= 12) == (one, True), one


def test_fifty_rows_stay_light(client: Client, bambari: Office, officer: Person) -> None:
    """A first visit with 50 rows is at most 60 kB over the wire; the page itself is held to 25 kB of it."""
    for number in range(50):
        threat = make_full_threat(bambari, f"Threat {number}", by=officer, risk=(number % 5 + 1, number % 4 + 1))
        edit_threat(
            threat, changes={"location": f"Village {number}", "action": f"Patrol {number * 37}"}, based_on=1, by=officer
        )
    client.force_login(officer)
    assert len(gzip.compress(client.get("/matrix/BAMBARI/").content)) < 25_000


def test_trend_and_previous_risk_stand_on_the_row(client: Client, officer: Person, threat: Threat) -> None:
    """TH-03: the row says where the rating comes from."""
    assess_threat(threat, likelihood=2, impact=2, reason="Calm", by=officer, now=NOON + timedelta(hours=1))
    client.force_login(officer)
    page = text_of(client.get("/matrix/BAMBARI/"))
    assert "unlikely × minor falling was Extreme" in page
