"""Flash reports: of a case and its decision (EW-10), of an incident (EW-21); frozen, told, filtered, as PDF."""

import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from coordination.meetings.records import ItemEntry, overrule_decision, write_under
from coordination.models import ActionPoint, Decision, FlashReport, Forum, WarningCase
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.flash import send_incident_flash, send_warning_flash
from coordination.warnings.flash_content import read_flash
from coordination.warnings.flash_files import TEMPLATE, document_of
from coordination.warnings.flash_warning import _known, _unknown
from coordination.warnings.moves import move_case
from pocweb import jobs
from pocweb.audit import fingerprint, history_of
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Area, Job, Notice, Office, Person
from pocweb.pdf import render_pdf
from tests.factories.coordination_case import make_case
from tests.factories.coordination_flash import SENT, action_on, decide_on, make_decided_case, make_flash
from tests.factories.coordination_forum import make_forum
from tests.factories.mission import make_person
from tests.factories.threats_incident import make_actor, make_count, make_incident, make_source
from threats.choices import Verification

SEVEN = [
    "Mission headquarters",
    "Field coordination and operations support (FCOS)",
    "Joint Operations Centre",
    "Joint Mission Analysis Centre",
    "POC Unit",
    "DSRSG-P",
    "DSRSG-RC/HC",
]


@pytest.fixture
def forum(bambari: Office, officer: Person) -> Forum:
    return make_forum(bambari, officer)


@pytest.fixture
def case(forum: Forum, officer: Person) -> WarningCase:
    return make_decided_case(forum, officer)


@pytest.fixture
def joc(hq: Office) -> Person:
    return make_person("joc", Role.JOC, hq, "support", first_name="J.", last_name="Haske")


def enter(client: Any, person: Person) -> Any:
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def form_of(page: str) -> dict[str, str]:
    """Return the hidden values of the form of a page."""
    found = {}
    for name in ("once", "based_on"):
        start = page.index(f'name="{name}" value="') + len(f'name="{name}" value="')
        found[name] = page[start : page.index('"', start)]
    return found


def test_ew_10_flash_report_from_case_and_decision(
    client: Any, case: WarningCase, head_of_office: Person, adviser: Person, poc_lead: Person, joc: Person
) -> None:
    """EW-10: preview, sending to the seven, case moved on, told once however often the button is pressed."""
    url = f"/alerts/{case.pk}/flash/"
    page = enter(client, head_of_office).get(url).text
    for words in (
        "B Usually reliable", "Probable-relevant", "triangulated and validated", "Women at the well", "Priority: high",
        "Armed men gather at the bridge", "Patrol the road to the market", "A. Bellin", "2 January 2021",
        "the impact on children", *SEVEN,
    ):  # fmt: skip
        assert words in page
    given = form_of(page) | {"assessment": "We ask for air patrol.\r\nToday."}
    shown = client.post(url, given | {"preview": "1", "once": ""})
    assert (shown.status_code, FlashReport.objects.count()) == (200, 0)
    assert "We ask for air patrol.<br>Today." in shown.text
    answers = [client.post(url, given) for _turn in range(2)]
    flash = FlashReport.objects.get()
    assert [one.url for one in answers] == [f"/flashes/{flash.pk}/"] * 2
    case.refresh_from_db()
    assert (case.state, case.flashed_at, flash.case, flash.kind) == ("flash_sent", flash.sent_at, case, "warning")
    assert (flash.sha256, flash.decision) == (fingerprint(flash.content), Decision.objects.get())
    seven = [one for one in flash.recipients if not one["info"]]
    assert [one["label"] for one in seven] == SEVEN
    assert {one["name"] for one in seven if one["told"]} == {"J. Haske", "N. Castell", "T. Vey"}
    told = set(Notice.objects.filter(topic="flash").values_list("person__username", flat=True))
    assert told == {"adviser", "poc_lead", "joc"}
    assert [event.verb for event in history_of(flash)] == ["sent a flash report"]
    page = client.get(f"/flashes/{flash.pk}/").text
    assert page.count("to be sent by your registry") == 4  # nobody holds two of the roles; two are outside
    stale = client.post(url, given | {"once": "other", "reason": "Again"})
    assert (stale.status_code, FlashReport.objects.count()) == (422, 1)


@pytest.mark.parametrize("reason", ["", "There is no time"], ids=["EW-10 plain", "EW-10 skipped with a reason"])
def test_ew_10_no_decision_blocks_the_flash_report(
    client: Any, bambari: Office, officer: Person, head_of_office: Person, reason: str
) -> None:
    """EW-10: service, page and the state table refuse it, skipped with a reason or not."""
    case = make_case(bambari, officer, CaseState.DISSEMINATED, Branch.IMMINENT)
    for act in (
        lambda: send_warning_flash(case, by=head_of_office, based_on=1, reason=reason, now=SENT),
        lambda: move_case(case, "flash", by=head_of_office, reason=reason or "Skipped", now=SENT),
    ):
        with pytest.raises(RuleError) as refused:
            act()
        assert refused.value.code == "no_decision"
    url = f"/alerts/{case.pk}/flash/"
    page = enter(client, head_of_office).get(url).text
    assert "No forum has decided on this case yet" in page
    assert "Send the flash report" not in page
    assert client.post(url, {"reason": reason, "based_on": 1}).status_code == 422
    assert (FlashReport.objects.count(), WarningCase.objects.get().state) == (0, "disseminated")


