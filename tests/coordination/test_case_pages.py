"""EW-01 to EW-07, EW-22: the pages of cases: intake, list, one case, its acts."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from coordination.models import CaseResponse, WarningCase
from coordination.warnings import services
from coordination.warnings.choices import Branch, CaseState
from pocweb.choices import Marking, Role
from pocweb.models import Area, Mission, Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.mission import make_area, make_person
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import load_reference, make_threat
from threats.models import Source, Threat

NOW = datetime(2020, 12, 31, 6, 10, tzinfo=UTC)
LIST, NEW = "/alerts/", "/alerts/new/"
REPORT = {
    "act": "attack", "place": "Kobadja, Grimari", "expected": "day", "threatening": "armed_group",
    "at_risk": ["women", "girls"], "people": "200", "text": "Women at the well were told to leave.",
    "channel": "network", "received_at": "2020-12-31T00:00", "marking": "2", "once": "a",
}  # fmt: skip


@pytest.fixture
def joc(bambari: Office) -> Person:
    return make_person("joc", Role.JOC, bambari, "poc", first_name="J.", last_name="Ilunga")


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def cost(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_intake_is_light(colleague: Person, joc: Person, ouaka: Area) -> None:
    """EW-01: page, sheet, script and icon of a first visit weigh less than 20 kB; the page itself does uncompressed."""
    for number in range(90):
        make_area(f"CF42{number:02}", f"Place number {number:02}", 2, Area.objects.get(pk=ouaka.pk))
    page = client_of(colleague).get(NEW).content
    static = settings.BASE_DIR / "static"
    linked = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page.decode()))
    assert linked == {"css/pocweb.css", "js/pocweb.js", "favicon.svg"}
    files = [page, *(Path(static / name).read_bytes() for name in linked)]
    assert len(page) < 20_000
    assert sum(len(gzip.compress(one, 9)) for one in files) < 20_000
    assert page.count(b"<option value=") < 70


def test_report_is_sent_once_and_says_to_whom_it_went(
    mission: Mission, ouaka: Area, colleague: Person, joc: Person, head_of_office: Person
) -> None:
    """EW-01: one post; the words of the place are matched; a double click adds nothing; the next page names people."""
    grimari = make_area("CF4201", "Grimari", 2, Area.objects.get(pk=ouaka.pk))
    kobadja = make_area("CF420101", "Kobadja", 3, Area.objects.get(pk=grimari.pk))
    client = client_of(colleague)
    answers = [client.post(NEW, REPORT) for _turn in "12"]
    case = WarningCase.objects.get()
    assert [answer.headers["Location"] for answer in answers] == [f"/alerts/{case.pk}/sent/"] * 2
    assert (case.area, case.place, case.people, case.at_risk) == (kobadja, "Kobadja, Grimari", 200, ["women", "girls"])
    assert case.received_at == datetime(2020, 12, 31, tzinfo=UTC)
    said = text_of(client.get(f"/alerts/{case.pk}/sent/"))
    assert all(word in said for word in ("EW-001 is recorded", "J. Ilunga", "I. Marrow", "Attack on people"))
    unmatched = client.post(NEW, {**REPORT, "place": "Lissa, near the well", "once": "b"}, follow=True)
    assert "will settle the place" in text_of(unmatched)


def test_refused_report_keeps_what_was_typed(colleague: Person) -> None:
    """EW-01: what is missing is said on top with links to the questions; nothing is stored."""
    answer = client_of(colleague).post(NEW, {**REPORT, "place": "", "act": "", "people": "many"})
    page = answer.content.decode()
    assert (answer.status_code, WarningCase.objects.count()) == (422, 0)
    for link in ('href="#id_place"', 'href="#group_id_act"', 'href="#id_people"'):
        assert link in page
    assert "Name a village, quarter or road." in page
    assert "Women at the well were told to leave." in page
    late = client_of(colleague).post(NEW, {**REPORT, "received_at": "2021-01-01T00:00"})
    assert "cannot be received later than now" in text_of(late)
    assert "<details open>" in late.content.decode()


def test_questions_depend_on_who_reports(
    mission: Mission, colleague: Person, head_of_military: Person, bambari: Office, joc: Person
) -> None:
    """EW-01: uniformed staff choose a hierarchy copy; keys of sources are for those who may see sources."""
    soldier = make_person("soldier", Role.SECT, bambari, "force")
    pages = {one: client_of(one).get(NEW).content.decode() for one in (colleague, soldier, joc)}
    assert [('name="hierarchy_copy"' in page, 'name="source"' in page) for page in pages.values()] == [
        (False, False), (True, False), (False, joc.has_perm("threats.view_source")),
    ]  # fmt: skip
    client_of(soldier).post(NEW, {**REPORT, "hierarchy_copy": head_of_military.pk})
    assert WarningCase.objects.get().hierarchy_copy == head_of_military


def test_list_is_ordered_and_narrowed(bambari: Office, bria: Office, joc: Person, colleague: Person) -> None:
    """EW-03: imminent, priority, early warning before alert, newest; open ones unless asked otherwise."""
    at = [NOW - timedelta(hours=hours) for hours in range(8)]
    wanted = [
        make_case(bambari, joc, "prioritised", "imminent", at=at[7], priority=2),
        make_case(bambari, joc, "prioritised", "non_imminent", at=at[6], priority=4),
        make_case(bambari, joc, "likelihood_rated", at=at[5], priority=3),
        make_case(bambari, joc, "likelihood_rated", at=at[3], priority=3, case_class="alert", act="abduction"),
        make_case(bambari, joc, "likelihood_rated", at=at[4], priority=3, case_class="alert"),
        make_case(bambari, joc, at=at[1], place="Bakala"),
        make_case(bambari, colleague, at=at[2]),
    ]
    closed = make_case(bambari, joc, "closed", "imminent", at=at[0])
    make_case(bria, joc)
    make_case(bambari, joc, marking=Marking.STRICTLY_CONFIDENTIAL)
    client = client_of(colleague)

    def shown(query: str) -> list[int]:
        return [line["case"].pk for line in client.get(f"{LIST}?{query}").context["lines"]]

    keys = [case.pk for case in wanted]
    assert shown("") == keys
    assert {
        "state=closed": shown("state=closed"), "state=rating": shown("state=rating"), "mine=yes": shown("mine=yes"),
        "branch=imminent": shown("branch=imminent"), "act": shown("act=abduction"), "q": shown("q=bakala"),
        "class": shown("case_class=warning"), "priority": shown("priority=none"), "ref": shown(f"q={wanted[1].ref}"),
        "days": shown("start=2021-01-01"), "office": shown("office=HQ"),
    } == {
        "state=closed": [closed.pk], "state=rating": keys[2:], "mine=yes": [keys[6]], "branch=imminent": [keys[0]],
        "act": [keys[3]], "q": [keys[5]], "class": keys[:3], "priority": keys[5:], "ref": [keys[1]], "days": [],
        "office": keys,
    }  # fmt: skip
    assert "No case matches" in text_of(client.get(f"{LIST}?start=2021-01-01"))
    assert client.get(f"{LIST}?start=2021-01-01&end=2020-01-01").status_code == 422


def test_pages_cost_the_same_for_more_rows(bambari: Office, joc: Person, colleague: Person) -> None:
    """EW-01: the list at one and four rows, a case at one and many steps and reports."""
    client = client_of(joc)
    first = make_case(bambari, joc)
    addresses = [LIST, f"/alerts/{first.pk}/", NEW]
    counts = [[cost(client, address) for address in addresses]]
    for _turn in range(3):
        make_case(bambari, joc)
        services.add_report(first, by=colleague, text="More.", channel="patrol", now=NOW)
    counts.append([cost(client, address) for address in addresses])
    assert counts[0] == counts[1]
    assert counts[0][0] <= 12
    assert counts[0][1] <= 40


def test_empty_list_says_where_to_begin(colleague: Person) -> None:
    assert "No case is open. What anybody reports will stand here. Report an alert" in text_of(
        client_of(colleague).get(LIST)
    )


def test_case_says_what_it_waits_for_and_offers_it(bambari: Office, joc: Person, scpi: Person) -> None:
    """EW-07: the line of steps of both branches, the act that comes next as a form; readers are told that it waits."""
    case = make_case(bambari, joc, "info_rated")
    mine, theirs = client_of(joc).get(f"/alerts/{case.pk}/"), client_of(scpi).get(f"/alerts/{case.pk}/")
    said = text_of(mine)
    words = ("Waits for: Class it", "Imminent", "Not imminent", "Tabled for the local forum", "Harm assessed")
    assert all(word in said for word in words)
    assert f'action="/alerts/{case.pk}/do/class/"' in mine.content.decode()
    both = client_of(joc).get(f"/alerts/{make_case(bambari, joc, 'likelihood_rated').pk}/").content.decode()
    ids = re.findall(r' id="([^"]+)"', both)  # the urgent form stands beside that of imminence
    assert sorted(ids) == sorted(set(ids))
    assert "That is for others to do." in text_of(theirs)
    assert "<form" not in theirs.content.decode().split("<main")[1]
    decided = client_of(joc).get(f"/alerts/{make_case(bambari, joc, 'tabled', 'non_imminent').pk}/")
    assert "Harm assessed" not in text_of(decided)


def test_assessment_through_the_pages(bambari: Office, joc: Person) -> None:
    """EW-02 to EW-06: each form stores its step and leads back to the case; definitions stand beside the labels."""
    case = make_case(bambari, joc)
    client, url = client_of(joc), f"/alerts/{case.pk}/"
    assert "No doubt: a consistent record" in text_of(client.get(f"{url}do/rate-source/"))
    posts: list[tuple[str, dict[str, Any]]] = [
        ("rate-source", {"reliability": "F"}),
        ("rate-information", {"reliability": "probable", "is_triangulated": "on", "triangulation": "Two patrols"}),
        ("class", {"case_class": "warning"}),
        ("rate-impact", {"civilians": "3", "overall_level": "", "impact_reason": ""}),
        ("rate-likelihood", {"level": "3", "body": "cell"}),
        ("prioritise", {"branch": "non_imminent", "why": "They wait for the harvest."}),
    ]
    for number, (act, values) in enumerate(posts, start=1):
        answer = client.post(f"{url}do/{act}/", {**values, "based_on": number, "once": act})
        assert (answer.status_code, answer.headers.get("Location")) == (302, url), act
    case.refresh_from_db()
    kept = (case.state, case.case_class, case.priority, case.branch, case.source_reliability)
    assert kept == ("prioritised", "warning", 4, "non_imminent", "F")
    said = text_of(client.get(url))
    assert "Top priority" in said
    assert "Two patrols" in said


def test_acts_that_pages_refuse(bambari: Office, bria: Office, joc: Person, colleague: Person, scpi: Person) -> None:
    """EW-07: without the reason, on a closed case, of nobody's table, moved on meanwhile, by who may not."""
    case = make_case(bambari, joc, "classed")
    closed = make_case(bambari, joc, "closed", "imminent")
    strict = make_case(bambari, joc, marking=Marking.STRICTLY_CONFIDENTIAL)
    elsewhere = make_case(bria, make_person("joc_bria", Role.JOC, bria, "poc"))
    client = client_of(joc)
    skipped = client.post(f"/alerts/{case.pk}/do/rate-likelihood/", {"level": "2", "body": "cell", "reason": ""})
    assert (skipped.status_code, "Say why" in text_of(skipped)) == (422, True)
    stale = {"reliability": "A", "reason": "A new report", "based_on": "7"}
    moved = client.post(f"/alerts/{case.pk}/do/rate-source/", stale)
    assert (moved.status_code, "moved on meanwhile" in text_of(moved), "A new report" in moved.content.decode()) == (
        422, True, True,
    )  # fmt: skip
    codes = {
        "closed": client.post(f"/alerts/{closed.pk}/do/class/", {"case_class": "alert"}).status_code,
        "no act": client.get(f"/alerts/{case.pk}/do/file/").status_code,
        "strict": client.get(f"/alerts/{strict.pk}/").status_code,
        "elsewhere": client.post(f"/alerts/{elsewhere.pk}/do/class/", {"case_class": "alert"}).status_code,
        "imminence": client_of(colleague).post(f"/alerts/{case.pk}/do/prioritise/", {}).status_code,
        "reader": client_of(scpi).post(f"/alerts/{case.pk}/do/class/", {}).status_code,
        "special": client_of(colleague).get(f"/alerts/{case.pk}/impact/children/").status_code,
        "urgent": client_of(scpi).post(f"/alerts/{case.pk}/urgent/", {"why": "x"}).status_code,
    }
    assert codes == {
        "closed": 400, "no act": 404, "strict": 404, "elsewhere": 404, "imminence": 403, "reader": 403, "special": 403,
        "urgent": 403,
    }  # fmt: skip
    assert set(WarningCase.objects.values_list("version", flat=True)) == {1}


