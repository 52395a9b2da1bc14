"""The quality page: each check with a record that fails it and a world that passes; only what the reader may see."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from pocweb.choices import Marking
from pocweb.models import Area, Mission, Office, Person
from strategy.services import set_status
from tests.bench.measure import queries
from tests.factories.mission import make_area, make_office, make_square
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import make_full_threat, make_threat
from threats.choices import PlaceState, SourceOfViolence, Verification
from threats.models import Actor, Assessment, Incident, MatrixEdition, Threat, ThreatGroup
from threats.quality import CHECKS, read_facts, run_checks
from threats.services.threats import assess_threat, decide_imminence

TODAY = date(2020, 12, 31)
NOW = datetime(2020, 12, 31, 13, tzinfo=UTC)  # after the rating that the factory gives
DAY_60 = date(2020, 11, 1)
MOST_QUERIES = 12


@dataclass
class Land:
    """A world in which nothing is to be mended: a full threat with an edition in force, and an incident beside it."""

    mission: Mission
    office: Office
    officer: Person
    threat: Threat
    incident: Incident
    edition: MatrixEdition
    area: Area
    actor: Actor

    def set(self, **columns: Any) -> None:
        Threat.objects.filter(pk=self.threat.pk).update(**columns)

    def rate(self, likelihood: int = 4, impact: int = 4, **more: Any) -> None:
        more = {"reason": "Test", "inputs": ["hotspots"], "by": self.officer, "now": NOW, **more}
        assess_threat(self.threat, likelihood=likelihood, impact=impact, **more)

    def add_incident(self, **columns: Any) -> Incident:
        actors = columns.pop("actors", (self.actor,))
        columns = {"office": self.office, "starts_on": columns.pop("on", TODAY), **columns}
        return make_incident(self.mission, columns.pop("area", self.area), actors=actors, **columns)


@pytest.fixture
def land(
    bambari: Office, ouaka: Area, officer: Person, head_of_office: Person, head_of_military: Person,
    head_of_police: Person,
) -> Land:  # fmt: skip
    Office.objects.filter(pk=bambari.pk).update(lat=0.0, lon=0.0)  # far from every area
    threat = make_full_threat(bambari, by=officer)
    Threat.objects.filter(pk=threat.pk).update(
        objective="Markets are held", lead=officer, criterion_nature="a", criterion_host_state="b",
        criterion_mission="c", criterion_advantage="d", criterion_consequences="e",
        horizon_on=TODAY, review_on=TODAY,
    )  # fmt: skip
    activity = make_activity(bambari, officer, threats=[threat])
    set_status(activity, act="start", by=officer)
    actor = threat.actors.get()
    incident = make_incident(bambari.mission, ouaka, actors=(actor,), starts_on=date(2020, 12, 1), killed_best=2)
    heads = {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}
    edition = make_edition(bambari, officer, "in_force", heads, now=NOW)
    made = Land(bambari.mission, bambari, officer, threat, incident, edition, ouaka, actor)
    made.rate()
    return made


def found(land: Land, user: Any = None) -> dict[str, list[str]]:
    """Return the references of the findings by code, checks without findings left out."""
    results = run_checks(read_facts(land.office, today=TODAY, user=user))
    return {one.check.code: [each.fact.ref for each in one.findings] for one in results if one.findings}


def test_clean_world_passes_every_check(land: Land) -> None:
    """TH-07: what is passed is told as passed, and there are enough checks to mean something."""
    assert found(land) == {}
    assert len(CHECKS) >= 27
    assert set(CASES) == set(CHECKS)


def _old_rating(land: Land, **more: Any) -> None:
    Assessment.objects.all().delete()
    land.rate(**{"now": NOW - timedelta(days=40), **more})


def _state(land: Land) -> None:
    Actor.objects.update(source_of_violence=SourceOfViolence.STATE)
    land.set(marking=Marking.UNCLASSIFIED)


def _closed(land: Land) -> None:
    land.set(status="closed", closed_reason="Gone", closed_on=date(2020, 11, 30))


def _office_inside(land: Land) -> None:
    Office.objects.filter(pk=land.office.pk).update(lat=5.5, lon=20.5)


def _unrated(land: Land) -> None:
    Assessment.objects.all().delete()
    land.set(assessed_on=None, risk=None)


def _imminent(land: Land) -> None:
    for activity in land.threat.activities.all():
        set_status(activity, act="finish", by=land.officer, done_on=TODAY, result="Done")
    decide_imminence(land.threat, imminent=True, reason="Armed men gather", by=land.officer, now=NOW)


def _draft(land: Land, days: int, state: str = "draft") -> None:
    make_edition(land.office, land.officer, state, now=NOW - timedelta(days=days))


def _imported(land: Land, **columns: Any) -> None:
    land.add_incident(origin="ucdp", origin_id=str(Incident.objects.count()), **columns)


Mutate = Callable[[Land], Any]
CASES: dict[str, tuple[Mutate, list[str]]] = {
    "unrated": (_unrated, ["T-001"]),
    "imminent_idle": (_imminent, ["T-001"]),
    "bare_priority": (lambda land: land.set(objective=""), ["T-001"]),
    "state_unclassified": (_state, ["T-001"]),
    "rating_old": (_old_rating, ["T-001"]),
    "expected_above": (lambda land: land.rate(3, 3, expected_likelihood=5, expected_impact=5), ["T-001"]),
    "no_population": (lambda land: ThreatGroup.objects.update(estimated_number=None), ["T-001"]),
    "coarse_area": (lambda land: land.threat.areas.set(Area.objects.filter(level=0)), ["T-001"]),
    "no_violence": (lambda land: land.threat.violence_types.clear(), ["T-001"]),
    "no_source": (lambda land: (land.threat.actors.clear(), land.set(perpetrators="")), ["T-001"]),
    "horizon_passed": (lambda land: land.set(horizon_on=TODAY - timedelta(days=1)), ["T-001"]),
    "review_passed": (lambda land: land.set(review_on=TODAY - timedelta(days=1)), ["T-001"]),
    "high_unsure": (lambda land: _old_rating(land, confidence=1, now=NOW - timedelta(days=30)), ["T-001"]),
    "no_inputs": (lambda land: land.rate(inputs=[]), ["T-001"]),
    "closed_since": (_closed, ["T-001"]),
    "near_presence": (_office_inside, ["T-001"]),
    "incident_no_area": (lambda land: land.add_incident(area=None), ["I-002"]),
    "counts_broken": (lambda land: land.add_incident(killed_low=3, killed_best=2), ["I-002"]),
    "incident_future": (lambda land: land.add_incident(on=TODAY + timedelta(days=1)), ["I-002"]),
    "place_disagrees": (lambda land: land.add_incident(place_state=PlaceState.DISAGREEING), ["I-002"]),
    "unverified_deaths": (
        lambda land: land.add_incident(
            on=date(2020, 10, 31), killed_best=1, created_at=datetime(2020, 10, 31, tzinfo=UTC)
        ),
        ["I-002"],
    ),
    "duplicates": (lambda land: land.add_incident(on=date(2020, 12, 1), killed_best=2), ["I-002"]),
    "incident_no_actor": (lambda land: land.add_incident(actors=()), ["I-002"]),
    "imported_counts": (lambda land: _imported(land, killed_best=3, killed_high=2), ["I-002"]),
    "imported_places": (lambda land: _imported(land, place_state=PlaceState.UNMATCHED), ["I-002"]),
    "no_edition": (lambda land: MatrixEdition.objects.update(state="superseded"), ["BAMBARI"]),
    "edition_waits": (lambda land: _draft(land, 15, "endorsed"), ["BAMBARI-2"]),
    "edition_passed": (lambda land: MatrixEdition.objects.update(horizon_on=date(2020, 12, 30)), ["BAMBARI-1"]),
    "draft_idle": (lambda land: _draft(land, 31), ["BAMBARI-2"]),
}


@pytest.mark.parametrize("code", sorted(CASES))
def test_check_finds_its_record_and_nothing_else(code: str, land: Land) -> None:
    """TH-07: one lack makes one finding, of the check that is about it."""
    mutate, refs = CASES[code]
    mutate(land)

    assert found(land) == {code: refs}


@pytest.mark.parametrize(
    "mutate",
    [
        pytest.param(lambda land: land.set(priority=3, objective="", lead=None), id="priority 3 needs no objective"),
        pytest.param(lambda land: land.threat.actors.clear(), id="a source in words is a source"),
        pytest.param(lambda land: _draft(land, 30), id="draft of 30 days"),
        pytest.param(lambda land: _draft(land, 14, "endorsed"), id="endorsed 14 days ago"),
        pytest.param(lambda land: _old_rating(land, now=NOW - timedelta(days=31)), id="rated on the last day"),
        pytest.param(
            lambda land: _old_rating(land, confidence=1, now=NOW - timedelta(days=29)), id="unsure for 29 days"
        ),
        pytest.param(
            lambda land: land.add_incident(on=DAY_60, killed_best=1, created_at=datetime(2020, 11, 1, tzinfo=UTC)),
            id="deaths known for 60 days",
        ),
        pytest.param(
            lambda land: land.add_incident(
                on=date(2020, 9, 1), killed_best=1, verification=Verification.NOT_VERIFIED
            ),
            id="could not be verified is an answer",
        ),
        pytest.param(lambda land: land.add_incident(killed_low=1, killed_best=1, killed_high=1), id="all three equal"),
        pytest.param(lambda land: land.add_incident(killed_high=1), id="best not recorded"),
        pytest.param(lambda land: land.add_incident(on=date(2020, 12, 1), killed_best=3), id="another number killed"),
        pytest.param(lambda land: land.add_incident(on=TODAY), id="today is no future"),
        pytest.param(
            lambda land: land.add_incident(area=None, verification=Verification.DISCOUNTED), id="discounted incident"
        ),
        pytest.param(lambda land: (_office_inside(land), land.set(near_mission_presence=True)), id="near presence set"),
        pytest.param(lambda land: land.add_incident(actors=(), on=date(2019, 12, 31)), id="no actor, over a year ago"),
    ],
)  # fmt: skip
def test_check_leaves_the_record_at_its_limit_alone(mutate: Mutate, land: Land) -> None:
    mutate(land)

    assert found(land) == {}


def test_page_leads_to_the_field_that_mends(
    client: Client, land: Land, officer: Person, head_of_office: Person
) -> None:
    """TH-07: who may not mend reads who may; nobody gets a link that is refused."""
    land.set(objective="")
    address = reverse("threats:quality", args=["BAMBARI"])
    mend = (
        f"{reverse('threats:threat-update', args=[land.threat.pk])}?next=%2Fmatrix%2FBAMBARI%2Fquality%2F#id_objective"
    )

    client.force_login(officer)
    page = client.get(address).content.decode()
    assert f'href="{mend}"' in page
    assert "1 thing must be mended." in page
    client.force_login(head_of_office)
    page = client.get(address).content.decode()
    assert mend not in page
    assert "Those who edit the threats of this office" in page


def test_every_mending_address_opens_for_who_may(client: Client, land: Land) -> None:
    """No dead link: every finding of every check is followed by somebody who may mend it."""
    make_full_threat(land.office, "Second", by=land.officer)
    for code, (mutate, _refs) in CASES.items():
        if code not in ("closed_since", "unrated", "draft_idle", "no_edition", "near_presence"):
            mutate(land)
    client.force_login(land.officer)
    groups = client.get(reverse("threats:quality", args=["BAMBARI"])).context["groups"]
    lines = [line for *_level, sections in groups for section in sections for line in section["lines"]]

    assert len(lines) > 15
    for line in lines:
        for address in (line["url"], line["mend"] or line["url"]):
            page, _hash, field = address.partition("#")
            answer = client.get(page)
            assert answer.status_code == 200, address
            assert not field or f'id="{field}"' in answer.content.decode(), address


def test_records_above_the_clearance_and_of_others_stay_hidden(
    client: Client, land: Land, bria: Office, haute_kotto: Area, officer: Person, stranger: Person
) -> None:
    secret = make_threat(land.office, "Secret threat", marking=Marking.STRICTLY_CONFIDENTIAL)
    land.add_incident(area=None, title="Secret incident", marking=Marking.STRICTLY_CONFIDENTIAL)
    Office.objects.filter(pk=bria.pk).update(lat=None, lon=None)  # its point lies in the square of Bambari
    make_threat(bria, "Threat of another office")
    make_incident(land.mission, haute_kotto, title="Incident of another office", killed_low=2, killed_best=1)
    MatrixEdition.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL, horizon_on=date(2020, 12, 1))
    client.force_login(officer)

    assert found(land, officer) == {}
    assert secret.ref in found(land)["unrated"]
    for name, parts in (("threats:quality", []), ("threats:quality-export", ["csv"])):
        content = client.get(reverse(name, args=["BAMBARI", *parts])).content.decode()
        for word in ("Secret", "another office", "BAMBARI-1"):
            assert word not in content
        assert client.get(reverse(name, args=["BRIA", *parts])).status_code == 404
    client.force_login(stranger)
    assert client.get(reverse("threats:quality", args=["BAMBARI"])).status_code == 404


def test_activity_above_the_clearance_is_as_if_not_there(land: Land, officer: Person) -> None:
    decide_imminence(land.threat, imminent=True, reason="Armed men gather", by=officer, now=NOW)
    land.threat.activities.update(marking=Marking.STRICTLY_CONFIDENTIAL)

    assert found(land) == {}
    assert found(land, officer) == {"imminent_idle": ["T-001"]}


def test_checks_about_what_one_may_not_see_are_not_told_as_passed(land: Land) -> None:
    results = run_checks(read_facts(land.office, today=TODAY), may_see=lambda kind: kind != "incident")

    assert {one.check.about for one in results if not one.is_open} == {"incident"}


def test_long_check_shows_the_first_and_leads_to_all(client: Client, land: Land, officer: Person) -> None:
    for _turn in range(55):
        land.add_incident(killed_low=3, killed_best=2, actors=(), area=None)
    client.force_login(officer)
    address = reverse("threats:quality", args=["BAMBARI"])

    page = client.get(address)
    assert "All 55 findings" in page.content.decode()
    second = client.get(address + "?check=counts_broken&page=2")
    assert [len(section["lines"]) for *_level, sections in second.context["groups"] for section in sections] == [5]
    assert client.get(address + "?check=nonsense").status_code == 200


def test_export_holds_all_findings(client: Client, land: Land, officer: Person) -> None:
    """TH-10: CSV with HXL tags."""
    land.set(objective="", title="=1+1")
    client.force_login(officer)

    answer = client.get(reverse("threats:quality-export", args=["BAMBARI", "csv"]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert [(row["Check"], row["Reference"], row["Record"]) for row in rows] == [
        ("#meta+check+code", "#meta+id", "#meta+title"),
        ("bare_priority", "T-001", "'=1+1"),
    ]
    answer = client.get(reverse("threats:quality-export", args=["BAMBARI", "xlsx"]))
    assert answer.content[:2] == b"PK"


def test_queries_do_not_grow(client: Client, land: Land, adviser: Person, country: Area) -> None:
    """Threats, incidents, offices and editions cost no query each."""
    _office_inside(land)
    client.force_login(adviser)
    address = reverse("threats:quality", args=["HQ"])

    def count() -> int:
        client.get(address)
        with queries() as ran:
            assert client.get(address).status_code == 200
        return ran.count

    small = count()
    for turn in range(3):
        area = make_area(f"CF6{turn}", "More", 1, country, make_square(24, 5 + turn))
        office = make_office(land.mission, f"BASE{turn}", Office.objects.get(code="HQ"), [area])
        make_full_threat(office, f"More {turn}", by=adviser)
        make_edition(office, adviser, "endorsed", now=NOW - timedelta(days=20))
        land.add_incident(area=None)

    assert count() == small
    assert small <= MOST_QUERIES


def test_command_tells_and_fails_only_when_strict(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_quality", mission="DEMO", office="BAMBARI", strict=True)
    land.set(objective="", title="Not to be printed")
    capsys.readouterr()
    call_command("check_quality", mission="DEMO", format="json")
    told = json.loads(capsys.readouterr().out)

    assert (told["office"], told["on"], told["counts"]) == ("HQ", "2020-12-31", {"must": 1, "should": 0, "look": 0})
    assert [one["records"] for one in told["checks"] if one["count"]] == [["T-001"]]
    with pytest.raises(CommandError, match="1 finding"):
        call_command("check_quality", mission="DEMO", strict=True)
    assert "Not to be printed" not in capsys.readouterr().out
    for wrong in ({"mission": "NONE"}, {"mission": "DEMO", "office": "NONE"}):
        with pytest.raises(CommandError, match="code NONE"):
            call_command("check_quality", **wrong)


def test_two_checks_cannot_share_a_code() -> None:
    from threats.choices import Severity
    from threats.quality.base import Mend, check

    with pytest.raises(ValueError, match="unrated"):
        check("unrated", Severity.MUST, "Again", "", Mend("threat", "", "", ""))(lambda facts: iter(()))
