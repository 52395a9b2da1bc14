"""Every main page of the demo mission on a desk and on a phone: read by all, no wider than the window, one host."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from coordination.models import (
    ActionPoint,
    CaseResponse,
    CommunityPlan,
    Engagement,
    FlashReport,
    Forum,
    Issue,
    LiaisonAssistant,
    LocalPlan,
    Meeting,
    Network,
    NetworkAlert,
    Pcia,
    Reprisal,
    ResourceRequest,
    SharingAgreement,
    WarningCase,
)
from pocweb.models import Area, Job, Office, Person
from reporting.models import Report
from strategy.models import Activity
from tests.browser.looking import Witness, faults_of
from tests.browser.people import Demo
from threats.choices import EditionState
from threats.models import (
    Actor,
    ImportRun,
    Incident,
    MatrixEdition,
    ProtectionActor,
    Scheme,
    Threat,
    TriggerEvent,
)


def _to(name: str, *args: Any) -> Callable[[], str]:
    """Return what gives the address of a page without records."""
    return lambda: reverse(name, args=args)


def _sent(state: str) -> Any:
    """Return the cases of Bambari in a state."""
    return WarningCase.objects.filter(office__code="BAMBARI", state=state)


def _under_way() -> Any:
    """Return the responses under way in Bambari."""
    return CaseResponse.objects.filter(case__office__code="BAMBARI", case__state="monitored", state="under_way")


def _of(name: str, rows: Callable[[], Any], *rest: Any) -> Callable[[], str]:
    """Return what gives the address of the page of the first of some rows."""
    return lambda: reverse(name, args=[rows().first().pk, *rest])


def _threats() -> Any:
    """Return the threats of Bambari, those with the fullest record first."""
    return Threat.objects.filter(office__code="BAMBARI", status="active").order_by("-risk", "number")


def _editions(state: str, office: str = "BAMBARI") -> Callable[[], Any]:
    return lambda: MatrixEdition.objects.filter(office__code=office, state=state)


def _compared() -> str:
    before, after = MatrixEdition.objects.filter(office__code="BAMBARI").exclude(sha256="").order_by("number")[:2]
    return reverse("threats:edition-compare", args=[before.pk, after.pk])


def _scored(name: str, office: str) -> Callable[[], str]:
    """Return what gives the address of a page for the last closed quarter of the demo mission."""
    return lambda: reverse(name, args=[office]) + "?period=2020-Q3"


def _cases() -> Any:
    """Return the open cases of Bambari, those that everybody there may read, newest last."""
    rows = WarningCase.objects.filter(office__code="BAMBARI", marking__lte=2).exclude(state="closed")
    return rows.order_by("pk")


def _flashed() -> Any:
    """Return the cases with a flash report that were evaluated: their trail is the fullest."""
    return WarningCase.objects.filter(flashes__isnull=False, review_state="reviewed").order_by("pk")


def _unasked() -> Any:
    """Return the cases of Bambari of which step 17 asks whether they are evaluated."""
    return WarningCase.objects.filter(office__code="BAMBARI", review_state="open", state="monitored").order_by("pk")


def _protection_actors() -> Any:
    return ProtectionActor.objects.filter(mission__code="DEMO").order_by("pk")


def _incidents() -> Any:
    return Incident.objects.filter(mission__code="DEMO", office__code="BAMBARI").order_by("-starts_on", "pk")


def _actors() -> Any:
    return Actor.objects.filter(mission__code="DEMO").exclude(identity="").order_by("code")


def _drafts() -> Any:
    return Report.objects.filter(state="drafting")


def _plans() -> Any:
    return CommunityPlan.objects.filter(mission__code="DEMO", area__pcode="CF43").order_by("pk")


def _met() -> Any:
    return Engagement.objects.filter(mission__code="DEMO", office__code="BAMBARI").order_by("-number")


# part of the site, name of the page: who looks, and where
PAGES: dict[str, dict[str, tuple[str | None, Callable[[], str]]]] = {
    "frame": {
        "sign-in": (None, _to("account_login")),
        "account": ("castell", _to("account_overview")),
        "desk": ("castell", _to("pocweb:desk")),
        "desk of a head": ("tamm", _to("pocweb:desk")),
        "settings of the mission": ("castell", _to("pocweb:mission-settings")),
        "about": ("castell", _to("pocweb:about")),
        "notices": ("bellin", _to("pocweb:notice-list")),
        "choice of notices": ("bellin", _to("pocweb:notice-choices")),
        "job": ("castell", _of("pocweb:job-detail", lambda: Job.objects.filter(asked_by__username="castell"))),
    },
    "sending and responding": {
        "recipients of alerts": ("castell", _to("coordination:recipient-rules")),
        "acknowledge": ("quill", _of("coordination:case-acknowledge", lambda: _sent("disseminated"))),
        "send out": ("bellin", _of("coordination:case-send-out", lambda: _sent("disseminated"))),
        "share": ("bellin", _of("coordination:case-share", lambda: _sent("monitored"), "N12")),
        "emergency": ("marrow", _of("coordination:case-emergency", lambda: _sent("disseminated"))),
        "decision": ("bellin", _of("coordination:case-decision", lambda: _sent("disseminated"))),
        "before the forum": ("bellin", _of("coordination:case-table", lambda: _sent("tabled"))),
        "tell": ("bellin", _of("coordination:case-tell", lambda: _sent("monitored"))),
        "close": ("bellin", _of("coordination:case-close", lambda: _sent("monitored"))),
        "implement": ("bellin", _of("coordination:case-implement", lambda: _sent("monitored"))),
        "harm": ("bellin", _of("coordination:harm-create", lambda: _sent("monitored"))),
        "plan a response": ("bellin", _of("coordination:response-create", lambda: _sent("monitored"))),
        "response": (
            "bellin",
            _of("coordination:response-detail", lambda: CaseResponse.objects.filter(state="under_way")),
        ),
        "change a response": (
            "bellin",
            _of("coordination:response-update", lambda: CaseResponse.objects.filter(state="under_way")),
        ),
    },
    "early warning in numbers": {
        "early warning matrix": ("castell", lambda: reverse("coordination:ew-matrix") + "?show=all"),
        "cell of the early warning matrix": (
            "castell",
            _of("coordination:ew-matrix-history", lambda: WarningCase.objects.all(), "remarks"),
        ),
        "alert clock": ("castell", _to("coordination:clock")),
        "targets of the alert clock": ("castell", _to("coordination:clock-targets")),
        "indicators of early warning": ("castell", _to("coordination:indicators")),
        "networks behind indicators": ("castell", _to("coordination:indicator-networks")),
        "requests for means": ("bellin", _to("coordination:request-list")),
        "ask for means": ("bellin", _to("coordination:request-create")),
        "request for means": ("grint", _of("coordination:request-detail", lambda: ResourceRequest.objects.all())),
    },
    "matrix": {
        "matrix of an office": ("bellin", _to("threats:matrix", "BAMBARI")),
        "matrix of the mission": ("castell", _to("threats:matrix", "HQ")),
        "matrix of the mission, drafts": ("castell", lambda: reverse("threats:matrix", args=["HQ"]) + "?drafts=1"),
        "matrix, read only": ("pasco", _to("threats:matrix", "BAMBARI")),
        "matrix, row open": (
            "bellin",
            lambda: reverse("threats:matrix", args=["BAMBARI"]) + f"?open={_threats().first().ref}",
        ),
        "cell": ("bellin", lambda: reverse("threats:matrix-cell", args=["BAMBARI", _threats().first().pk, "action"])),
        "cell of lists": (
            "bellin",
            lambda: reverse("threats:matrix-cell", args=["BAMBARI", _threats().first().pk, "lead"]),
        ),
    },
    "threats": {
        "threat": ("castell", _of("threats:threat-detail", _threats)),
        "new threat": ("bellin", _to("threats:threat-create")),
        "threat, edit": ("bellin", _of("threats:threat-update", _threats)),
        "threat, rate": ("bellin", _of("threats:threat-assess", _threats)),
        "threat, imminence": ("bellin", _of("threats:threat-imminence", _threats)),
        "threat, close": ("bellin", _of("threats:threat-close", _threats)),
    },
    "beside the matrix": {
        "must, should, could": ("morrow", _to("threats:leadership", "HQ")),
        "gaps": ("castell", _to("threats:gap-list", "HQ")),
        "response": ("castell", _to("threats:response", "HQ")),
        "since the last edition": ("bellin", _to("threats:matrix-changes", "BAMBARI")),
        "outcomes": ("castell", _scored("threats:outcomes", "HQ")),
        "outcomes of an office": ("bellin", _scored("threats:outcomes", "BAMBARI")),
        "lesson": ("bellin", _to("threats:lesson-write", "BAMBARI", "2020-Q3")),
        "quality": ("bellin", _to("threats:quality", "BAMBARI")),
        "edit offline": ("bellin", _to("threats:offline-list", "BAMBARI")),
        "ratings": ("bellin", _of("threats:threat-ratings", _threats)),
    },
    "looking ahead": {
        "hotspots": ("castell", _to("threats:hotspots")),
        "hotspots, communes": ("castell", lambda: reverse("threats:hotspots") + "?level=3"),
        "presences": ("bellin", _to("threats:presence-list")),
        "new presence": ("bellin", _to("threats:presence-create")),
        "atrocity watch": ("castell", _to("threats:watch")),
        "factor": ("castell", _to("threats:factor-detail", "7")),
        "reading": ("castell", _to("threats:factor-read", "7")),
        "baseline": ("castell", _to("threats:factor-baseline", "7")),
        "calendar": ("bellin", _to("threats:trigger-list")),
        "trigger": ("castell", _of("threats:trigger-detail", lambda: TriggerEvent.objects.order_by("pk"))),
        "new trigger": ("castell", _to("threats:trigger-create")),
    },
    "lists and schemes": {
        "protection actors": ("bellin", _to("threats:protection-actor-list")),
        "protection actor": ("bellin", _of("threats:protection-actor-detail", _protection_actors)),
        "new protection actor": ("bellin", _to("threats:protection-actor-create")),
        "words": ("castell", _to("threats:vocabulary")),
        "schemes": ("castell", _to("threats:scheme-list")),
        "scheme": ("castell", _of("threats:scheme-detail", lambda: Scheme.objects.filter(is_current=True))),
        "new version": ("castell", _of("threats:scheme-create", lambda: Scheme.objects.filter(is_current=True))),
        "glossary": ("bellin", _to("pocweb:glossary")),
    },
    "editions": {
        "editions": ("castell", _to("threats:edition-list", "BAMBARI")),
        "roll over": ("okeh", _to("threats:edition-create", "BOUAR")),
        "edition, draft": ("castell", _of("threats:edition-detail", _editions(EditionState.DRAFT))),
        "edition in force": ("castell", _of("threats:edition-detail", _editions(EditionState.IN_FORCE))),
        "editions compared": ("castell", _compared),
        "edition, consult": ("bellin", _of("threats:edition-act", _editions(EditionState.DRAFT), "consult")),
        "edition, decision": (
            "adair",
            _of("coordination:edition-endorse", _editions(EditionState.ENDORSED, "BRIA")),
        ),
        "edition, approve": (
            "kessel",
            lambda: (
                reverse("threats:edition-act", args=[_editions(EditionState.ENDORSED, "BRIA")().first().pk, "approve"])
                + "?slot=head_of_military"
            ),
        ),
    },
    "incidents": {
        "incidents": ("castell", _to("threats:incident-list")),
        "incident": ("castell", _of("threats:incident-detail", _incidents)),
        "new incident": ("bellin", _to("threats:incident-create")),
        "incident, edit": ("bellin", _of("threats:incident-update", _incidents)),
        "incident, verify": ("solane", _of("threats:incident-verify", _incidents)),
        "map": ("castell", _to("threats:incident-map")),
    },
    "imports and actors": {
        "imports": ("castell", _to("threats:import-list")),
        "new import": ("castell", _to("threats:import-create")),
        "import": ("castell", _of("threats:import-detail", lambda: ImportRun.objects.all())),
        "actors": ("castell", _to("threats:actor-list")),
        "actor": ("castell", _of("threats:actor-detail", _actors)),
        "actor, edit": ("ferro", _of("threats:actor-update", _actors)),
    },
    "activities and forums": {
        "activities": ("castell", _to("strategy:activity-list")),
        "activity": ("castell", _of("strategy:activity-detail", lambda: Activity.objects.order_by("pk"))),
        "new activity": ("bellin", _to("strategy:activity-create")),
        "activity, edit": ("castell", _of("strategy:activity-update", lambda: Activity.objects.order_by("pk"))),
        "forums": ("castell", _to("coordination:forum-list")),
        "forum": ("castell", _of("coordination:forum-detail", lambda: Forum.objects.order_by("pk"))),
        "new forum": ("castell", _to("coordination:forum-create")),
    },
    "plans and engagement": {
        "community plans": ("orlo", _to("coordination:plan-list")),
        "community plan in force": ("orlo", _of("coordination:plan-detail", _plans)),
        "community plan, draft": ("orlo", _of("coordination:plan-detail", lambda: _plans().reverse())),
        "community plan, section": ("orlo", _of("coordination:plan-update", lambda: _plans().reverse(), "action")),
        "community version": ("orlo", _of("coordination:plan-community", _plans)),
        "local plan": ("bellin", _of("coordination:local-plan-detail", lambda: LocalPlan.objects.order_by("pk"))),
        "engagements": ("orlo", _to("coordination:engagement-list")),
        "figures of engagement": ("orlo", _to("coordination:engagement-figures")),
        "new engagement": ("orlo", _to("coordination:engagement-create")),
        "engagement": ("orlo", _of("coordination:engagement-detail", lambda: _met().filter(withdrawn_on=None))),
        "engagement, persons": ("orlo", _of("coordination:engagement-persons", lambda: _met().exclude(risk="safe"))),
        "report a reprisal": ("orlo", _to("coordination:reprisal-create")),
        "register": ("solane", _to("coordination:reprisal-list")),
        "allegation": ("solane", _of("coordination:reprisal-detail", lambda: Reprisal.objects.order_by("pk"))),
    },
    "alerts": {
        "report an alert": ("tamm", _to("coordination:case-create")),
        "to whom it went": ("haske", _of("coordination:case-filed", _cases)),
        "list of alerts": ("haske", _to("coordination:case-list")),
        "case to be rated": ("haske", _of("coordination:case-detail", lambda: _cases().filter(state="received"))),
        "case under way": ("marrow", _of("coordination:case-detail", lambda: _cases().filter(branch="imminent"))),
        "rate the information": (
            "haske",
            lambda: reverse(
                "coordination:case-act", args=[_cases().filter(state="received").first().pk, "rate-information"]
            ),
        ),
        "impact on children": (
            "solane",
            lambda: reverse(
                "coordination:case-special", args=[_cases().exclude(state="closed").first().pk, "children"]
            ),
        ),
        "tie to a threat": ("bellin", _of("coordination:case-threat", lambda: _cases().filter(threat=None))),
    },
    "meetings and sharing": {
        "set up forums": ("castell", _to("coordination:forum-set-up")),
        "outside mechanisms": ("castell", _to("coordination:mechanism-list")),
        "meetings": ("bellin", _to("coordination:meeting-list")),
        "meeting held": ("bellin", _of("coordination:meeting-detail", lambda: Meeting.objects.filter(state="held"))),
        "meeting planned": (
            "bellin",
            _of("coordination:meeting-detail", lambda: Meeting.objects.filter(state="planned")),
        ),
        "agenda": ("bellin", _of("coordination:meeting-agenda", lambda: Meeting.objects.filter(state="planned"))),
        "change a meeting": (
            "bellin",
            _of("coordination:meeting-update", lambda: Meeting.objects.filter(state="planned")),
        ),
        "new meeting": ("bellin", _to("coordination:meeting-create")),
        "action points": ("castell", _to("coordination:action-list")),
        "action point": ("bellin", _of("coordination:action-detail", lambda: ActionPoint.objects.order_by("pk"))),
        "issues": ("castell", _to("coordination:issue-list")),
        "issue": ("castell", _of("coordination:issue-detail", lambda: Issue.objects.order_by("pk"))),
        "communities": ("castell", _to("coordination:community-overview")),
        "gaps in communities": ("bellin", _to("coordination:community-gaps")),
        "networks": ("castell", _to("coordination:network-list")),
        "network": (
            "bellin",
            _of("coordination:network-detail", lambda: Network.objects.filter(office__code="BAMBARI")),
        ),
        "new network": ("bellin", _to("coordination:network-create")),
        "alert of a network": (
            "bellin",
            _of("coordination:network-alert", lambda: NetworkAlert.objects.order_by("pk")),
        ),
        "assistants": ("bellin", _to("coordination:assistant-list")),
        "assistant": ("bellin", _of("coordination:assistant-detail", lambda: LiaisonAssistant.objects.order_by("pk"))),
        "impact assessments": ("castell", _to("coordination:pcia-list")),
        "impact assessment": ("bellin", _of("coordination:pcia-detail", lambda: Pcia.objects.order_by("number"))),
        "contacts": ("bellin", _to("coordination:contact-list")),
        "hand over contacts": ("bellin", _to("coordination:contact-hand-over")),
        "shares": ("castell", _to("coordination:share-list")),
        "new share": ("castell", _to("coordination:share-create")),
        "agreements": ("castell", _to("coordination:agreement-list")),
        "agreement": ("castell", _of("coordination:agreement-detail", lambda: SharingAgreement.objects.order_by("pk"))),
    },
    "flash reports and the trail": {
        "flash reports": ("marrow", _to("coordination:flash-list")),
        "flash report": (
            "marrow",
            _of("coordination:flash-detail", lambda: FlashReport.objects.filter(kind="warning")),
        ),
        "incident flash": ("marrow", _of("coordination:flash-incident", _incidents)),
        "trail": ("castell", _of("coordination:case-trail", _flashed)),
        "evaluation": ("castell", _of("coordination:case-evaluation", _flashed)),
        "evaluation asked": ("bellin", _of("coordination:case-evaluation", _unasked)),
    },
    "reports": {
        "reports": ("castell", _to("reporting:report-list")),
        "new report": ("castell", _to("reporting:report-create")),
        "report, approved": (
            "castell",
            _of("reporting:report-detail", lambda: Report.objects.filter(state="approved")),
        ),
        "report, draft": ("castell", _of("reporting:report-detail", _drafts)),
        "report, section": ("castell", _of("reporting:section-update", _drafts, "I.b.iii")),
        "report, lead": ("castell", _of("reporting:report-head", _drafts)),
        "report, preview": ("castell", _of("reporting:report-preview", _drafts)),
        "report, figure": ("castell", _of("reporting:figure-detail", _drafts, "F-02")),
    },
    "places and people": {
        "places": ("castell", _to("pocweb:place-list")),
        "place": ("castell", _of("pocweb:place-detail", lambda: Area.objects.filter(pcode="CF43"))),
        "offices": ("castell", _to("pocweb:office-list")),
        "office": ("lund", _of("pocweb:office-detail", lambda: Office.objects.filter(code="BAMBARI"))),
        "people": ("lund", _to("pocweb:person-list")),
        "person": ("lund", _of("pocweb:person-detail", lambda: Person.objects.filter(username="bellin"))),
        "new person": ("lund", _to("pocweb:person-create")),
        "access": ("lund", _to("pocweb:access-table")),
        "audit": ("lund", _to("pocweb:audit-list")),
    },
}


@pytest.mark.parametrize("part", PAGES)
def test_pages_fit_and_can_be_read_by_all(shown_demo: Demo, part: str) -> None:
    pages: dict[str | None, tuple[Page, Witness]] = {}
    found: dict[str, list[str]] = {}
    for name, (account, address) in PAGES[part].items():
        if account not in pages:
            page = shown_demo.browser_of(account)
            pages[account] = page, Witness(page, shown_demo.url)
        page, witness = pages[account]
        page.goto(shown_demo.url + address())
        faults = faults_of(page)
        if (heads := page.locator("h1").count()) != 1:
            faults.append(f"{heads} headings of the first level")
        if faults := witness.told() + faults:
            found[name] = faults
    assert found == {}


def test_cell_opened_in_place_fits_and_can_be_read_by_all(shown_demo: Demo) -> None:
    threat = _threats().first()
    page = shown_demo.browser_of("bellin")
    witness = Witness(page, shown_demo.url)
    page.goto(f"{shown_demo.url}/matrix/BAMBARI/")
    page.get_by_role("link", name=f"Edit action required, {threat.ref}").dispatch_event("click")
    expect(page.get_by_role("textbox", name="Action required")).to_be_visible()
    assert witness.told() + faults_of(page) == []
