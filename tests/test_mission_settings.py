"""Settings of a mission: who may, what is refused, two people at once, the page with its sources."""

import re
from typing import Any

import pytest
from django.test import Client

from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import Forbidden, RuleError
from pocweb.mission_settings import SettingsConflict, set_mission, values_of
from pocweb.models import Mission, Person


def test_settings_are_stored_audited_and_merged(mission: Mission, administrator: Person, adviser: Person) -> None:
    """Two who change different values both succeed; the same values again are no act."""
    base = values_of(mission)
    for _turn in range(2):
        set_mission(mission, values={**base, "blind_days": 21}, base=base, by=administrator)
    stored = set_mission(mission, values={**base, "report_signatory": "Deputy Head"}, base=base, by=adviser)
    assert values_of(stored) == {**base, "blind_days": 21, "report_signatory": "Deputy Head"}
    assert [(event.actor, event.changes) for event in history_of(mission)] == [
        (adviser, {"report_signatory": ["Head of Mission", "Deputy Head"]}),
        (administrator, {"blind_days": [30, 21]}),
    ]
    with pytest.raises(SettingsConflict) as refused:
        set_mission(mission, values={**base, "blind_days": 45, "review_days": 7}, base=base, by=adviser)
    assert (refused.value.fields, refused.value.theirs["blind_days"]) == (["blind_days"], 21)
    assert values_of(Mission.objects.get(pk=mission.pk))["review_days"] == 31


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("blind_days", 0),
        ("blind_days", 367),
        ("review_days", 0),
        ("default_marking", 4),
        ("default_marking", int(Marking.STRICTLY_CONFIDENTIAL)),
        ("report_signatory", ""),
        ("report_addressee", "x" * 201),
    ],
)
def test_refused_at_the_field(mission: Mission, administrator: Person, name: str, value: Any) -> None:
    Person.objects.filter(pk=administrator.pk).update(clearance=Marking.CONFIDENTIAL)
    base = values_of(mission)
    by = Person.objects.get(pk=administrator.pk)
    with pytest.raises(RuleError) as refused:
        set_mission(mission, values={**base, "blind_days": 9, name: value}, base=base, by=by)
    assert refused.value.field == name
    assert values_of(Mission.objects.get(pk=mission.pk)) == base


def test_only_who_keeps_the_mandate_of_this_mission(mission: Mission, officer: Person, stranger: Person) -> None:
    base = values_of(mission)
    for person in (officer, stranger):
        with pytest.raises(Forbidden):
            set_mission(mission, values={**base, "blind_days": 9}, base=base, by=person)
    assert not history_of(mission).exists()


def test_page_explains_refuses_and_compares(
    client: Client, mission: Mission, administrator: Person, adviser: Person
) -> None:
    """Under the account menu; each value with its source; the second of two sees the other's value and decides."""
    client.force_login(adviser)
    page = client.get("/settings/").text
    assert 'href="/settings/"' in client.get("/").text
    assert all(words in page for words in ("30 is this application", "5.1", "ST/SGB/2007/6", "The line TO"))
    found = re.search(r'name="based_on" value="([^"]+)"', page)
    assert found
    data = {**values_of(mission), "based_on": found[1], "blind_days": 45}
    refused = client.post("/settings/", {**data, "review_days": 0})
    assert (refused.status_code, 'id="id_review_days_error"' in refused.text) == (422, True)
    base = values_of(mission)
    set_mission(mission, values={**base, "blind_days": 21, "review_days": 7}, base=base, by=administrator)
    answer = client.post("/settings/", data)
    assert (answer.status_code, "set this meanwhile: 21" in answer.text) == (409, True)
    assert all(f'value="{value}"' in answer.text for value in (45, 7))
    again = re.search(r'name="based_on" value="([^"]+)"', answer.text)
    assert again
    assert client.post("/settings/", {**data, "review_days": 7, "based_on": again[1]}).url == "/settings/"
    stored = values_of(Mission.objects.get(pk=mission.pk))
    assert (stored["blind_days"], stored["review_days"]) == (45, 7)
    assert "Days after which an area is blind" in client.get("/settings/").text
