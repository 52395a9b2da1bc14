"""EW-19: requests for means of mission support: rank, answer, list, panel, desk."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.models import ResourceRequest, WarningCase
from coordination.warnings.choices import CaseState
from coordination.warnings.requests import (
    answer_request,
    ask_for_resources,
    rank_of,
    ranked,
    withdraw_request,
)
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import AuditEvent, Notice, Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.mission import make_person

NOW = datetime(2020, 12, 31, 8, tzinfo=UTC)
SOON = NOW + timedelta(hours=30)


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def support(hq: Office) -> Person:
    """Mission support at headquarters."""
    return make_person("support", "DMS", hq, "support", first_name="B.", last_name="Grint")


@pytest.mark.parametrize(
    ("kind", "case_class", "rank"),
    [
        ("medevac", "", 1),  # Annex V, para. 19
        ("casevac", "", 1),
        ("operation", "warning", 1),
        ("response", "warning", 2),  # Annex V, para. 19 and step 5
        ("jpt", "", 2),  # Annex VI, para. 9
        ("response", "alert", 3),  # Annex V, step 5: alerts below early warnings
        ("other", "", 4),
        ("other", "warning", 4),
    ],
)
def test_rank_follows_the_purpose(kind: str, case_class: str, rank: int) -> None:
    """EW-19."""
    assert rank_of(kind, case_class) == rank


def test_list_is_sorted_as_the_rule_ranks(bambari: Office, officer: Person) -> None:
    """EW-19: database and rule agree; what needs it first stands first; the class of today counts; answered last."""
    warning = make_case(bambari, officer, CaseState.CLASSED)
    alert = make_case(bambari, officer)
    asked: list[Any] = [("other", None), ("response", alert), ("jpt", None), ("response", warning), ("casevac", None)]
    for index, (kind, case) in enumerate(asked):
        ask_for_resources(
            bambari.mission,
            kind=kind,
            what=kind,
            needed_at=SOON - timedelta(hours=index),
            by=officer,
            case=case,
            now=NOW,
        )
    rows = list(ranked(ResourceRequest.objects.all()))
    assert [(one.kind, one.rank) for one in rows] == [  # type: ignore[attr-defined]
        ("casevac", 1), ("response", 2), ("jpt", 2), ("response", 3), ("other", 4),
    ]  # fmt: skip
    assert all(one.rank == rank_of(one.kind, one.case.case_class if one.case else "") for one in rows)  # type: ignore[attr-defined]
    WarningCase.objects.filter(pk=alert.pk).update(is_triangulated=True, case_class="warning")
    assert [one.rank for one in ranked(ResourceRequest.objects.all())] == [1, 2, 2, 2, 4]  # type: ignore[attr-defined]
    withdraw_request(rows[0], by=officer, now=NOW)
    assert [one.kind for one in ranked(ResourceRequest.objects.all())][-1] == "casevac"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "nothing"}, "kind"),
        ({"what": "  "}, "what"),
        ({"needed_at": NOW - timedelta(minutes=1)}, "needed_at"),
        ({"kind": "response"}, "case"),
    ],
)
def test_asking_is_refused_at_the_field(bambari: Office, officer: Person, change: dict[str, Any], field: str) -> None:
    """EW-19."""
    given: dict[str, Any] = {"kind": "jpt", "what": "Two cars", "needed_at": SOON, "by": officer, "now": NOW}
    with pytest.raises(RuleError) as refused:
        ask_for_resources(bambari.mission, **{**given, **change})
    assert (refused.value.field, ResourceRequest.objects.count()) == (field, 0)


def test_answer_is_given_once_in_words_and_told(
    bambari: Office, officer: Person, support: Person, colleague: Person, scpi: Person
) -> None:
    """EW-19: by mission support alone; the second answer is refused; asker and support are told; events kept."""
    case = make_case(bambari, officer, CaseState.CLASSED, marking=Marking.CONFIDENTIAL)
    one = ask_for_resources(
        bambari.mission, kind="response", what="A helicopter", needed_at=SOON, by=officer, case=case, now=NOW
    )
    assert (one.office, one.marking) == (bambari, Marking.CONFIDENTIAL)
    with pytest.raises(Forbidden):
        answer_request(one, granted=True, answer="Yes", by=colleague, now=NOW)
    with pytest.raises(RuleError, match="Say why"):
        answer_request(one, granted=False, answer=" ", by=support, now=NOW)
    answer_request(one, granted=True, answer="From noon", by=support, now=NOW)
    for act in (
        lambda: answer_request(one, granted=False, answer="No", by=support, now=NOW),
        lambda: withdraw_request(one, by=officer, now=NOW),
    ):
        with pytest.raises(Conflict):
            act()
    told = list(Notice.objects.order_by("pk").values_list("person__username", "text"))
    assert told == [
        ("support", "RR-001: means are asked for, rank 2. Grant or refuse it."),
        ("officer", "RR-001: your request was granted."),
    ]
    verbs = AuditEvent.objects.filter(object_ref="RR-001").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["asked for means", "granted means"]
    with pytest.raises(Forbidden):
        ask_for_resources(bambari.mission, kind="jpt", what="Cars", needed_at=SOON, by=scpi, now=NOW)


def test_pages_from_asking_to_refusal(bambari: Office, officer: Person, support: Person) -> None:
    """EW-19: panel of the case, form, rank in words, desk of mission support, answer, filters."""
    case = make_case(bambari, officer, CaseState.CLASSED)
    client, desk = as_person(officer), as_person(support)
    assert f"/requests/new/?case={case.pk}" in client.get(f"/alerts/{case.pk}/").content.decode()
    form = client.get(f"/requests/new/?case={case.pk}").content.decode()
    assert f'<option value="{case.pk}" selected>' in form
    data = {"kind": "response", "case": case.pk, "what": "Fuel for two cars", "needed_at": "2021-01-02T10:00"}
    bad = client.post("/requests/new/", {**data, "case": ""})
    assert (bad.status_code, "Fuel for two cars" in bad.content.decode()) == (422, True)
    for _turn in range(2):
        client.post("/requests/new/", {**data, "once": "token-1"})
    one = ResourceRequest.objects.get()
    assert "RR-001" in client.get(f"/alerts/{case.pk}/").content.decode()
    page = desk.get("/requests/?state=asked").content.decode()
    assert "second: response to an early warning, or Joint Protection Team" in page
    assert "1 request for means waits" in desk.get("/").content.decode()
    assert "request for means waits" not in client.get("/").content.decode()
    assert "No request matches" in desk.get("/requests/?kind=medevac").content.decode()
    url = f"/requests/{one.pk}/answer/"
    assert client.post(url, {"act": "grant", "answer": "Me"}).status_code == 403
    assert desk.post(url, {"act": "refuse", "answer": ""}).status_code == 422
    assert desk.post(url, {"act": "refuse", "answer": "No fuel before Monday"}).status_code == 302
    assert "No fuel before Monday" in client.get(f"/requests/{one.pk}/").content.decode()
    assert client.post(f"/requests/{one.pk}/withdraw/").status_code == 409


def test_requests_are_seen_in_reach_alone(
    bambari: Office, bria: Office, officer: Person, adviser: Person, stranger: Person, django_assert_num_queries: Any
) -> None:
    """EW-19: own branch and clearance; queries do not grow."""
    hidden = ask_for_resources(
        bria.mission, kind="jpt", what="Bria cars", needed_at=SOON, by=adviser, office=bria, now=NOW
    )
    client = as_person(officer)
    ask_for_resources(bambari.mission, kind="jpt", what="Own cars", needed_at=SOON, by=officer, now=NOW)
    page = client.get("/requests/").content.decode()
    assert ("Own cars" in page, "Bria cars" in page) == (True, False)
    assert client.get(f"/requests/{hidden.pk}/").status_code == 404
    assert as_person(stranger).get(f"/requests/{hidden.pk}/").status_code == 404
    with django_assert_num_queries(7):
        client.get("/requests/")
    case = make_case(bambari, officer)
    for _number in range(2):
        ask_for_resources(bambari.mission, kind="response", what="More", needed_at=SOON, by=officer, case=case, now=NOW)
    with django_assert_num_queries(7):
        client.get("/requests/")
    ResourceRequest.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert "Own cars" not in client.get("/requests/").content.decode()
