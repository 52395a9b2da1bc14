"""What is marked above a reader's clearance stays hidden, also where something else cites it (design: marking)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.services import edit_forum
from pocweb.audit import verify
from pocweb.choices import Marking, Role
from pocweb.errors import RuleError
from pocweb.models import Area, AuditEvent, Job, Mission, Office, Person
from strategy.models import Activity
from strategy.services import edit_activity
from tests.factories.coordination_forum import make_forum
from tests.factories.mission import make_mission, make_office, make_person, make_posting
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from tests.factories.threats_import import run_import
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import make_actor, make_threat
from tests.security.test_sources import ours, text_of
from threats.models import Actor, Incident, MatrixEdition, Threat
from threats.services.actors import edit_actor
from threats.services.incidents import edit_incident
from threats.services.threats import edit_threat

pytestmark = pytest.mark.django_db
STRICT = Marking.STRICTLY_CONFIDENTIAL


@pytest.fixture
def cleared(hq: Office) -> Person:
    """A POC Adviser who reads everything."""
    return make_person("cleared", Role.POCA, hq, clearance=STRICT)


@pytest.fixture
def chain(mission: Mission, bambari: Office, ouaka: Area, officer: Person) -> tuple[Actor, Incident, Threat, Activity]:
    """A profile, an incident and a threat that cite it, an activity that answers the threat."""
    actor = make_actor(mission, "band", name="Red River band", short_name="", marking=Marking.CONFIDENTIAL)
    incident = make_incident(mission, ouaka, actors=(actor,), marking=Marking.CONFIDENTIAL)
    threat = make_threat(bambari, actors=[actor])
    return actor, incident, threat, make_activity(bambari, officer, threats=[threat])


def test_a_raised_profile_raises_all_that_cites_it(
    client: Client, chain: Any, mission: Mission, officer: Person, cleared: Person
) -> None:
    actor, *citing = chain
    edit_actor(actor, changes={"marking": int(STRICT)}, based_on=1, by=cleared)
    for record in citing:
        before = record.version
        record.refresh_from_db()
        assert (record.marking, record.version) == (STRICT, before + 1), record
        event = AuditEvent.objects.filter(object_type=record._meta.label_lower, object_id=str(record.pk)).last()
        assert event is not None
        assert event.changes == {"marking": [Marking.CONFIDENTIAL, STRICT]}
    assert list(verify(mission)) == []
    client.force_login(officer)
    for url in (
        "/incidents/",
        "/incidents/export.csv",
        "/api/v1/incidents/",
        "/matrix/BAMBARI/?live=1",
        "/activities/",
    ):
        answer = client.get(url)
        assert answer.status_code == 200
        assert "Red River band" not in text_of(answer), url


def test_a_raised_threat_raises_the_activities_that_answer_it(chain: Any, cleared: Person) -> None:
    _actor, _incident, threat, activity = chain
    edit_threat(threat, changes={"marking": int(STRICT)}, based_on=1, by=cleared)
    activity.refresh_from_db()
    assert activity.marking == STRICT


@pytest.fixture
def frozen(bambari: Office, officer: Person) -> tuple[MatrixEdition, Threat]:
    """An edition in force, one of whose threats was marked higher since."""
    kept = make_matrix_threat(bambari, "Attacks on the road")
    raised = make_matrix_threat(bambari, "Quiet word on the camp")
    edition = make_edition(bambari, officer, "endorsed")
    Threat.objects.filter(pk=raised.pk).update(marking=STRICT)
    return edition, kept


def test_a_raised_threat_does_not_look_closed_in_comparisons(
    client: Client, frozen: Any, bambari: Office, officer: Person
) -> None:
    edition, _kept = frozen
    client.force_login(officer)
    answer = client.get(f"/editions/{edition.pk}/compare/0/")
    assert answer.context["changes"].comparison.is_empty
    MatrixEdition.objects.filter(pk=edition.pk).update(state="superseded")
    draft = make_edition(bambari, officer, "draft", now=NOON + timedelta(hours=1))
    answer = client.get(f"/editions/{draft.pk}/")
    assert answer.context["previous"] == edition
    assert answer.context["comparison"].is_empty


def test_import_leaves_alone_what_the_importer_may_not_see(
    client: Client, mission: Mission, bambari: Office, adviser: Person, cleared: Person
) -> None:
    """A row whose id belongs to a hidden incident changes nothing of it and is answered without its content."""
    run_import(mission, ours(marking="strictly_confidential"), by=cleared)
    incident = Incident.objects.get()

    edit_incident(incident.pk, based_on=1, changes={"narrative": "What only few may know"}, by=cleared)
    run = run_import(mission, ours(narrative="Another story", title="Overwritten"), by=adviser)
    incident.refresh_from_db()
    assert (incident.title, incident.narrative) == ("Houses burnt", "What only few may know")
    assert (run.updated, run.rejected) == (0, 1)
    client.force_login(adviser)
    for part in ("", "errors.csv"):
        assert "What only few" not in text_of(client.get(f"/imports/{run.pk}/{part}"))


def test_remarks_that_quote_a_stored_incident_carry_its_marking(
    client: Client, mission: Mission, bambari: Office, adviser: Person, cleared: Person
) -> None:
    run_import(mission, ours(marking="strictly_confidential"), by=cleared)

    edit_incident(Incident.objects.get().pk, based_on=1, changes={"narrative": "For few"}, by=cleared)
    run = run_import(mission, ours(narrative="Another story"), by=cleared)
    assert "For few" in run.problems.get(code="kept_edited").message
    client.force_login(adviser)
    assert client.get(f"/imports/{run.pk}/").status_code == 404


def test_code_of_a_hidden_profile_is_answered_like_one_that_nobody_has(
    client: Client, chain: Any, mission: Mission, officer: Person
) -> None:
    _actor, incident, threat, _activity = chain
    make_actor(mission, "hidden", marking=STRICT)
    client.force_login(officer)
    answers: dict[str, list[str]] = {}
    for code in ("hidden", "nobody"):
        sent: list[tuple[str, dict[str, Any]]] = [
            (f"/api/v1/incidents/{incident.pk}/", {"version": 1, "actors": [{"code": code, "side": "party"}]}),
            (f"/api/v1/threats/{threat.pk}/", {"based_on": 1, "actors": [code]}),
        ]
        said = [client.patch(url, data, content_type="application/json") for url, data in sent]
        assert {answer.status_code for answer in said} == {400}
        answers[code] = [text_of(answer).replace(code, "CODE") for answer in said]
    assert answers["hidden"] == answers["nobody"]


def test_nobody_marks_above_their_clearance(bambari: Office, officer: Person) -> None:
    activity = make_activity(bambari, officer)
    with pytest.raises(RuleError, match="above your"):
        edit_activity(activity, based_on=1, changes={"marking": int(STRICT)}, by=officer)
    forum = make_forum(bambari, officer)

    with pytest.raises(RuleError, match="above your"):
        edit_forum(forum, based_on=1, changes={"marking": int(STRICT)}, by=officer)


def test_nobody_lowers_a_marking_below_what_the_record_cites(chain: Any, cleared: Person, client: Client) -> None:
    actor, incident, threat, activity = chain
    edit_actor(actor, changes={"marking": int(STRICT)}, based_on=1, by=cleared)
    client.force_login(cleared)
    sent = (
        (f"/api/v1/incidents/{incident.pk}/", "version"),
        (f"/api/v1/threats/{threat.pk}/", "based_on"),
        (f"/api/v1/activities/{activity.pk}/", "based_on"),
    )
    for url, name in sent:
        client.patch(url, {name: 2, "marking": 1}, content_type="application/json")
    for record in (incident, threat, activity):
        record.refresh_from_db()
        assert record.marking == STRICT, record


def test_trail_and_accounts_are_those_of_the_mission_in_which_one_administers(
    client: Client, mission: Mission, hq: Office, bambari: Office, officer: Person
) -> None:
    """An administrator elsewhere, whose first posting is here in another role, administers nothing here."""
    elsewhere = make_office(make_mission("ELSE"), "HQ")
    person = make_person("double", Role.POCA, hq)
    make_posting(person, Role.ADM, elsewhere)
    make_activity(bambari, officer, "Patrols nobody elsewhere knows of")
    client.force_login(Person.objects.get(pk=person.pk))
    text = text_of(client.get("/audit/"))
    assert "A-001" not in text
    assert client.post("/audit/verify/").status_code == 302

    assert Job.objects.get(kind="verify_audit").mission.code == "ELSE"
    assert "officer" not in text_of(client.get("/people/"))
