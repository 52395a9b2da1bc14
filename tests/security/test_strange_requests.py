"""Whatever stands in the address of a list, the answer is a page or a refusal in words, never a server's error."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from tests.access_world import World, make_world

pytestmark = pytest.mark.once

PLACES: dict[str, tuple[str, ...]] = {
    "/matrix/HQ/": ("drafts", "status", "live", "risk", "priority", "q", "area", "actor", "page"),
    "/matrix/HQ/gaps/": ("by", "kind", "priority", "tier", "office", "page"),
    "/matrix/HQ/leadership/": ("drafts",),
    "/matrix/HQ/response/": ("drafts", "component"),
    "/matrix/HQ/outcomes/": ("period", "alone"),
    "/matrix/HQ/outcomes/export.csv": ("period",),
    "/matrix/HQ/quality/": ("check", "page"),
    "/matrix/BAMBARI/changes/": ("of", "group"),
    "/matrix/BAMBARI/editions/": ("page", "before", "after"),
    "/matrix/BAMBARI/editions/new/": ("period",),
    "/matrix/BAMBARI/offline/": ("page",),
    "/hotspots/": ("level", "period", "measure", "actor", "page", "all"),
    "/hotspots/export.csv": ("level", "period", "measure", "actor"),
    "/presences/": ("kind", "area", "office", "from", "to", "page"),
    "/presences/new/": ("area", "kind", "next"),
    "/watch/": ("on",),
    "/watch/export/csv/": ("of",),
    "/calendar/": ("start", "months", "kind", "area"),
    "/calendar/export/ics/": ("start", "months", "kind", "area"),
    "/calendar/new/": ("next", "kind", "area"),
    "/words/": ("q",),
    "/protection-actors/": ("q", "kind", "page"),
    "/actors/": ("q", "source", "page"),
    "/incidents/": ("q", "area", "actor", "from", "to", "threat", "office", "page", "verification"),
    "/activities/": ("q", "threat", "office", "status", "tier", "phase", "component", "owner", "page"),
    "/activities/new/": ("threat", "phase", "tier", "next"),
    "/threats/new/": ("office", "areas", "areas_find", "next"),
    "/alerts/": (
        "state",
        "branch",
        "mine",
        "office",
        "case_class",
        "priority",
        "act",
        "start",
        "end",
        "area",
        "q",
        "page",
    ),
    "/alerts/matrix/": (
        "show",
        "office",
        "branch",
        "kind",
        "outcome",
        "since",
        "until",
        "clock",
        "is",
        "alone",
        "page",
        "indicator",
        "part",
    ),
    "/alerts/sage.csv": ("show", "since", "until"),
    "/alerts/clock/": ("office", "since", "until", "measure", "branch"),
    "/alerts/clock/export.csv": ("office", "since", "until", "measure", "branch"),
    "/alerts/indicators/": ("office", "since", "until"),
    "/alerts/indicators/networks/": ("office", "page"),
    "/alerts/recipients/": ("step",),
    "/flashes/": ("kind", "office", "first", "last", "page"),
    "/requests/": ("state", "kind", "office", "page"),
    "/requests/new/": ("case",),
    "/communities/gaps/": ("kind", "office", "page"),
    "/networks/": ("state", "office", "area", "q", "sort", "page"),
    "/networks/new/": ("area", "base", "office", "next"),
    "/assistants/": ("office", "area", "q", "sort", "page"),
    "/assistants/new/": ("office", "base", "area", "next"),
    "/pcia/": ("page",),
    "/pcia/new/": ("office", "year", "next"),
    "/community-plans/": ("year", "semester", "state", "office", "q", "page"),
    "/community-plans/new/": ("area", "next"),
    "/local-plans/": ("forum", "state", "page"),
    "/engagements/": ("q", "area", "office", "from", "to", "purpose", "sort", "page"),
    "/engagements/figures/": ("area", "office", "from", "to", "purpose"),
    "/engagements/new/": ("area", "next"),
    "/reprisals/": ("state", "page"),
    "/reprisals/filed/": ("n",),
    "/api/v1/cases/": ("state", "priority", "office", "open", "received_from", "received_until", "page"),
    "/api/v1/flashes/": ("kind", "page"),
    "/api/v1/networks/": ("state", "page"),
    "/api/v1/gaps/": ("kind", "priority", "tier", "office", "page"),
    "/api/v1/presences/": ("kind", "page"),
    "/api/v1/triggers/": ("kind", "is_yearly", "page"),
    "/api/v1/incidents/": ("area", "from", "to", "page"),
    "/api/v1/threats/": ("office", "status", "page"),
}
TELLING = (
    "", "0", "-1", "1", "²", "9" * 30, "9" * 5000, "1e9", "NaN", "2020-12-31", "0001-01-01", "9999-12-31", "0001-Q1",
    "9999-Q4", "0000-Q1", "2020-Q3", "2020-13-45", "\x00", "a\x00b", "%", "_", "'", '"><b>', "{{ 7 }}", "\ud800",
    "\u202e", "é", "T-001", "T-²", "BAMBARI", "CF43", "election", "//host", "../..", "draft", "x" * 3_000,
)  # fmt: skip
WORDS = st.sampled_from(TELLING) | st.text(max_size=30)
ASKED = st.sampled_from(sorted(PLACES)).flatmap(
    lambda url: st.tuples(st.just(url), st.dictionaries(st.sampled_from(PLACES[url]), WORDS, max_size=4))
)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for all requests of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def client(world: World) -> Client:
    """The POC Adviser's browser; a server's error is an answer like any other."""
    client = Client(raise_request_exception=False)
    client.force_login(world.people_at_hq["POCA"])
    return client


def status(client: Client, method: str, url: str, data: dict[str, Any], **more: Any) -> int:
    """Return the status of an answer, whatever it did undone."""
    with transaction.atomic():
        answer = getattr(client, method)(url, data, **more)
        if getattr(answer, "streaming", False):
            answer.getvalue()
        transaction.set_rollback(True)
    return int(answer.status_code)


def _parts(url: str, word: str) -> dict[str, bytes]:
    return {name: word.encode("utf-8", "surrogatepass") for name in PLACES[url]}


@pytest.mark.parametrize("url", sorted(PLACES))
def test_no_telling_value_of_a_list_breaks_it(url: str, client: Client) -> None:
    """Each of the values that break programs, in all parts of the address at once."""
    broken = [word[:20] for word in TELLING if status(client, "get", url, _parts(url, word)) >= 500]
    assert broken == []


@given(asked=ASKED)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_mixture_of_values_breaks_a_list(asked: tuple[str, dict[str, str]], client: Client) -> None:
    url, query = asked
    sent = {name: word.encode("utf-8", "surrogatepass") for name, word in query.items()}
    assert status(client, "get", url, sent) < 500
