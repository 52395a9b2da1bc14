"""Rating schemes as versioned data (TH-02): a mission's own version, old scores unchanged, pages."""

import copy
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.audit import history_of
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Mission, Office, Person
from tests.factories.threats_threat import load_reference, make_own_scheme, make_threat
from threats.forms.schemes import SchemeForm
from threats.models import Assessment, Scheme, Threat
from threats.rules.scheme import risk_of
from threats.rules.scheme_versions import differences, objections
from threats.services.schemes import add_scheme_version
from threats.services.threats import assess_threat, current_scheme

pytestmark = pytest.mark.django_db
RATING = {"likelihood": 4, "impact": 4, "reason": "Reports of three weeks"}


@pytest.fixture
def shared() -> Scheme:
    return load_reference()


def harsher(scheme: Scheme) -> dict[str, Any]:
    """Return the scheme's data with likely x major high instead of extreme, and high of priority 1."""
    data = copy.deepcopy(scheme.data)
    data["grid"][3] = [2, 2, 3, 3, 4]
    data["priority"]["3"] = 1
    return data


def make_version(scheme: Scheme, mission: Mission, by: Any, **given: Any) -> Scheme:
    values = {"name": "5x5", "data": harsher(scheme), "note": "Agreed in the forum", "based_on": scheme.pk}
    return add_scheme_version(scheme, mission=mission, by=by, **{**values, **given})


def test_new_version_leaves_old_scores_and_rates_by_itself(bambari: Office, adviser: Person, shared: Scheme) -> None:
    """TH-02: a stored score names its scheme and never changes; the next rating uses the new version."""
    threat = make_threat(bambari)
    old = assess_threat(threat, **RATING, by=adviser)
    before = Assessment.objects.filter(pk=old.pk).values().get()
    columns = Threat.objects.values("risk", "priority", "version").get()

    made = make_version(shared, bambari.mission, adviser)

    assert (made.mission, made.code, made.edition, made.is_current) == (bambari.mission, "5x5", 2, True)
    assert Assessment.objects.filter(pk=old.pk).values().get() == before
    assert Threat.objects.values("risk", "priority", "version").get() == columns
    assert (old.risk, old.priority) == (4, 1)
    new = assess_threat(threat, **RATING, by=adviser)
    assert (new.scheme, new.risk, new.priority) == (made, 3, 1)
    assert Scheme.objects.get(pk=shared.pk).data == shared.data


def test_each_of_25_cells_is_stored_as_it_was_chosen(mission: Mission, adviser: Person, shared: Scheme) -> None:
    """TH-02: the form's 25 cells arrive in the grid in their own place."""
    form = SchemeForm({}, base=shared)
    sent = {name: field.initial for name, field in form.fields.items()} | {"name": "5x5", "note": "Walked"}
    cells = {(row, column): f"cell_{row}_{column}" for row in range(1, 6) for column in range(1, 6)}
    assert set(cells.values()) <= set(form.fields)
    for place, name in cells.items():
        for risk in (1, 2, 3, 4):
            form = SchemeForm(sent | {name: risk}, base=shared)
            assert form.is_valid()
            expected = copy.deepcopy(shared.data["grid"])
            expected[place[0] - 1][place[1] - 1] = risk
            assert form.data_of_version()["grid"] == expected


def test_untouched_form_gives_the_scheme_back(shared: Scheme) -> None:
    form = SchemeForm({}, base=shared)
    sent = {name: field.initial for name, field in form.fields.items()} | {"note": "As it was"}
    again = SchemeForm(sent, base=shared)
    assert again.is_valid()
    assert differences(shared.data, again.data_of_version()) == {}
    assert objections(again.data_of_version()) == []


def test_third_version_follows_and_one_is_in_use(mission: Mission, adviser: Person, shared: Scheme) -> None:
    first = make_version(shared, mission, adviser)
    second = make_version(first, mission, adviser, data=shared.data, note="Back to the Handbook", based_on=first.pk)
    assert (second.edition, current_scheme(mission)) == (3, second)
    assert list(Scheme.objects.filter(mission=mission, is_current=True)) == [second]
    assert Scheme.objects.get(pk=shared.pk).is_current


def test_version_of_one_mission_is_not_of_another(
    client: Client, mission: Mission, adviser: Person, stranger: Person, shared: Scheme
) -> None:
    made = make_version(shared, mission, adviser, name="Ours alone")
    assert stranger.mission is not None
    assert current_scheme(stranger.mission) == shared
    client.force_login(stranger)
    assert "Ours alone" not in client.get("/schemes/").content.decode()
    assert client.get(f"/schemes/{made.pk}/").status_code == 404


def test_version_is_told_in_the_trail(mission: Mission, adviser: Person, shared: Scheme) -> None:
    event = history_of(make_version(shared, mission, adviser)).get()
    assert (event.actor, event.note) == (adviser, "Agreed in the forum")
    assert event.changes == {"4 x 4": [4, 3], "priority of risk 3": [2, 1]}


