"""TH-12: pages, files and API of the atrocity watch and the trigger calendar."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pocweb import desk
from pocweb.choices import Marking
from pocweb.models import Area, Mission, Office, Person
from tests.factories.mission import make_office
from tests.factories.threats_threat import load_reference
from tests.factories.threats_watch import NOW, make_reading, make_trigger, make_watch
from threats.desk_watch import coming_triggers
from threats.models import FactorReading, FactorWatch, TriggerEvent
from threats.services.triggers import call_off_trigger, edit_trigger
from threats.triggers import concerns

STRICT = Marking.STRICTLY_CONFIDENTIAL
READING = {"read_on": "2020-12-20", "level": "3", "evidence": "Leaflets in town", "marking": "2", "signs": ["speech"]}
EVENT = {
    "kind": "annual",
    "title": "Cattle fair",
    "starts_on": "2021-02-10",
    "watch_from": "2021-01-25",
    "marking": "2",
    "areas": ["CF42"],
    "once": "a",
}


@pytest.fixture(autouse=True)
def reference(db: None) -> None:
    load_reference()


@pytest.fixture
def watch(mission: Mission, adviser: Person) -> FactorWatch:
    return make_watch(mission, adviser, 7)


def of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def strict(person: Person) -> Person:
    Person.objects.filter(pk=person.pk).update(clearance=STRICT)
    return Person.objects.get(pk=person.pk)


def text_of(client: Client, name: str, **kwargs: Any) -> str:
    answer = client.get(reverse(f"threats:{name}", kwargs=kwargs))
    assert answer.status_code == 200
    return answer.content.decode()


def test_board_tells_above_risen_stale_and_not_judged(watch: FactorWatch, adviser: Person, officer: Person) -> None:
    """TH-12: the sentence counts; a factor not read for longer than the review period is stale; others are told."""
    make_reading(watch, officer, "2020-12-20", 3)
    make_watch(watch.mission, adviser, 2)
    text = text_of(of(officer), "watch")

    assert "1 of 14 factors stands above its baseline; 1 rose since 30 September." in text
    assert "1 factor was read more than 31 days ago." in text
    assert "12 factors are not judged yet" in text
    assert "rose since 30 Sep" in text


def test_board_as_of_an_earlier_day(watch: FactorWatch, officer: Person) -> None:
    """TH-12: the link of a report's figure shows the board of that day."""
    make_reading(watch, officer, "2020-12-20", 3)
    answer = of(officer).get(reverse("threats:watch") + "?on=2020-11-30")

    assert "0 of 14 factors stand above their baseline" in answer.content.decode()
    assert "As of 30 November 2020" in answer.content.decode()


def test_strict_reading_leaks_nowhere(watch: FactorWatch, adviser: Person, officer: Person) -> None:
    """TH-12: board, factor page, both sheets and the API show a reader what they are cleared for, level included."""
    make_reading(watch, strict(adviser), "2020-12-20", 3, marking=STRICT, evidence="Secret words")
    hidden, whole = of(officer), of(strict(adviser))
    addresses = [
        reverse("threats:watch"),
        reverse("threats:factor-detail", args=[7]),
        reverse("threats:watch-export", args=["csv"]),
        reverse("threats:watch-export", args=["csv"]) + "?of=readings",
        reverse("api-watch-detail", args=["7"]),
    ]
    for address in addresses:
        seen, full = (client.get(address).content.decode() for client in (hidden, whole))
        assert "Secret words" not in seen, address
        assert "Strong and spreading" not in seen.replace("<span>Strong and spreading</span>", ""), address
        assert "20 Dec 2020" not in seen, address
        assert seen != full, address
    assert hidden.get(reverse("api-watch-detail", args=["7"])).json()["level"] == 1
    assert whole.get(reverse("api-watch-detail", args=["7"])).json()["level"] == 3


def test_stranger_sees_an_empty_board(watch: FactorWatch, stranger: Person, bambari: Office, officer: Person) -> None:
    """TH-12: another mission's watch and calendar are not there."""
    trigger = make_trigger(bambari, officer)
    client = of(stranger)

    assert "14 factors are not judged yet" in text_of(client, "watch")
    assert "Elections" not in text_of(client, "trigger-list")
    assert client.get(reverse("threats:trigger-detail", args=[trigger.pk])).status_code == 404