def test_urgent_case_is_sent_out_in_one_act(bambari: Office, joc: Person, head_of_office: Person) -> None:
    """EW-06, EW-08: one reason from a report that nobody rated; twice pressed is once sent."""
    case = make_case(bambari, joc)
    client = client_of(head_of_office)
    assert "Urgent: send it out now" in text_of(client.get(f"/alerts/{case.pk}/"))
    for _turn in range(2):
        client.post(f"/alerts/{case.pk}/urgent/", {"why": "Shots are heard.", "based_on": "1", "once": "u"})
    case.refresh_from_db()
    steps = list(case.steps.values_list("key", "is_out_of_order", "reason"))[1:]
    assert (case.state, case.branch) == ("disseminated", "imminent")
    assert steps == [("9", True, "Shots are heard."), ("I10", False, "Shots are heard.")]
    assert case.recipients.filter(step="I10").exists()


def test_special_unit_answers_on_its_page(bambari: Office, hq: Office, joc: Person) -> None:
    """EW-04: 7A from its own page and from the desk; not relevant needs a reason."""
    protection = make_person("protection", Role.PROT, hq, "human-rights")
    case = make_case(bambari, joc, "classed", children_rating="asked", women_rating="asked")
    client = client_of(protection)
    desk = text_of(client.get(reverse("pocweb:desk")))
    assert case.ref in desk
    assert "Rate the impact that is asked of your unit" in desk  # not the step that others take
    url = f"/alerts/{case.pk}/impact/"
    assert client.post(f"{url}women/", {"answer": "none", "reason": ""}).status_code == 422
    assert client.post(f"{url}women/", {"answer": "none", "reason": "Men only."}).status_code == 302
    assert client.post(f"{url}children/", {"answer": "2", "reason": ""}).status_code == 302
    case.refresh_from_db()
    assert (case.women_rating, case.impact_children, case.impact) == ("not_relevant", 2, 2)