def test_ew_10_what_else_is_refused(
    case: WarningCase, officer: Person, head_of_office: Person, poc_lead: Person
) -> None:
    """EW-10: who may not, a stale page, a skip without reason, the step without its report; nothing is half-saved."""
    with pytest.raises(Forbidden):
        make_flash(case, officer)
    with pytest.raises(Conflict):
        send_warning_flash(case, by=head_of_office, based_on=case.version + 1)
    with pytest.raises(RuleError, match="own page"):
        move_case(case, "flash", by=head_of_office)
    WarningCase.objects.filter(pk=case.pk).update(state="disseminated")
    with pytest.raises(RuleError) as refused:
        make_flash(case, head_of_office)
    assert (refused.value.field, FlashReport.objects.count(), Notice.objects.count()) == ("reason", 0, 0)
    make_flash(case, head_of_office, reason="The forum decided by radio")
    step = case.steps.latest("pk")
    assert (step.key, step.is_out_of_order, step.reason) == ("I12", True, "The forum decided by radio")
    decision = Decision.objects.get()
    overrule_decision(decision, text="Evacuate", reason="Too late", by=poc_lead, now=SENT)
    case.refresh_from_db()
    second = make_flash(case, head_of_office, reason="Overruled")
    assert second.decision is not None
    assert (second.decision.text, "Patrol the road until" in str(second.content)) == ("Evacuate", False)


def test_flash_report_tells_no_rating_that_nobody_gave(case: WarningCase) -> None:
    """EW-10: F and "cannot be estimated" are judgments (Annex V, steps 3 and 4); a case sent out at once has none."""
    WarningCase.objects.update(
        source_reliability="", information_reliability="", is_triangulated=False, triangulation="", case_class="alert",
        impact_civilians=None,
    )  # fmt: skip
    case.refresh_from_db()
    text = " ".join(paragraph.text for paragraph in _known(case) + _unknown(case))
    assert "Source: not rated yet. Information: not rated yet. Class: Alert, not confirmed" in text
    assert "how reliable the source is; whether the information is true; " in text
    assert "the impact on civilians; the impact on children" in text