def test_version_is_refused(
    mission: Mission, adviser: Person, officer: Person, head_of_mission: Person, stranger: Person, shared: Scheme
) -> None:
    for person in (officer, head_of_mission, stranger):
        with pytest.raises(Forbidden):
            make_version(shared, mission, person)
    for given, code in (
        ({"note": " "}, "no_reason"),
        ({"data": shared.data}, "nothing_changed"),
        ({"data": harsher(shared) | {"grid": [[1]]}}, "faulty_scheme"),
    ):
        with pytest.raises(RuleError) as error:
            make_version(shared, mission, adviser, **given)
        assert error.value.code == code
    assert Scheme.objects.filter(mission=mission).count() == 0


def test_two_who_make_a_version_at_once_are_told(mission: Mission, adviser: Person, shared: Scheme) -> None:
    """The second opened the form before the first version came into use."""
    first = make_version(shared, mission, adviser)
    with pytest.raises(Conflict) as error:
        make_version(shared, mission, adviser, name="Other")
    assert error.value.code == "scheme_moved"
    assert current_scheme(mission) == first


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"likelihood": [{"value": 2, "code": "a", "label": "A", "definition": "A"}]}, "The steps of likelihood"),
        ({"grid": [[1] * 5] * 4}, "The grid does not have one row per likelihood"),
        ({"grid": [[1] * 5] * 4 + [[9] * 5]}, "outside 1 to 4"),
        ({"priority": {"4": 1}}, "has no priority"),
        ({"grid": [[2, 1, 1, 1, 1]] + [[2] * 5] * 4}, "falls where the impact rises"),
        ({"grid": [[2] * 5, [1] * 5] + [[2] * 5] * 3}, "falls where the likelihood rises"),
        ({"priority": {"4": 2, "3": 1, "2": 3, "1": 3}}, "higher risk has a lower priority"),
    ],
)
def test_objections_to_a_scheme(shared: Scheme, change: dict[str, Any], sentence: str) -> None:
    """TH-02: POC Handbook 2020, 8.2.4; that a grid never falls is ours."""
    assert any(sentence in one for one in objections({**shared.data, **change}))


@pytest.mark.parametrize(("name", "value"), [("label", ""), ("label", "Rare"), ("definition", " ")])
def test_every_step_needs_a_word_and_a_definition(shared: Scheme, name: str, value: str) -> None:
    data = copy.deepcopy(shared.data)
    data["likelihood"][4][name] = value
    assert len(objections(data)) == 1


def test_shipped_schemes_pass() -> None:
    load_reference()
    assert [objections(scheme.data) for scheme in Scheme.objects.all()] == [[], []]


def test_scheme_pages(client: Client, bambari: Office, adviser: Person, officer: Person, shared: Scheme) -> None:
    """TH-02: words with definitions, grid in words, priorities, use and maker stand on the page; the form stores."""
    threat = make_threat(bambari)
    assess_threat(threat, **RATING, by=adviser)
    assess_threat(make_threat(bambari, "Hidden row", marking=1), **RATING, by=adviser)
    Threat.objects.filter(title="Hidden row").update(marking=3)
    client.force_login(adviser)
    page = client.get(f"/schemes/{shared.pk}/new-version/").content.decode()
    assert page.count('name="cell_') == 25
    sent = {name: field.initial for name, field in SchemeForm({}, base=shared).fields.items()}
    sent |= {"name": "Ours", "note": "Agreed in the forum", "based_on": shared.pk, "once": "token"}
    faulty = client.post(f"/schemes/{shared.pk}/new-version/", sent | {"cell_4_4": 1, "note": "Kept text"})
    assert faulty.status_code == 422
    assert all(text in faulty.content.decode() for text in ("Kept text", "falls where the impact rises"))
    assert Scheme.objects.filter(mission=bambari.mission).count() == 0
    places = [
        client.post(f"/schemes/{shared.pk}/new-version/", sent | {"cell_4_4": 3}).headers["Location"] for _time in "ab"
    ]
    made = Scheme.objects.get(mission=bambari.mission)
    assert places == [f"/schemes/{made.pk}/"] * 2
    assert risk_of(made.data, 4, 4) == 3
    detail = client.get(f"/schemes/{made.pk}/").content.decode()
    assert all(text in detail for text in ("Likely × Major", "Extreme", "Agreed in the forum", str(adviser)))
    assert "1 rating by it" in client.get(f"/schemes/{shared.pk}/").content.decode()
    listed = client.get("/schemes/").content.decode()
    assert all(text in listed for text in ("Ours, version 2", "For new ratings", "Agreed in the forum"))
    moved = client.post(f"/schemes/{shared.pk}/new-version/", sent | {"cell_3_5": 3})
    assert moved.status_code == 422
    assert "Meanwhile Ours, version 2 came into use" in unescape(moved.content.decode())
    client.force_login(officer)
    statuses = [client.get(f"/schemes/{made.pk}/{part}").status_code for part in ("", "new-version/")]
    assert statuses == [200, 403]


def test_scheme_list_takes_the_same_queries_whatever_the_versions(
    client: Client, mission: Mission, adviser: Person, shared: Scheme
) -> None:
    client.force_login(adviser)
    counts = []
    for edition in (7, 8, 9):
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/schemes/").status_code == 200
        counts.append(len(seen))
        make_own_scheme(mission, edition=edition)
    assert len(set(counts)) == 1
    assert counts[0] <= 12