def test_reading_is_stored_once_by_a_double_click(watch: FactorWatch, officer: Person) -> None:
    client, address = of(officer), reverse("threats:factor-read", args=[7])
    answers = [client.post(address, {**READING, "once": "x"}) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert FactorReading.objects.get().signs == ["speech"]


def test_refused_reading_keeps_what_was_typed(watch: FactorWatch, officer: Person) -> None:
    """TH-12: a day in the future is refused at its field; the text stays."""
    answer = of(officer).post(reverse("threats:factor-read", args=[7]), {**READING, "read_on": "2021-01-01"})

    assert answer.status_code == 422
    assert "This day has not come yet." in answer.content.decode()
    assert "Leaflets in town" in answer.content.decode()
    assert not FactorReading.objects.exists()


def test_baseline_is_set_on_the_page_and_edited_under_the_guard(mission: Mission, adviser: Person) -> None:
    """TH-12: first judgment, then a second person's text meets a conflict page and can be chosen."""
    client, address = of(adviser), reverse("threats:factor-baseline", args=[3])
    given = {
        "is_relevant": "yes",
        "baseline_level": "1",
        "baseline_on": "2020-10-01",
        "baseline": "Usual",
        "marking": "2",
    }
    assert client.post(address, given).status_code == 302
    assert client.post(address, {**given, "who": "Herders", "based_on": "1"}).status_code == 302
    clash = client.post(address, {**given, "who": "Traders", "based_on": "1"})
    assert (clash.status_code, "Herders" in clash.content.decode()) == (409, True)
    chosen = {"based_on": "2", "choice_who": "mine", "mine_who": "Traders"}
    assert client.post(address, chosen).status_code == 302

    assert FactorWatch.objects.get().who == "Traders"


def test_event_is_added_once_and_shown_in_its_month(officer: Person, ouaka: Area) -> None:
    """TH-12: an empty last day is the first one; a double click adds one event."""
    client = of(officer)
    for _time in range(2):
        assert client.post(reverse("threats:trigger-create"), EVENT).status_code == 302
    trigger = TriggerEvent.objects.get()

    assert trigger.ends_on == date(2021, 2, 10)
    text = text_of(client, "trigger-list")
    assert "February 2021" in text
    assert "coming, 41 days left" in text


def test_event_with_wrong_days_is_refused_at_the_field(officer: Person, ouaka: Area) -> None:
    answer = of(officer).post(reverse("threats:trigger-create"), {**EVENT, "watch_from": "2021-02-11"})

    assert answer.status_code == 422
    assert "The watch begins after the event." in answer.content.decode()
    assert "Cattle fair" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "refs"),
    [
        pytest.param("", {"C-001", "C-002", "C-003"}, id="TH-12 all"),
        pytest.param("?kind=election", {"C-001"}, id="TH-12 by kind"),
        pytest.param("?area=CF42", {"C-002"}, id="TH-12 by area"),
        pytest.param("?start=2021-02-01&months=1", {"C-002"}, id="TH-12 by period"),
        pytest.param("?start=2021-06-01&months=3", set(), id="TH-12 nothing then"),
        pytest.param("?start=never&kind=none", {"C-001", "C-002", "C-003"}, id="TH-12 a wrong filter shows all"),
    ],
)
def test_calendar_filters(
    bambari: Office, officer: Person, ouaka: Area, haute_kotto: Area, query: str, refs: set[str]
) -> None:
    make_trigger(bambari, officer)
    make_trigger(
        bambari, officer, kind="annual", title="Fair", starts_on="2021-02-10", ends_on="2021-02-10", areas=["CF42"]
    )
    make_trigger(bambari, officer, kind="season", starts_on="2021-03-01", ends_on="2021-04-01", areas=["CF52"])
    text = of(officer).get(reverse("threats:trigger-list") + query).content.decode()

    assert {ref for ref in ("C-001", "C-002", "C-003") if ref in text} == refs


def test_calendar_files_hold_what_the_reader_may_see(bambari: Office, officer: Person, adviser: Person) -> None:
    """TH-12: iCalendar says reference, kind and days alone; CSV has HXL tags; a strict event is in neither."""
    make_trigger(bambari, officer, title="Secret title", planned_action="Secret plan", ends_on="2020-12-28")
    make_trigger(bambari, strict(adviser), marking=STRICT, title="Above")
    client = of(officer)
    ics = client.get(reverse("threats:trigger-export", args=["ics"])).content.decode()
    sheet = client.get(reverse("threats:trigger-export", args=["csv"])).content.decode()

    assert ics.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:C-001 Census or election\r\n" in ics
    assert "DTSTART;VALUE=DATE:20201227\r\nDTEND;VALUE=DATE:20201229\r\n" in ics
    assert "Secret" not in ics
    assert "#event+code" in sheet
    assert ("Secret plan" in sheet, "Above" in sheet) == (True, False)