def test_flash_report_as_pdf_and_for_whom(
    client: Any, case: WarningCase, head_of_office: Person, adviser: Person
) -> None:
    """Marking on each page, text, same bytes; what it cites and the file vanish with the reader's sight of it."""
    flash = make_flash(case, head_of_office, assessment="Held by two accounts")
    enter(client, adviser).post(f"/flashes/{flash.pk}/pdf/")
    job = Job.objects.get()
    jobs.run(job.pk)
    pdf = b"".join(client.get(f"/flashes/files/{job.pk}/").streaming_content)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) <= 2
    assert all(page.upper().count("CONFIDENTIAL") >= 2 for page in pages)
    text = " ".join(" ".join(pages).split())
    for words in ("FR-001", "310910Z DEC 20", "EARLY WARNING FLASH REPORT", "Held by two accounts", "1. Received on"):
        assert words in text
    assert render_pdf(TEMPLATE, document_of(read_flash(flash, adviser))) == pdf
    action = action_on(case)
    ActionPoint.objects.filter(pk=action.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(f"/flashes/files/{job.pk}/").status_code == 404
    document = read_flash(flash, adviser)
    assert action.ref not in str(document.sections)
    assert (document.assessment, flash.content["assessment"]) == ("", "Held by two accounts")


def test_flash_report_stays_within_two_pages(
    case: WarningCase, forum: Forum, officer: Person, head_of_office: Person
) -> None:
    """However much is written, the report is cut at a word and keeps to two pages; the case keeps the whole."""
    long = "Men with rifles were seen at the well again. " * 150
    WarningCase.objects.update(text=long, imminence_reason=long)
    item = case.agenda_items.get()
    for number in range(12):
        action = {
            "text": f"Task {number} " + "on the road " * 15,
            "owner": officer,
            "component": None,
            "due_on": date(2021, 1, 4),
        }
        entry = ItemEntry(decision={"kind": "reaction", "text": long}, action=action)
        write_under(item, entry, based_on=1, by=officer, now=SENT)
    case.refresh_from_db()
    flash = make_flash(case, head_of_office, assessment="x " * 700)
    pdf = render_pdf(TEMPLATE, document_of(read_flash(flash, head_of_office)))
    pages = len(PdfReader(io.BytesIO(pdf)).pages)
    assert (pages, "Further action points stand in the case." in str(flash.content)) == (2, True)


@pytest.mark.parametrize("hidden", ["flash", "case", "decision"])
def test_flash_report_above_the_reader_is_nowhere(
    client: Any, case: WarningCase, head_of_office: Person, adviser: Person, hidden: str
) -> None:
    """404 on page, PDF, file and API, and in no list or count, once report, case or decision is marked higher."""
    flash = make_flash(case, head_of_office)
    enter(client, adviser).post(f"/flashes/{flash.pk}/pdf/")
    job = Job.objects.get()
    jobs.run(job.pk)
    assert "1 early warning flash." in client.get("/flashes/").text
    rows: Any = {"flash": FlashReport, "case": WarningCase, "decision": Decision}[hidden]
    rows.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    answers = [
        client.get(f"/flashes/{flash.pk}/"),
        client.post(f"/flashes/{flash.pk}/pdf/"),
        client.get(f"/flashes/files/{job.pk}/"),
        client.get(f"/api/v1/flashes/{flash.pk}/"),
    ]
    assert [one.status_code for one in answers] == [404] * 4
    page = client.get("/flashes/").text
    assert "0 early warning flashes." in page
    assert flash.ref not in page
    assert client.get("/api/v1/flashes/").json()["count"] == 0


def test_ew_21_incident_flash_keeps_verified_and_unverified_apart(
    client: Any, bambari: Office, ouaka: Area, case: WarningCase, head_of_office: Person, poc_lead: Person
) -> None:
    """EW-21: its own kind, from the incident, no source named, counted apart from early warning flashes."""
    source = make_source(bambari.mission)
    actor = make_actor(bambari.mission)
    numbers = {"killed_low": 2, "killed_best": 3, "killed_high": 5, "narrative": "Shots at the market."}
    incident = make_incident(bambari.mission, ouaka, actors=(actor,), marking=2, office=bambari, **numbers)
    incident.sources.add(source)
    make_count(incident)
    page = enter(client, head_of_office).get(f"/incidents/{incident.pk}/").text
    assert f'href="/incidents/{incident.pk}/flash/"' in page
    url = f"/incidents/{incident.pk}/flash/"
    page = client.get(url).text
    answers = [client.post(url, form_of(page)) for _turn in range(2)]
    flash = FlashReport.objects.get()
    assert {one.url for one in answers} == {f"/flashes/{flash.pk}/"}
    sections = {one["title"]: " ".join(line["text"] for line in one["paragraphs"]) for one in flash.content["sections"]}
    assert sections["People harmed: verified"] == "No figure is verified."
    assert "Killed: 3 (2 to 5). Of them civilians: not recorded." in sections["People harmed: reported, not verified"]
    assert source.code not in str(flash.content)
    assert [one["label"] for one in flash.recipients if not one["info"]] == SEVEN
    make_flash(case, head_of_office)
    page = client.get("/flashes/").text
    assert ("1 early warning flash." in page, "1 incident flash." in page) == (True, True)
    narrowed = client.get("/flashes/?kind=incident").text
    assert ("0 early warning flashes." in narrowed, "EW-001" in narrowed) == (True, False)
    with pytest.raises(Conflict):
        send_incident_flash(incident, by=head_of_office, sent_before=0)
    type(incident).objects.update(verification=Verification.VERIFIED)
    second = send_incident_flash(incident, by=head_of_office, sent_before=1)
    titles = {one["title"]: one["paragraphs"][0]["text"] for one in second.content["sections"]}
    assert titles["People harmed: verified"].startswith("Killed: 3")
    assert titles["People harmed: reported, not verified"] == "Nothing beyond the verified figures is reported."


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"starts_on": date(2021, 1, 3)}, "not_past"),
        ({"verification": Verification.DISCOUNTED}, "discounted"),
    ],
    ids=["EW-21 planned or threatened", "EW-21 did not happen"],
)
def test_ew_21_incident_flash_is_of_a_past_event(
    client: Any, bambari: Office, ouaka: Area, head_of_office: Person, columns: dict[str, Any], code: str
) -> None:
    incident = make_incident(bambari.mission, ouaka, office=bambari, **columns)
    with pytest.raises(RuleError) as refused:
        send_incident_flash(incident, by=head_of_office, sent_before=0, now=SENT)
    page = enter(client, head_of_office).get(f"/incidents/{incident.pk}/flash/").text
    assert (refused.value.code, "Send the flash report" in page) == (code, False)
    assert client.post(f"/incidents/{incident.pk}/flash/", {"based_on": 1}).status_code == 422
    assert not FlashReport.objects.exists()


def test_flash_list_costs_the_same_at_one_and_three(
    client: Any, forum: Forum, officer: Person, head_of_office: Person
) -> None:
    enter(client, head_of_office)
    counts = []
    first = make_decided_case(forum, officer)
    make_flash(first, head_of_office)
    meeting = Decision.objects.get().meeting
    for _size in (1, 3):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/flashes/?office=BAMBARI&first=2020-12-01").status_code == 200
        counts.append(len(queries))
        for _more in range(2):
            case = make_case(forum.office, officer, CaseState.EMERGENCY_DECIDED, Branch.IMMINENT)
            decide_on(case, forum, officer, meeting=meeting)
            make_flash(case, head_of_office)
    assert counts[0] == counts[1] <= 12
