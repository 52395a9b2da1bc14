"""TH-08: the register of presences: rules, service, guard, audit, field list."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.fieldlist import Face
from pocweb.guard import EditConflict
from pocweb.models import Mission, Office, Person
from tests.factories.threats_presence import make_presence
from threats.choices import PresenceKind
from threats.fieldlists.presence import PRESENCE
from threats.forms.presences import PresenceForm
from threats.models import Presence
from threats.rules.presence import check_days, check_end
from threats.services.presences import EDITABLE, add_presence, edit_presence, end_presence, plain_presence

TODAY = date(2020, 12, 31)
NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)
PATROL: dict[str, Any] = {"kind": "patrol", "area": "CF42", "office": "BAMBARI", "starts_on": "2020-12-20"}


@pytest.mark.parametrize(
    ("kind", "first", "last", "kept"),
    [
        (PresenceKind.PATROL, date(2020, 12, 20), None, date(2020, 12, 20)),  # an open patrol would see for ever
        (PresenceKind.VISIT, TODAY, None, TODAY),
        (PresenceKind.PATROL, date(2020, 12, 20), date(2020, 12, 22), date(2020, 12, 22)),
        (PresenceKind.BASE, date(2020, 12, 20), None, None),
        (PresenceKind.LIAISON, date(2020, 12, 20), None, None),
        (PresenceKind.NETWORK, date(2020, 12, 20), date(2020, 12, 20), date(2020, 12, 20)),
    ],
)
def test_last_day_of_a_presence(kind: str, first: date, last: date | None, kept: date | None) -> None:
    """TH-08: standing presences go on; a patrol or visit without a last day is of one day."""
    assert check_days(kind=kind, starts_on=first, ends_on=last, today=TODAY) == kept


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, None, "starts_on"),
        (date(2021, 1, 1), None, "starts_on"),
        (date(2020, 12, 20), date(2020, 12, 19), "ends_on"),
    ],
)
def test_impossible_days_are_refused_at_their_field(first: date | None, last: date | None, field: str) -> None:
    with pytest.raises(RuleError) as refused:
        check_days(kind="base", starts_on=first, ends_on=last, today=TODAY)

    assert refused.value.field == field


@pytest.mark.parametrize("ended_on", [None, date(2021, 1, 1), date(2020, 12, 19)])
def test_impossible_end_is_refused(ended_on: date | None) -> None:
    with pytest.raises(RuleError) as refused:
        check_end(starts_on=date(2020, 12, 20), ended_on=ended_on, today=TODAY)

    assert refused.value.field == "ended_on"


def test_presence_is_numbered_and_recorded(mission: Mission, officer: Person) -> None:
    """TH-08: P-001, with who wrote what in the trail; a second one counts on."""
    first = add_presence(mission, by=officer, now=NOW, **PATROL)
    second = add_presence(mission, by=officer, now=NOW, **PATROL)

    assert (first.ref, second.ref, first.ends_on) == ("P-001", "P-002", date(2020, 12, 20))
    [event] = history_of(first)
    assert (event.verb, event.actor, event.changes["area"]) == ("added", officer, [None, "CF42"])
    assert event.changes["ends_on"] == [None, "2020-12-20"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"area": "XX99"}, "area"),
        ({"area": ""}, "area"),
        ({"kind": "rumour"}, "kind"),
        ({"office": "NOWHERE"}, "office"),
        ({"starts_on": "20 December"}, "starts_on"),
        ({"starts_on": "2021-02-01"}, "starts_on"),
        ({"marking": 3}, "marking"),
        ({"place": "x" * 161}, "place"),
        ({"weather": "rain"}, "weather"),
    ],
)
def test_wrong_value_is_refused_and_nothing_stored(
    mission: Mission, officer: Person, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleError) as refused:
        add_presence(mission, by=officer, now=NOW, **{**PATROL, **change})

    assert refused.value.field == field
    assert not Presence.objects.exists()


def test_office_of_another_branch_is_refused(mission: Mission, officer: Person, bria: Office) -> None:
    with pytest.raises(Forbidden) as refused:
        add_presence(mission, by=officer, now=NOW, **{**PATROL, "office": "BRIA"})

    assert refused.value.field == "office"


def test_role_without_the_right_is_refused(mission: Mission, bambari: Office, head_of_mission: Person) -> None:
    """SML may look (V) and not write."""
    presence = make_presence(bambari)

    with pytest.raises(Forbidden):
        add_presence(mission, by=head_of_mission, now=NOW, **PATROL)
    with pytest.raises(Forbidden):
        edit_presence(presence, changes={"place": "Ippy"}, based_on=1, by=head_of_mission)
    with pytest.raises(Forbidden):
        end_presence(presence, ended_on=TODAY, by=head_of_mission)


def test_two_people_who_edit_different_fields_both_keep_their_text(officer: Person, colleague: Person) -> None:
    presence = make_presence(officer.office)  # type: ignore[arg-type]

    edit_presence(presence, changes={"place": "Ippy"}, based_on=1, by=officer, now=NOW)
    saved = edit_presence(presence, changes={"note": "By road"}, based_on=1, by=colleague, now=NOW)

    assert (saved.record.place, saved.record.note, saved.record.version) == ("Ippy", "By road", 3)
    with pytest.raises(EditConflict):
        edit_presence(presence, changes={"place": "Grimari"}, based_on=1, by=colleague, now=NOW)


def test_edit_moves_area_and_office_and_keeps_the_rules(
    officer: Person, adviser: Person, bria: Office, haute_kotto: Any
) -> None:
    presence = make_presence(officer.office)  # type: ignore[arg-type]

    saved = edit_presence(
        presence, changes={"area": "CF52", "office": "BRIA", "kind": "patrol"}, based_on=1, by=adviser, now=NOW
    )

    assert (saved.record.area, saved.record.office, saved.record.ends_on) == (haute_kotto, bria, date(2020, 12, 1))
    assert plain_presence(Presence.objects.get(pk=presence.pk))["area"] == "CF52"
    with pytest.raises(Forbidden):
        edit_presence(saved.record, changes={"place": "Bria"}, based_on=2, by=officer)


def test_presence_ends_once(officer: Person, colleague: Person) -> None:
    """TH-08: of two who end it the second is told who was first."""
    presence = make_presence(officer.office)  # type: ignore[arg-type]

    ended = end_presence(presence, ended_on=date(2020, 12, 24), by=officer, now=NOW)
    with pytest.raises(Conflict, match="Bellin"):
        end_presence(presence, ended_on=date(2020, 12, 25), by=colleague, now=NOW)

    assert (ended.ends_on, ended.version) == (date(2020, 12, 24), 2)
    assert history_of(presence)[0].changes == {"ends_on": [None, "2020-12-24"]}


def test_every_face_has_every_field(officer: Person, mission: Mission) -> None:
    """The form, the service and the field list hold the same fields."""
    form = PresenceForm(user=officer, mission=mission)

    assert set(form.fields) == set(EDITABLE) == set(PRESENCE.names(Face.FORM))
    assert {"ref", "area_name", *EDITABLE} == set(PRESENCE.names(Face.EXPORT)) == set(PRESENCE.names(Face.API))


def test_marking_above_the_reader_is_not_listed(officer: Person) -> None:
    presence = make_presence(officer.office, marking=Marking.STRICTLY_CONFIDENTIAL)  # type: ignore[arg-type]

    assert presence not in Presence.objects.visible_to(officer)