def test_case_becomes_a_threat_without_its_scores(bambari: Office, ouaka: Area, officer: Person, joc: Person) -> None:
    """EW-22: the form begins with the case's words; the threat is not rated; the case keeps its scheme; both show."""
    load_reference()
    case = make_case(bambari, joc, "likelihood_rated", area=ouaka)
    client, url = client_of(officer), f"/alerts/{case.pk}/promote/"
    page = client.get(url).content.decode()
    assert "Attack on people, Ouaka" in page
    given = {"title": "Attacks near the market", "areas": ouaka.pcode, "location": case.place, "civilians": "Women",
             "perpetrators": "Armed group", "marking": "1", "based_on": "1", "once": "p"}  # fmt: skip
    answer = client.post(url, given)
    threat = Threat.objects.get()
    case.refresh_from_db()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/threats/{threat.pk}/")
    assert (case.threat, threat.risk, threat.marking, case.priority, case.scheme) == (
        threat, None, case.marking, 3, "ew-3x3-1",
    )  # fmt: skip
    assert case.ref in text_of(client.get(f"/threats/{threat.pk}/"))
    assert client.post(f"/alerts/{case.pk}/threat/", {"reason": ""}).status_code == 422
    client.post(f"/alerts/{case.pk}/threat/", {"reason": "Another group.", "once": "x"})
    case.refresh_from_db()
    assert (case.threat, case.steps.last().reason) == (None, "Another group.")