def test_effect_page_writes_and_keeps(bambari: Office, officer: Person) -> None:
    """TH-12: the prompt on list and page goes once the effect is written."""
    trigger = make_trigger(bambari, officer)
    client = of(officer)
    assert "nobody has written down what it did" in text_of(client, "trigger-detail", pk=trigger.pk)
    sent = {"past_effect": "Roads were closed.", "based_on": "1"}
    assert client.post(reverse("threats:trigger-effect", args=[trigger.pk]), sent).status_code == 302

    text = text_of(client, "trigger-detail", pk=trigger.pk)
    assert "nobody has written down what it did" not in text
    assert "Roads were closed." in text


def test_desk_reminds_those_concerned(bambari: Office, bria: Office, officer: Person, adviser: Person) -> None:
    """TH-12: a watch that has begun stands on the desks of its area's office, of headquarters, and of who acts."""
    coming = {"starts_on": "2021-01-10", "ends_on": "2021-01-10", "watch_from": "2020-12-15"}
    make_trigger(bria, adviser, title="In Bria", areas=["CF52"], **coming)
    mine = make_trigger(bria, adviser, title="Mine", areas=["CF52"], action_owner="officer", **coming)
    make_trigger(bambari, officer, title="Later", starts_on="2021-03-01", ends_on="2021-03-01", watch_from="2021-02-01")
    off = make_trigger(bambari, officer, title="Off", **coming)
    call_off_trigger(off, reason="Postponed", by=officer, now=NOW)

    def titles(person: Person) -> list[str]:
        content = coming_triggers(desk.Visit(Person.objects.get(pk=person.pk), bria.mission, NOW))
        return [item.text for item in content.items] if content else []

    assert titles(adviser) == ["C-001 In Bria", str(mine)]
    assert titles(officer) == [str(mine)]


def test_pages_cost_the_same_with_more_rows(
    watch: FactorWatch, bambari: Office, officer: Person, ouaka: Area, haute_kotto: Area
) -> None:
    """TH-12: queries do not grow with readings, places or events, and stay within the limit of a list."""
    client = of(officer)
    names = (("watch", {}), ("factor-detail", {"number": 7}), ("trigger-list", {}))

    def costs() -> list[int]:
        found = []
        for name, kwargs in names:
            with CaptureQueriesContext(connection) as queries:
                text_of(client, name, **kwargs)
            found.append(len(queries))
        return found

    make_reading(watch, officer, "2020-12-01", 2, area="CF42")
    make_trigger(bambari, officer, areas=["CF42"], groups=["women"])
    client.get("/watch/")
    first = costs()
    for day in range(2, 6):
        make_reading(watch, officer, f"2020-12-0{day}", 2, area="CF52" if day % 2 else "CF42")
        make_trigger(bambari, officer, areas=["CF42", "CF52"], groups=["women"], action_owner="officer")
    assert costs() == first
    assert max(first) <= 14


def test_api_adds_a_reading_and_edits_an_event(watch: FactorWatch, bambari: Office, officer: Person) -> None:
    """TH-12: the API goes through the same services and refuses alike."""
    client = of(officer)
    address = reverse("api-watch-readings", args=["7"])
    made = client.post(address, {"read_on": "2020-12-20", "level": 2, "evidence": "Seen"}, "application/json")
    late = client.post(address, {"read_on": "2021-01-20", "level": 2, "evidence": "Seen"}, "application/json")
    assert (made.status_code, late.status_code, late.json()["field"]) == (201, 400, "read_on")

    trigger = make_trigger(bambari, officer)
    edit_trigger(trigger, changes={"planned_action": "A"}, based_on=1, by=officer, now=NOW)
    one = reverse("api-trigger-detail", args=[trigger.pk])
    clash = client.patch(one, {"planned_action": "B", "based_on": 1}, "application/json")
    saved = client.patch(one, {"planned_action": "B", "based_on": 2}, "application/json")
    assert (clash.status_code, saved.status_code, saved.json()["planned_action"]) == (409, 200, "B")


def test_office_below_is_concerned_by_what_its_area_holds(bambari: Office, officer: Person, ouaka: Area) -> None:
    """TH-12: an event of a prefecture concerns the base of a sub-prefecture in it."""
    base = make_office(bambari.mission, "IPPY", bambari)
    trigger = make_trigger(bambari, officer, areas=["CF42"])

    assert concerns(trigger, base, [f"{ouaka.path}0001"])
    assert not concerns(trigger, base, [])
