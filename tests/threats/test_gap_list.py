"""TH-07: the list of gaps of an office and of a branch: filters, groups, mending links that lead back, sheets, API."""

import csv
import io
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from pocweb.models import AuditEvent, Office, Person
from strategy.models import Activity
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_threat import NOON, make_full_threat, make_threat
from threats.consolidation import read_live
from threats.gap_list import counts_by_office, lines_of
from threats.models import Threat
from threats.rules.gaps import KINDS, RULES, kind_label

pytestmark = pytest.mark.django_db


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def links(response, words: str) -> list[str]:
    return [unescape(url) for url in re.findall(rf'<a href="([^"]+)">{words}</a>', response.content.decode())]


def codes(office: Office, user: Person) -> list[tuple[str, str]]:
    return [(line.row.ref, line.gap.code) for line in lines_of(read_live(office, user=user, now=NOON), user)]


def test_list_names_every_gap_of_the_office_alone(
    client: Client, officer: Person, bria: Office, adviser: Person, threat: Threat
) -> None:
    """TH-07: the page shows each gap with its sentence; another office's gaps are not there."""
    make_full_threat(bria, "In Bria", by=adviser)
    client.force_login(officer)
    page = text_of(client.get("/matrix/BAMBARI/gaps/"))
    assert codes(threat.office, officer) == [
        (threat.ref, code) for code in ("no_activity", "no_lead", "no_objective", "no_edition")
    ]
    assert "4 gaps in 1 threat" in page
    assert all(
        words in page for words in ("No activity.", "No response lead.", "No objective.", "No approved edition.")
    )
    assert "In Bria" not in page


def test_every_gap_leads_to_the_form_that_mends_it_and_back(
    client: Client, officer: Person, bambari: Office, threat: Threat
) -> None:
    """TH-07: one click to the field, one to save, and the list again, one gap shorter."""
    client.force_login(officer)
    listed = "/matrix/BAMBARI/gaps/?priority=1"
    [url] = links(client.get(listed), "Write one")
    assert urlsplit(url).path == f"/matrix/BAMBARI/rows/{threat.pk}/objective/"
    form = client.get(url).content.decode()
    [back] = re.findall(r'name="next" value="([^"]+)"', form)
    saved = client.post(
        urlsplit(url).path, {"objective": "Nobody is attacked", "based_on": threat.version, "next": unescape(back)}
    )
    assert (saved.status_code, saved.headers["Location"]) == (302, listed)
    assert "No objective." not in text_of(client.get(listed))


def test_activity_begun_from_a_gap_leads_back_and_mends_it(client: Client, officer: Person, threat: Threat) -> None:
    """TH-07: the form of a new activity comes with the threat chosen."""
    client.force_login(officer)
    [url] = links(client.get("/matrix/BAMBARI/gaps/"), "Add an activity")
    page = client.get(url).content.decode()
    assert re.search(rf'<option value="{threat.pk}" selected', page)
    made = client.post(
        "/activities/new/",
        {
            "title": "Patrol", "tier": 2, "phases": ["response"], "threats": [threat.pk], "office": threat.office_id,
            "component": threat.mission.components.get(code="force").pk, "marking": 2, "next": "/matrix/BAMBARI/gaps/",
        },
    )  # fmt: skip
    assert made.headers["Location"] == "/matrix/BAMBARI/gaps/"
    assert "no_activity" not in [code for _ref, code in codes(threat.office, officer)]


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]
)
def test_form_leads_back_to_no_other_host(client: Client, officer: Person, threat: Threat, address: str) -> None:
    client.force_login(officer)
    url = f"/matrix/BAMBARI/rows/{threat.pk}/objective/"
    saved = client.post(url, {"objective": "Safe", "based_on": threat.version, "next": address})
    assert saved.headers["Location"] == f"/matrix/BAMBARI/#{threat.ref}"


def test_list_filters_by_kind_priority_tier_and_office(
    client: Client, adviser: Person, bambari: Office, bria: Office, threat: Threat
) -> None:
    """TH-07: filters narrow the lines, and the count of a filter is that of all gaps."""
    other = make_full_threat(bria, "In Bria", by=adviser, risk=(3, 3))
    make_activity(bria, adviser, "Talks", threats=[other], owner=None)
    client.force_login(adviser)

    def found(query: str) -> list[str]:
        page = client.get(f"/matrix/HQ/gaps/?{query}").content.decode()
        return sorted(set(re.findall(r'data-h="What is missing">([^<]+?)\s*<', page)))

    assert found("kind=no_owner") == [f"Activity {Activity.objects.get().ref} has no owner."]
    assert found("office=BRIA&kind=no_lead") == ["No response lead."]
    assert found("priority=2&kind=no_activity") == []
    assert found("tier=1") == ["No activity in tier I."]
    assert f"in 1 threat, of {len(codes(Office.objects.get(code='HQ'), adviser))} in all" in text_of(
        client.get("/matrix/HQ/gaps/?office=BRIA")
    )


def test_list_is_grouped_by_threat_on_demand(client: Client, officer: Person, bambari: Office, threat: Threat) -> None:
    second = make_full_threat(bambari, "Abductions", by=officer)
    client.force_login(officer)
    by_kind = client.get("/matrix/BAMBARI/gaps/").content.decode()
    by_threat = client.get("/matrix/BAMBARI/gaps/?by=threat").content.decode()
    assert re.findall(r'<h2 id="(gap-\w+)">', by_kind) == [
        f"gap-{code}" for code in ("no_activity", "no_lead", "no_objective", "no_edition")
    ]
    assert re.findall(r'<h2 id="(T-\d+)">', by_threat) == [threat.ref, second.ref]