def test_ties_raise_the_marking_and_hide_what_is_above(
    mission: Mission, bambari: Office, ouaka: Area, officer: Person, adviser: Person
) -> None:
    """EW-22: tied to what is marked higher, a case is hidden with it; nobody ties what they cannot see."""
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    chief = client_of(Person.objects.get(pk=adviser.pk))
    case = make_case(bambari, officer)
    secret = make_threat(bambari, "Secret", marking=Marking.STRICTLY_CONFIDENTIAL)
    incident = make_incident(mission, ouaka, marking=Marking.STRICTLY_CONFIDENTIAL)
    client = client_of(officer)
    assert client.post(f"/alerts/{case.pk}/threat/", {"threat": secret.pk}).status_code == 422
    assert client.post(f"/alerts/{case.pk}/incident/", {"incident": incident.ref}).status_code == 422
    assert chief.post(f"/alerts/{case.pk}/incident/", {"incident": incident.ref}).status_code == 302
    case.refresh_from_db()
    assert (case.incident, case.marking) == (incident, Marking.STRICTLY_CONFIDENTIAL)
    assert (client.get(f"/alerts/{case.pk}/").status_code, client.get(LIST).context["lines"]) == (404, [])


def test_settled_place_takes_the_case_to_its_office(
    bambari: Office, bria: Office, haute_kotto: Area, joc: Person, colleague: Person
) -> None:
    """EW-01: a report with unknown words reaches who answers for the place, by name or p-code."""
    case = make_case(bambari, colleague)
    client = client_of(joc)
    assert client.post(f"/alerts/{case.pk}/place/", {"area": "Nowhere"}).status_code == 422
    answer = client.post(f"/alerts/{case.pk}/place/", {"area": "Haute-Kotto"})
    case.refresh_from_db()
    assert (answer.headers["Location"], case.area, case.office) == ("/alerts/", haute_kotto, bria)
    assert client_of(colleague).get(f"/alerts/{case.pk}/").status_code == 200  # their own report


