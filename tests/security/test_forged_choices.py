"""The answer to a conflict page, forged: values of every type in every field are refused in words."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import signing
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from coordination import services as forums
from coordination.mechanisms import services as mechanisms
from coordination.sharing import contacts
from coordination.sharing import services as sharing
from pocweb.errors import RuleError
from pocweb.pages import chosen_values, raw
from reporting.views import sections
from strategy import services as activities
from tests.access_world import World, make_world
from threats.services import lessons, presences
from threats.services.incident_values import NAMES as INCIDENT_NAMES
from threats.views import actors, incident_acts, matrix, protection_actors, trigger_acts, watch_acts

pytestmark = pytest.mark.once

VALUES = ({"a": 1},)
TEXTS = ("", "zz", "x" * 5000)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_the_page_did_not_sign_is_refused_and_what_it_signed_comes_back(value: Any) -> None:
    """A value comes back as it went out, for its own field alone; everything else is a refusal in words."""
    carried = raw("areas", value, ())
    asked: dict[str, Any] = {"names": ["areas", "name"], "texts": ["name"]}
    assert chosen_values({"choice_areas": "mine", "mine_areas": carried}, **asked) == {"areas": value}
    for forged in (json.dumps(value), carried[:-1], signing.dumps(["areas", value]), raw("groups", value, ())):
        for choice in ("mine", "both"):
            with pytest.raises(RuleError, match="cannot be read"):
                chosen_values({"choice_areas": choice, f"{choice}_areas": forged}, **asked)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def pages(records: SimpleNamespace) -> dict[str, tuple[str, Any, Any]]:
    """Return address, fields and texts of each page that puts a conflict before people."""
    r = records
    return {
        "matrix cell": (f"/matrix/BAMBARI/rows/{r.threat.pk}/capacity/", matrix.GUARDED, matrix.TEXTS),
        "threat": (f"/threats/{r.threat.pk}/edit/", matrix.GUARDED, matrix.TEXTS),
        "incident": (f"/incidents/{r.incident.pk}/edit/", INCIDENT_NAMES, incident_acts.TEXTS),
        "actor": (f"/actors/{r.actor.pk}/edit/", actors.EDITABLE, actors.TEXTS),
        "protection actor": (
            f"/protection-actors/{r.protection_actor.pk}/edit/", protection_actors.EDITABLE, protection_actors.TEXTS,
        ),
        "presence": (f"/presences/{r.presence.pk}/edit/", presences.EDITABLE, presences.TEXTS),
        "trigger": (
            f"/calendar/{r.trigger.pk}/edit/", trigger_acts.EDITABLE, (*trigger_acts.TEXTS, "kind", "action_owner"),
        ),
        "baseline": ("/watch/1/baseline/", watch_acts.GUARDED, watch_acts.TEXTS),
        "lesson": ("/matrix/BAMBARI/outcomes/2020-Q3/lesson/", lessons.EDITABLE, lessons.TEXTS),
        "activity": (f"/activities/{r.activity.pk}/edit/", activities.EDITABLE, activities.TEXT_FIELDS),
        "forum": (f"/forums/{r.forum.pk}/edit/", forums.EDITABLE, forums.TEXTS),
        "mechanism": (f"/mechanisms/{r.mechanism.pk}/edit/", mechanisms.EDITABLE, mechanisms.TEXTS),
        "contact": (f"/contacts/{r.contact.pk}/edit/", contacts.EDITABLE, contacts.TEXTS),
        "agreement": (f"/agreements/{r.agreement.pk}/edit/", sharing.EDITABLE, sharing.TEXTS),
        "report section": (
            f"/reports/{r.report.pk}/sections/I.a/", sections.SECTION_FIELDS, sections.SECTION_TEXTS,
        ),
        "report head": (f"/reports/{r.report.pk}/head/", sections.HEAD_FIELDS, sections.HEAD_TEXTS),
    }  # fmt: skip


def test_forged_answers_are_refused_and_store_nothing(world: World) -> None:
    """Each field of each page that puts a conflict before people: JSON without our signature, texts of any kind."""
    client = Client(raise_request_exception=False)
    client.force_login(world.people_at_hq["POCA"])
    broken, taken = [], []
    for label, (url, names, texts) in pages(world.records).items():
        assert client.get(url).status_code == 200, label
        for name in names:
            for text in TEXTS if name in texts else map(json.dumps, VALUES):
                with transaction.atomic():
                    sent = {"based_on": "1", f"choice_{name}": "mine", f"mine_{name}": text}
                    status = client.post(url, sent).status_code
                    transaction.set_rollback(True)
                if status >= 500:
                    broken.append((label, name, text[:20], status))
                elif name not in texts and status < 400:
                    taken.append((label, name, text, status))
    assert {"broken": broken, "taken": taken} == {"broken": [], "taken": []}