def test_days_say_how_long_a_gap_stands(client: Client, officer: Person, bambari: Office, threat: Threat) -> None:
    """TH-07: for how long, where it is known; where not, that is written."""
    make_activity(bambari, officer, "Talks", threats=[threat], due_on=NOON.date().replace(day=21))
    client.force_login(officer)
    page = text_of(client.get("/matrix/BAMBARI/gaps/"))
    assert "overdue by 10 days. Talks" in page
    assert "10 days" in page
    assert "not recorded" in page


def test_who_may_not_mend_is_told_so(client: Client, scpi: Person, threat: Threat) -> None:
    """A reader sees the gaps without a link that would refuse them."""
    client.force_login(scpi)
    response = client.get("/matrix/BAMBARI/gaps/")
    assert links(response, "Write one") == []
    assert "Those who edit the matrix of this office" in text_of(response)


def test_summary_counts_offices_by_kind(
    client: Client, adviser: Person, bambari: Office, bria: Office, threat: Threat
) -> None:
    """TH-07: the table of a branch adds up to its list, and each count opens its lines."""
    make_full_threat(bria, "In Bria", by=adviser)
    make_full_threat(bria, "Also in Bria", by=adviser)
    hq = Office.objects.get(code="HQ")
    branch = read_live(hq, user=adviser, now=NOON)
    lines = lines_of(branch, adviser)
    counts = counts_by_office(branch, lines)
    assert {code: found["no_lead"] for code, found in counts.items()} == {"BAMBARI": 1, "BRIA": 2}
    assert sum(found.total() for found in counts.values()) == len(lines)
    client.force_login(adviser)
    page = client.get("/matrix/HQ/gaps/").content.decode()
    assert '<a href="/matrix/HQ/gaps/?office=BRIA&amp;kind=no_lead">2</a>' in page
    shown = client.get("/matrix/HQ/gaps/?office=BRIA&kind=no_lead").content.decode()
    assert shown.count("No response lead.") == 2


def test_gaps_of_rows_above_the_clearance_are_nowhere(
    client: Client, adviser: Person, bambari: Office, threat: Threat
) -> None:
    """TH-07: no line, no count, no sheet tells of a threat above the clearance."""
    Threat.objects.filter(pk=threat.pk).update(marking=3)
    client.force_login(adviser)
    for url in ("/matrix/HQ/gaps/", "/matrix/HQ/gaps/export.csv", "/api/v1/gaps/"):
        assert threat.ref not in client.get(url).content.decode(), url
    assert "0 gaps" in text_of(client.get("/matrix/HQ/gaps/"))


def test_sheets_hold_the_lines_of_the_page(client: Client, officer: Person, threat: Threat) -> None:
    """TH-07: CSV with HXL tags and XLSX hold the filtered lines; the export is on the audit trail."""
    client.force_login(officer)
    table = list(
        csv.reader(io.StringIO(client.get("/matrix/BAMBARI/gaps/export.csv?kind=no_lead").content.decode("utf-8-sig")))
    )
    assert table[1][0] == "#meta+id"
    assert [row[0] for row in table[2:]] == [threat.ref]
    assert table[2][6] == "No response lead."
    sheet = load_workbook(io.BytesIO(client.get("/matrix/BAMBARI/gaps/export.xlsx").content)).active
    assert [cell.value for cell in sheet["A"]][-4:] == [threat.ref] * 4
    notes = AuditEvent.objects.filter(verb="exported").order_by("pk").values_list("note", flat=True)
    assert list(notes) == ["BAMBARI: 1 gaps as csv", "BAMBARI: 4 gaps as xlsx"]


def test_every_kind_that_a_rule_makes_has_words() -> None:
    """Each code in the source of the rules stands in the list of kinds."""
    import inspect

    made = {code for rule in RULES for code in re.findall(r'Gap\(\s*"(\w+)"', inspect.getsource(rule))}
    assert made == set(KINDS)
    assert kind_label("from_an_old_snapshot") == "From an old snapshot"


def test_api_lists_gaps(client: Client, officer: Person, threat: Threat) -> None:
    """TH-07: the API reads the same lines, narrowed by the same names."""
    client.force_login(officer)
    found = client.get("/api/v1/gaps/?kind=no_lead").json()
    assert found["count"] == 1
    assert found["results"][0] == {
        "kind": "no_lead", "message": "No response lead.", "threat": threat.pk, "ref": threat.ref, "office": "BAMBARI",
        "priority": threat.priority, "risk": threat.risk, "tier": None, "activity": None, "who": "", "days": None,
    }  # fmt: skip


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    "url", ["/matrix/BAMBARI/gaps/", "/matrix/HQ/gaps/", "/matrix/HQ/gaps/?by=threat", "/api/v1/gaps/"]
)
def test_list_takes_at_most_twelve_queries_whatever_the_rows(
    client: Client, bambari: Office, bria: Office, officer: Person, adviser: Person, threat: Threat, url: str
) -> None:
    client.force_login(adviser)
    one = queries(client, url)
    for number in range(3):
        make_activity(bambari, officer, threats=[make_full_threat(bambari, f"T{number}", by=officer)])
        make_threat(bria, f"B{number}")
    assert (queries(client, url), one <= 12) == (one, True), one


def test_back_stays_in_the_query(client: Client, officer: Person, threat: Threat) -> None:
    """The list that one came from is named with its own filters."""
    client.force_login(officer)
    [url] = links(client.get("/matrix/BAMBARI/gaps/?by=threat&kind=no_lead"), "Name a lead")
    assert parse_qs(urlsplit(url).query) == {"next": ["/matrix/BAMBARI/gaps/?by=threat&kind=no_lead"]}