def test_keys_of_sources_stay_with_those_who_may_see_them(
    mission: Mission, bambari: Office, joc: Person, colleague: Person
) -> None:
    """EW-01: neither facts nor history tell a source's key to others."""
    source = Source.objects.create(mission=mission, code="BB-07", kind="community")
    case = services.file_case(
        mission, by=joc, place="Lissa", act="attack", text="Men came.", channel="network", source=source, now=NOW
    )
    pages = {one: text_of(client_of(one).get(f"/alerts/{case.pk}/")) for one in (joc, colleague)}
    assert [(one.has_perm("threats.view_source"), "BB-07" in page) for one, page in pages.items()] == [
        (True, True), (False, False),
    ]  # fmt: skip
    assert "source key" not in pages[colleague]


def test_closed_case_is_reopened_with_a_reason(bambari: Office, joc: Person) -> None:
    """EW-07."""
    case = make_case(bambari, joc, "closed", "imminent")
    client = client_of(joc)
    assert client.post(f"/alerts/{case.pk}/reopen/", {"reason": ""}).status_code == 422
    client.post(f"/alerts/{case.pk}/reopen/", {"reason": "They are back."})
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("monitored", "")


def test_reporter_from_elsewhere_sees_the_report_and_not_what_is_planned_on_it(
    mission: Mission, bria: Office, colleague: Person
) -> None:
    """EW-01: who reported for another office sees where the case stands; decisions, plans, the trail stay there."""
    joc = make_person("joc_bria", Role.JOC, bria, "poc")
    case = make_case(bria, colleague, CaseState.IMPLEMENTING, Branch.IMMINENT)
    force = mission.components.get(code="force")
    CaseResponse.objects.create(
        case=case, kind="patrol", text="Cordon at dawn", component=force, created_at=NOW, changed_at=NOW
    )
    services.add_report(case, by=joc, text="A second village was warned.", channel="patrol", now=NOW)
    texts = {one: text_of(client_of(one).get(f"/alerts/{case.pk}/")) for one in (joc, colleague)}
    for words in ("Cordon at dawn", "A second village was warned.", "added a report"):
        assert (words in texts[joc], words in texts[colleague]) == (True, False), words
    assert case.text in texts[colleague]
    for address in (f"/alerts/{case.pk}/trail/", f"/alerts/{case.pk}/evaluation/", f"/api/v1/cases/{case.pk}/trail/"):
        assert (client_of(joc).get(address).status_code, client_of(colleague).get(address).status_code) == (200, 404)
    assert case.ref in text_of(client_of(joc).get("/alerts/matrix/"))
    assert case.ref not in text_of(client_of(colleague).get("/alerts/matrix/"))
