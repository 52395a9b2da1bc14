"""The walk of every address against every role. An address that nobody has placed in the table fails it.

To place a new address, add one line to `PLACES`: who may (any answer but 401, 403, 404 or a server's error), who sees
the record but may not do this (403), and what the address names. Everybody else is refused: a stranger of another
mission gets 404 for a record, as if it were not there, and somebody who is not signed in is sent to sign in. Sources
of the roles: `pocweb/reference/permissions.yaml`, row by row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from pocweb.choices import Role
from tests.access_world import World, make_world

pytestmark = pytest.mark.once

ALL = " ".join(Role.values)
INSIDE = "SML LEAD FCPC HOO POCA POCF SECT JOC JMAC PROT SCPI DMS SPU"
PLACES_V = f"{INSIDE} ADM"
PLACES_E = "POCA ADM"
INCIDENT_E = "FCPC POCA POCF JOC JMAC PROT"
VERIFY = "JOC PROT"
IMPORT = "POCA JOC JMAC PROT"
ACTOR_V = "SML LEAD FCPC HOO POCA POCF SECT JOC JMAC PROT SPU"
ACTOR_E = "POCA POCF JOC JMAC PROT"
PRESENCE_E = "FCPC POCA POCF SECT JOC JMAC PROT DMS"
THREAT_E = "POCA POCF SECT JOC JMAC PROT DMS"
IMMINENCE = "FCPC HOO POCA POCF"
DRAFT = "POCA POCF"
RETURN = "SML LEAD FCPC HOO POCA POCF"
ACTIVITY_E = "FCPC POCA POCF SECT JOC PROT SCPI DMS"
REPORT_V = "SML LEAD FCPC HOO POCA POCF SECT JOC JMAC PROT DMS SPU"
REPORT_D = "POCA"
ADMIN = "ADM"
WATCH_E = "FCPC HOO POCA POCF JOC JMAC PROT"
BASELINE = "POCA"
OVERRULE = "SML LEAD HOO"
CONTACT_E = "HOO POCA POCF SECT JOC"
SHARE_V = "SML LEAD FCPC HOO POCA POCF SECT JOC JMAC PROT SPU"
SHARE_E = "HOO POCA POCF JOC JMAC PROT"
FLASH_SENDERS = "HOO JOC"
CASE_RATERS = "FCPC POCA POCF JOC JMAC PROT"
CASE_STEERERS = "HOO POCA POCF JOC"
CASE_RESPONDERS = "FCPC HOO POCA POCF JOC JMAC PROT"
ENGAGEMENT_V = "SML LEAD FCPC HOO POCA POCF SECT JOC JMAC PROT"
ENGAGEMENT_E = "HOO POCA POCF SECT JMAC PROT"
MEANS_ASKERS = "FCPC HOO POCA POCF SECT JOC JMAC PROT"
COMMUNITY_E = "HOO POCA POCF SECT JOC PROT DMS"
CODE: dict[str, Any] = {"code": "BAMBARI"}


@dataclass(frozen=True)
class Place:
    """Where an address stands: who may, who only sees, what it names.

    `names` maps a part of the address to a record of the world ("threat", or "report.sections") or to itself where the
    world has no such record. `is_record` says that the address names a record of the mission. `posts` is None for GET.
    """

    may: str
    sees: str = ""
    names: dict[str, Any] = field(default_factory=dict)
    is_record: bool = False
    posts: dict[str, Any] | None = None
    is_public: bool = False
    at_hq: bool = False
    is_missing: bool = False
    is_patch: bool = False


def page(may: str, *, post: dict[str, Any] | None = None, **names: Any) -> Place:
    """Place a page that names no record of a mission."""
    return Place(may, names=names, posts=post)


def record(may: str, sees: str = "", *, post: dict[str, Any] | None = None, **names: Any) -> Place:
    """Place a page or an act of one record; those in `sees` but not in `may` are told that they may not."""
    return Place(may, sees, names, is_record=True, posts=post)


def at_hq(place: Place) -> Place:
    """Ask the roles at headquarters: the act concerns the whole mission."""
    return replace(place, at_hq=True)


def missing(place: Place) -> Place:
    """Expect that the person has none of it (404): nobody of the walk has switched a second step on."""
    return replace(place, is_missing=True)


def patched(place: Place) -> Place:
    """Send a PATCH to the API."""
    return replace(place, is_patch=True)


def public(**names: Any) -> Place:
    """Place a page for people who are not signed in."""
    return Place(ALL, names=names, is_public=True)


EMPTY: dict[str, Any] = {}
READING = {"read_on": "2020-12-20", "level": 1, "evidence": "Walked"}
STEP = {"reason": "Walked"}
RATING = {"likelihood": 3, "impact": 3, "reason": "Walked"}
CASE_STEP = {"step": "rate-source", "based_on": 1, "reliability": "B", "reason": "Walked"}
PLACES: dict[str, Place] = {
    # one's own account
    "account_login": public(),
    "account_logout": page(ALL),
    "account_inactive": public(),
    "account_overview": page(ALL),
    "account_change_password": page(ALL),
    "account_reauthenticate": page(ALL),
    "mfa_index": page(ALL),
    "mfa_authenticate": page(ALL),
    "mfa_reauthenticate": page(ALL),
    "mfa_activate_totp": page(ALL),
    "mfa_deactivate_totp": missing(page(ALL)),
    "mfa_view_recovery_codes": missing(page(ALL)),
    "mfa_generate_recovery_codes": page(ALL),
    "mfa_download_recovery_codes": missing(page(ALL)),
    # shared pages
    "pocweb:desk": page(ALL),
    "pocweb:about": page(ALL),
    "pocweb:glossary": page(ALL),
    "pocweb:job-detail": page(ALL, pk="own_job"),
    "pocweb:job-retry": page(ALL, post=EMPTY, pk="own_job"),
    "pocweb:notice-list": page(ALL),
    "pocweb:notice-read-all": page(ALL, post=EMPTY),
    "pocweb:notice-choices": page(ALL),
    "pocweb:notice-open": page(ALL, pk="own_notice"),
    "pocweb:notice-mail-again": page(ADMIN, post=EMPTY),
    "pocweb:place-list": page(PLACES_V),
    "pocweb:place-detail": page(PLACES_V, pk="ouaka"),
    "pocweb:place-name-add": page(PLACES_E, post={"name": "Waka"}, pk="ouaka"),
    "pocweb:office-list": page(PLACES_V),
    "pocweb:mission-settings": page(PLACES_E),
    "pocweb:office-create": page(PLACES_E),
    "pocweb:office-detail": record(PLACES_V, pk="bambari"),
    "pocweb:office-update": record(PLACES_E, PLACES_V, pk="bambari"),
    "pocweb:person-list": page(ADMIN),
    "pocweb:person-create": page(ADMIN),
    "pocweb:person-detail": record(ADMIN, pk="officer"),
    "pocweb:person-clearance": record(ADMIN, post={"clearance": 3}, pk="officer"),
    "pocweb:person-password": record(ADMIN, post=EMPTY, pk="officer"),
    "pocweb:person-close": record(ADMIN, post=EMPTY, pk="officer"),
    "pocweb:posting-add": record(ADMIN, post=EMPTY, pk="officer"),
    "pocweb:posting-end": record(ADMIN, post=EMPTY, pk="officer", posting_pk="officer_posting"),
    "pocweb:access-table": page(ALL),
    "pocweb:access-set": page(ADMIN, post=EMPTY),
    "pocweb:audit-list": page(ADMIN),
    "pocweb:audit-verify": page(ADMIN, post=EMPTY),
    # incidents, imports, perpetrator profiles
    "threats:incident-list": page(INSIDE),
    "threats:incident-map": page(INSIDE),
    "threats:incident-export-csv": page(INSIDE),
    "threats:incident-export-xlsx": page(INSIDE),
    "threats:incident-create": page(INCIDENT_E),
    "threats:incident-areas": page(INSIDE),
    "threats:incident-places": page(INCIDENT_E),
    "threats:incident-detail": record(INSIDE, pk="incident"),
    "threats:incident-update": record(INCIDENT_E, INSIDE, pk="incident"),
    "threats:incident-verify": record(VERIFY, INSIDE, post={"to": "under_verification"}, pk="incident"),
    "threats:incident-settle": record(INCIDENT_E, INSIDE, post=EMPTY, pk="incident"),
    "threats:import-list": page(IMPORT),
    "threats:import-create": at_hq(page(IMPORT)),
    "threats:import-template-csv": page(IMPORT),
    "threats:import-template-xlsx": page(IMPORT),
    "threats:import-detail": record(IMPORT, pk="run"),
    "threats:import-state": record(IMPORT, pk="run"),
    "threats:import-confirm": record(IMPORT, post=EMPTY, pk="run"),
    "threats:import-cancel": record(IMPORT, post=EMPTY, pk="run"),
    "threats:import-errors": record(IMPORT, pk="run"),
    "threats:actor-list": page(ACTOR_V),
    "threats:actor-create": page(ACTOR_E),
    "threats:actor-detail": record(ACTOR_V, pk="actor"),
    "threats:actor-update": record(ACTOR_E, ACTOR_V, pk="actor"),
    # other protection actors, lists of words, rating schemes
    "threats:protection-actor-list": page(INSIDE),
    "threats:protection-actor-create": page(THREAT_E),
    "threats:protection-actor-detail": record(INSIDE, pk="protection_actor"),
    "threats:protection-actor-update": record(THREAT_E, INSIDE, pk="protection_actor"),
    "threats:vocabulary": page(PLACES_V),
    "threats:vocabulary-create": page(PLACES_E, kind="groups"),
    "threats:vocabulary-update": record(PLACES_E, kind="groups", pk="group_entry"),
    "threats:scheme-list": page(PLACES_V),
    "threats:scheme-detail": record(PLACES_V, pk="scheme"),
    "threats:scheme-create": record(PLACES_E, pk="scheme"),
    # atrocity watch, trigger calendar; a factor is the reader's own mission's, so its number names no record
    "threats:watch": page(INSIDE),
    "threats:watch-export": page(INSIDE, kind="csv"),
    "threats:factor-detail": page(INSIDE, number="1"),
    "threats:factor-baseline": page(BASELINE, number="1"),
    "threats:factor-read": page(WATCH_E, number="1"),
    "threats:trigger-list": page(INSIDE),
    "threats:trigger-export": page(INSIDE, kind="ics"),
    "threats:trigger-create": page(WATCH_E),
    "threats:trigger-detail": record(INSIDE, pk="trigger"),
    "threats:trigger-update": record(WATCH_E, INSIDE, pk="trigger"),
    "threats:trigger-effect": record(WATCH_E, INSIDE, pk="trigger"),
    "threats:trigger-call-off": record(WATCH_E, INSIDE, pk="trigger"),
    # hotspots, blind spots, presences
    "threats:hotspots": page(INSIDE),
    "threats:hotspot-export": page(INSIDE),
    "threats:hotspot-svg": page(INSIDE),
    "threats:presence-list": page(INSIDE),
    "threats:presence-export-csv": page(INSIDE),
    "threats:presence-export-xlsx": page(INSIDE),
    "threats:presence-create": page(PRESENCE_E),
    "threats:presence-detail": record(INSIDE, pk="presence"),
    "threats:presence-update": record(PRESENCE_E, INSIDE, pk="presence"),
    "threats:presence-end": record(PRESENCE_E, INSIDE, post={"ended_on": "2020-12-31"}, pk="presence"),
    # threats, matrix, editions
    "threats:threat-create": page(THREAT_E),
    "threats:threat-detail": record(INSIDE, pk="threat"),
    "threats:threat-update": record(THREAT_E, INSIDE, pk="threat"),
    "threats:threat-assess": record(THREAT_E, INSIDE, pk="threat"),
    "threats:threat-ratings": record(INSIDE, pk="threat"),
    "threats:threat-imminence": record(IMMINENCE, INSIDE, pk="threat"),
    "threats:threat-close": record(THREAT_E, INSIDE, pk="threat"),
    "threats:matrix-start": page(INSIDE),
    "threats:matrix": record(INSIDE, **CODE),
    "threats:matrix-row": record(INSIDE, **CODE, pk="threat"),
    "threats:matrix-cell": record(THREAT_E, INSIDE, **CODE, pk="threat", cell="capacity"),
    "threats:matrix-export": record(INSIDE, **CODE, kind="csv"),
    "threats:gap-list": record(INSIDE, **CODE),
    "threats:gap-export": record(INSIDE, **CODE, kind="csv"),
    "threats:response": record(INSIDE, **CODE),
    "threats:leadership": record(INSIDE, **CODE),
    "threats:matrix-file": record(INSIDE, job="own_matrix_job"),
    "threats:offline-list": record(INSIDE, **CODE),
    "threats:offline-sheet": record(THREAT_E, INSIDE, **CODE),
    "threats:offline-upload": record(THREAT_E, INSIDE, post=EMPTY, **CODE),
    "threats:offline-detail": record(INSIDE, pk="offline_sheet"),
    "threats:offline-confirm": record(THREAT_E, INSIDE, post=EMPTY, pk="offline_sheet"),
    "threats:offline-cancel": record(THREAT_E, INSIDE, post=EMPTY, pk="offline_sheet"),
    "threats:offline-file": record(THREAT_E, INSIDE, pk="offline_sheet"),
    "threats:edition-list": record(INSIDE, **CODE),
    "threats:edition-create": record(DRAFT, INSIDE, post=EMPTY, **CODE),
    "threats:edition-detail": record(INSIDE, pk="edition"),
    "threats:edition-compare": record(INSIDE, pk="edition", other="first_edition"),
    "threats:rating-confirm": record(THREAT_E, INSIDE, pk="edition", threat="threat"),
    "threats:edition-compare-csv": record(INSIDE, pk="first_edition", other="edition"),
    "threats:matrix-changes": record(INSIDE, **CODE),
    "threats:edition-export": record(INSIDE, pk="edition", kind="csv"),
    "threats:edition-act": record(RETURN, INSIDE, post={"reason": "More detail"}, pk="edition", act="return"),
    "threats:quality": record(INSIDE, **CODE),
    "threats:quality-export": record(INSIDE, **CODE, kind="csv"),
    "threats:outcomes": record(INSIDE, **CODE),
    "threats:outcomes-export": record(INSIDE, **CODE),
    "threats:lesson-detail": record(INSIDE, pk="lesson"),
    "threats:lesson-write": record(DRAFT, INSIDE, **CODE, period="2020-Q3"),
    # response, forums
    "strategy:activity-list": page(INSIDE),
    "strategy:activity-create": page(ACTIVITY_E),
    "strategy:activity-export": page(INSIDE, kind="csv"),
    "strategy:activity-detail": record(INSIDE, pk="activity"),
    "strategy:activity-update": record(ACTIVITY_E, INSIDE, pk="activity"),
    "strategy:activity-move": record(ACTIVITY_E, INSIDE, post=EMPTY, pk="activity", act="start"),
    "coordination:forum-list": page(INSIDE),
    "coordination:forum-create": page(DRAFT),
    "coordination:forum-set-up": page(DRAFT),
    "coordination:forum-export": page(INSIDE, kind="csv"),
    "coordination:forum-detail": record(INSIDE, pk="forum"),
    "coordination:forum-update": record(DRAFT, INSIDE, pk="forum"),
    "coordination:mechanism-list": page(INSIDE),
    "coordination:mechanism-create": page(DRAFT),
    "coordination:mechanism-export": page(INSIDE, kind="csv"),
    "coordination:mechanism-detail": record(INSIDE, pk="mechanism"),
    "coordination:mechanism-update": record(DRAFT, INSIDE, pk="mechanism"),
    "coordination:edition-endorse": record(DRAFT, INSIDE, pk="consulted"),
    # communities: networks, assistants, impact assessments, gaps
    "coordination:community-overview": page(INSIDE),
    "coordination:community-gaps": page(INSIDE),
    "coordination:community-gaps-export": page(INSIDE, kind="csv"),
    "coordination:community-periods": page(PLACES_E),
    "coordination:assistant-list": page(INSIDE),
    "coordination:assistant-create": page(COMMUNITY_E),
    "coordination:assistant-export": page(INSIDE, kind="xlsx"),
    "coordination:assistant-detail": record(INSIDE, pk="assistant"),
    "coordination:assistant-update": record(COMMUNITY_E, INSIDE, pk="assistant"),
    "coordination:assistant-end": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="assistant"),
    "coordination:network-list": page(INSIDE),
    "coordination:network-create": page(COMMUNITY_E),
    "coordination:network-export": page(INSIDE, kind="csv"),
    "coordination:network-detail": record(INSIDE, pk="network"),
    "coordination:network-update": record(COMMUNITY_E, INSIDE, pk="network"),
    "coordination:network-keep": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="network", act="check"),
    "coordination:network-move": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="network", act="lapse"),
    "coordination:focal-point-create": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="network"),
    "coordination:focal-point-leave": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="network", point="focal_point"),
    "coordination:network-alert-create": record(INSIDE, pk="network"),
    "coordination:network-alert": record(INSIDE, pk="network_alert"),
    "coordination:pcia-list": page(INSIDE),
    "coordination:pcia-create": page(COMMUNITY_E),
    "coordination:pcia-detail": record(INSIDE, pk="pcia"),
    "coordination:pcia-update": record(COMMUNITY_E, INSIDE, pk="pcia"),
    "coordination:pcia-complete": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="pcia"),
    "coordination:pcia-pdf": record(INSIDE, post=EMPTY, pk="pcia"),
    "coordination:pcia-file": record(INSIDE, job="own_pcia_job"),
    "api-network-list": page(INSIDE),
    "api-network-detail": record(INSIDE, pk="network"),
    # plans, engagement, the restricted register
    "coordination:plan-list": page(INSIDE),
    "coordination:plan-create": page(COMMUNITY_E),
    "coordination:plan-detail": record(INSIDE, pk="plan"),
    "coordination:plan-update": record(COMMUNITY_E, INSIDE, pk="plan", section="people"),
    "coordination:plan-consult": record(COMMUNITY_E, INSIDE, pk="plan"),
    "coordination:plan-act": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="plan", act="consult"),
    "coordination:plan-next": record(COMMUNITY_E, INSIDE, post=EMPTY, pk="plan"),
    "coordination:plan-compare": record(INSIDE, pk="plan", other="plan"),
    "coordination:plan-pdf": record(INSIDE, post=EMPTY, pk="plan"),
    "coordination:plan-community": record(COMMUNITY_E, INSIDE, pk="plan"),
    "coordination:plan-file": record(INSIDE, job="own_plan_job"),
    "coordination:local-plan-list": page(INSIDE),
    "coordination:local-plan-create": record(DRAFT, INSIDE, pk="forum"),
    "coordination:local-plan-detail": record(INSIDE, pk="local_plan"),
    "coordination:local-plan-update": record(DRAFT, INSIDE, pk="local_plan"),
    "coordination:local-plan-adopt": record(DRAFT, INSIDE, post=EMPTY, pk="local_plan"),
    "coordination:local-plan-next": record(DRAFT, INSIDE, post=EMPTY, pk="local_plan"),
    "coordination:local-risk-create": record(DRAFT, INSIDE, post=EMPTY, pk="local_plan"),
    "coordination:local-risk-remove": record(DRAFT, INSIDE, post=EMPTY, pk="local_plan", risk="local_risk"),
    "coordination:local-line-create": record(DRAFT, INSIDE, pk="local_plan", risk="local_risk"),
    "coordination:local-line-update": record(DRAFT, INSIDE, pk="local_plan", line="local_line"),
    "coordination:local-line-remove": record(DRAFT, INSIDE, post=EMPTY, pk="local_plan", line="local_line"),
    "coordination:local-plan-pdf": record(INSIDE, post=EMPTY, pk="local_plan"),
    "coordination:local-plan-file": record(INSIDE, job="own_local_plan_job"),
    "coordination:engagement-list": page(ENGAGEMENT_V),
    "coordination:engagement-create": page(ENGAGEMENT_E),
    "coordination:engagement-figures": page(ENGAGEMENT_V),
    "coordination:engagement-export": page(ENGAGEMENT_V, kind="csv"),
    "coordination:engagement-detail": record(ENGAGEMENT_V, pk="engagement"),
    "coordination:engagement-update": record(ENGAGEMENT_E, ENGAGEMENT_V, pk="engagement"),
    "coordination:engagement-persons": record(ENGAGEMENT_E, ENGAGEMENT_V, pk="engagement"),
    "coordination:engagement-act": record(ENGAGEMENT_E, ENGAGEMENT_V, post=EMPTY, pk="engagement", act="remove"),
    "coordination:photo-create": record(ENGAGEMENT_E, ENGAGEMENT_V, post=EMPTY, pk="engagement"),
    "coordination:photo-file": record(ENGAGEMENT_V, pk="engagement", photo="photo"),
    "coordination:photo-remove": record(ENGAGEMENT_E, ENGAGEMENT_V, post=EMPTY, pk="engagement", photo="photo"),
    "coordination:reprisal-create": page(INSIDE),
    "coordination:reprisal-filed": page(INSIDE),
    "coordination:reprisal-list": page("POCA PROT"),
    "coordination:reprisal-detail": record("POCA PROT", pk="reprisal"),
    "coordination:reprisal-act": record("PROT", "POCA", post=EMPTY, pk="reprisal"),
    # contacts, sharing
    "coordination:contact-list": page(INSIDE),
    "coordination:contact-create": page(CONTACT_E),
    "coordination:contact-hand-over": page(CONTACT_E),
    "coordination:contact-log": page(INSIDE),
    "coordination:contact-file": record(CONTACT_E, job="own_contact_job"),
    "coordination:contact-detail": record(INSIDE, pk="contact"),
    "coordination:contact-update": record(CONTACT_E, INSIDE, pk="contact"),
    "coordination:contact-check": record(CONTACT_E, INSIDE, post=EMPTY, pk="contact"),
    "coordination:contact-retire": record(CONTACT_E, INSIDE, post=EMPTY, pk="contact"),
    "coordination:share-list": page(SHARE_V),
    "coordination:share-create": page(SHARE_E),
    "coordination:share-detail": record(SHARE_V, pk="share"),
    "coordination:agreement-list": page(SHARE_V),
    "coordination:agreement-create": page(BASELINE),
    "coordination:agreement-detail": record(SHARE_V, pk="agreement"),
    "coordination:agreement-update": record(BASELINE, SHARE_V, pk="agreement"),
    "coordination:agreement-end": record(BASELINE, SHARE_V, post=EMPTY, pk="agreement"),
    "coordination:share-block": record(SHARE_V, pk="threat"),
    # meetings, decisions, action points
    "coordination:meeting-list": page(INSIDE),
    "coordination:meeting-create": page(DRAFT),
    "coordination:meeting-detail": record(INSIDE, pk="meeting"),
    "coordination:meeting-update": record(DRAFT, INSIDE, pk="meeting"),
    "coordination:meeting-act": record(DRAFT, INSIDE, post=EMPTY, pk="session", act="close"),
    "coordination:meeting-agenda": record(DRAFT, INSIDE, pk="meeting"),
    "coordination:meeting-item-act": record(DRAFT, INSIDE, post=EMPTY, pk="session", item="agenda_item", act="up"),
    "coordination:meeting-session": record(INSIDE, pk="session"),
    "coordination:meeting-attendance": record(DRAFT, INSIDE, post=EMPTY, pk="session"),
    "coordination:meeting-item": record(DRAFT, INSIDE, post=EMPTY, pk="session", item="agenda_item"),
    "coordination:meeting-pdf": record(INSIDE, post=EMPTY, pk="meeting"),
    "coordination:meeting-file": record(INSIDE, job="own_minutes_job"),
    "coordination:decision-overrule": record(OVERRULE, INSIDE, pk="decision"),
    "coordination:issue-list": page(INSIDE),
    "coordination:issue-create": page(INSIDE),
    "coordination:issue-detail": record(INSIDE, pk="issue"),
    "coordination:issue-act": record(f"{DRAFT} {OVERRULE}", INSIDE, post=STEP, pk="issue", act="decide"),
    "coordination:action-list": page(INSIDE),
    "coordination:action-export": page(INSIDE, kind="csv"),
    "coordination:action-detail": record(INSIDE, pk="action"),
    "coordination:action-act": record(DRAFT, INSIDE, post=EMPTY, pk="action", act="finish"),
    # early-warning cases
    "coordination:case-list": page(INSIDE),
    "coordination:case-create": page(INSIDE),
    "coordination:case-detail": record(INSIDE, pk="case"),
    "coordination:case-filed": record(INSIDE, pk="case"),
    "coordination:case-report": record(INSIDE, pk="case"),
    "coordination:case-act": record(CASE_RATERS, INSIDE, pk="case", act="rate-source"),
    "coordination:case-place": record(CASE_RATERS, INSIDE, pk="case"),
    "coordination:case-threat": record(CASE_RATERS, INSIDE, pk="case"),
    "coordination:case-incident": record(CASE_RATERS, INSIDE, pk="case"),
    "coordination:case-promote": record("POCA POCF JOC JMAC PROT", INSIDE, pk="case"),
    "coordination:case-special": record("PROT", INSIDE, pk="case", kind="children"),
    "coordination:case-urgent": record(CASE_STEERERS, INSIDE, pk="case"),
    # sending, deciding, responding
    "coordination:recipient-rules": page(PLACES_E),
    "coordination:recipient-rule-remove": page(PLACES_E, post={"label": "POC focal points"}, step="I10"),
    "coordination:case-send-out": record(CASE_STEERERS, INSIDE, pk="response_case"),
    "coordination:case-share": record(CASE_STEERERS, INSIDE, pk="case", step="6"),
    "coordination:case-acknowledge": record(INSIDE, pk="case"),
    "coordination:case-emergency": record("SML LEAD HOO", INSIDE, pk="response_case"),
    "coordination:case-decision": record(CASE_STEERERS, INSIDE, pk="response_case"),
    "coordination:case-table": record(CASE_STEERERS, INSIDE, pk="case"),
    "coordination:case-tell": record(CASE_STEERERS, INSIDE, pk="decided_case"),
    "coordination:case-close": record(CASE_STEERERS, INSIDE, pk="watched_case"),
    "coordination:case-implement": record(CASE_RESPONDERS, INSIDE, pk="response_case"),
    "coordination:harm-create": record(CASE_STEERERS, INSIDE, pk="response_case"),
    "coordination:harm-send": record(CASE_STEERERS, INSIDE, post=EMPTY, pk="harm"),
    "coordination:response-create": record(CASE_RESPONDERS, INSIDE, pk="response_case"),
    "coordination:response-detail": record(INSIDE, pk="response"),
    "coordination:response-update": record(CASE_RESPONDERS, INSIDE, pk="response"),
    "coordination:response-act": record(CASE_RESPONDERS, INSIDE, post=EMPTY, pk="response", act="hinder"),
    "coordination:case-reopen": record(CASE_STEERERS, INSIDE, pk="closed_case"),
    # flash reports, the trail, evaluations
    "coordination:flash-list": page(INSIDE),
    "coordination:flash-detail": record(INSIDE, pk="flash"),
    "coordination:flash-pdf": record(INSIDE, post=EMPTY, pk="flash"),
    "coordination:flash-file": record(INSIDE, job="own_flash_job"),
    "coordination:flash-create": record(FLASH_SENDERS, INSIDE, pk="decided_case"),
    "coordination:flash-incident": record(FLASH_SENDERS, INSIDE, pk="incident"),
    "coordination:case-trail": record(INSIDE, pk="decided_case"),
    "coordination:case-trail-pdf": record(INSIDE, post=EMPTY, pk="decided_case"),
    "coordination:case-trail-file": record(INSIDE, job="own_trail_job"),
    "coordination:case-evaluation": record(INSIDE, pk="watched_case"),
    "coordination:evaluation-finish": record(CASE_STEERERS, INSIDE, post=EMPTY, pk="watched_case"),
    # the Early Warning Matrix, the clock, indicators, requests for means
    "coordination:ew-matrix": page(INSIDE),
    "coordination:ew-matrix-export": page(INSIDE, kind="csv"),
    "coordination:ew-sage-export": page(INSIDE, kind="csv"),
    "coordination:ew-matrix-pdf": page(INSIDE, post=EMPTY),
    "coordination:ew-matrix-file": record(INSIDE, job="own_ew_matrix_job"),
    "coordination:ew-matrix-row": record(INSIDE, pk="decided_case"),
    "coordination:ew-matrix-cell": record(CASE_STEERERS, INSIDE, pk="decided_case", cell="remarks"),
    "coordination:ew-matrix-history": record(INSIDE, pk="decided_case", cell="remarks"),
    "coordination:clock": page(INSIDE),
    "coordination:clock-export": page(INSIDE),
    "coordination:clock-targets": page(PLACES_E),
    "coordination:indicators": page(INSIDE),
    "coordination:indicators-export": page(INSIDE),
    "coordination:indicator-networks": page(INSIDE),
    "coordination:request-list": page(INSIDE),
    "coordination:request-create": page(MEANS_ASKERS),
    "coordination:request-detail": record(INSIDE, pk="means_request"),
    "coordination:request-answer": record("SML LEAD DMS", INSIDE, post=EMPTY, pk="means_request"),
    "coordination:request-withdraw": record(CASE_STEERERS, INSIDE, post=EMPTY, pk="means_request"),
    "api-flash-list": page(INSIDE),
    "api-flash-detail": record(INSIDE, pk="flash"),
    "api-case-list": page(INSIDE),
    "api-case-detail": record(INSIDE, pk="decided_case"),
    "api-case-step": record("FCPC POCA POCF JOC JMAC PROT", INSIDE, post=CASE_STEP, pk="decided_case"),
    "api-case-cell": record(CASE_STEERERS, INSIDE, post={"based_on": 1, "remarks": "Walked"}, pk="decided_case"),
    "api-case-trail": record(INSIDE, pk="decided_case"),
    # reports
    "reporting:report-list": page(REPORT_V),
    "reporting:report-create": page(REPORT_D),
    "reporting:report-detail": record(REPORT_V, pk="report"),
    "reporting:report-preview": record(REPORT_V, pk="report"),
    "reporting:report-act": record(REPORT_D, REPORT_V, post=EMPTY, pk="report", act="submit"),
    "reporting:report-correct": record(REPORT_D, REPORT_V, post=EMPTY, pk="report"),
    "reporting:report-head": record(REPORT_V, pk="report"),
    "reporting:section-update": record(REPORT_V, pk="report", code="I.a"),
    "reporting:figures-refresh": record(REPORT_V, post=EMPTY, pk="report"),
    "reporting:figure-detail": record(REPORT_V, pk="report", code="F-01"),
    "reporting:report-pdf": record(REPORT_V, post=EMPTY, pk="report"),
    "reporting:report-file": record(REPORT_V, pk="report", file_pk="report_file"),
    # the API
    "api-schema": page(ALL),
    "api-docs": page(ALL),
    "api-incident-list": page(INSIDE),
    "api-incident-detail": record(INSIDE, pk="incident"),
    "api-gap-list": page(INSIDE),
    "api-threat-list": page(INSIDE),
    "api-threat-detail": record(INSIDE, pk="threat"),
    "api-threat-assess": record(THREAT_E, INSIDE, post=RATING, pk="threat"),
    "api-actor-list": page(ACTOR_V),
    "api-actor-detail": record(ACTOR_V, pk="actor"),
    "api-watch-list": page(INSIDE),
    "api-watch-detail": page(INSIDE, number="1"),
    "api-watch-readings": page(WATCH_E, post=READING, number="1"),
    "api-trigger-list": page(INSIDE),
    "api-trigger-detail": record(INSIDE, pk="trigger"),
    "api-presence-list": page(INSIDE),
    "api-presence-detail": record(INSIDE, pk="presence"),
    "api-presence-end": record(PRESENCE_E, INSIDE, post={"ended_on": "2020-12-31"}, pk="presence"),
    "api-forum-list": page(INSIDE),
    "api-forum-detail": record(INSIDE, pk="forum"),
    "api-meeting-list": page(INSIDE),
    "api-meeting-detail": record(INSIDE, pk="meeting"),
    "api-action-list": page(INSIDE),
    "api-action-detail": record(INSIDE, pk="action"),
    "api-contact-list": page(INSIDE),
    "api-contact-detail": record(INSIDE, pk="contact"),
    "api-mechanism-list": page(INSIDE),
    "api-mechanism-detail": record(INSIDE, pk="mechanism"),
    "api-edition-list": page(INSIDE),
    "api-edition-detail": record(INSIDE, pk="edition"),
    "api-report-list": page(REPORT_V),
    "api-report-detail": record(REPORT_V, pk="report"),
    "api-report-sections": patched(record(REPORT_V, post={"text": "", "based_on": 1}, pk="report", code="I.a")),
    "api-report-files": record(REPORT_V, pk="report"),
    "api-activity-list": page(INSIDE),
    "api-activity-detail": record(INSIDE, pk="activity"),
    "api-activity-move": record(ACTIVITY_E, INSIDE, post={"act": "start"}, pk="activity"),
}


def url_names(patterns: Any, space: str = "") -> Iterator[str]:
    """Yield the full name of every address; one without a name yields its route."""
    for entry in patterns:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from url_names(entry.url_patterns, inner)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}" if entry.name else f"?{entry.pattern}"


NAMES = sorted(set(url_names(get_resolver().url_patterns)))


def test_every_address_is_placed() -> None:
    """100 % of the addresses stand in the table, and the table holds nothing else."""
    assert {"not placed": sorted(set(NAMES) - set(PLACES)), "no longer there": sorted(set(PLACES) - set(NAMES))} == {
        "not placed": [],
        "no longer there": [],
    }


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for the whole walk; every request is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@cache
def client_of(person: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def address(name: str, place: Place, world: World, who: str) -> str:
    """Return the address with the records of the world in it."""
    parts: dict[str, Any] = {}
    for part, named in place.names.items():
        if named.startswith("own_"):
            parts[part] = getattr(world.records, f"{named.removeprefix('own_')}s")[who].pk
        else:
            parts[part] = getattr(getattr(world.records, named, named), "pk", named)
    return reverse(name, kwargs=parts)


def ask(client: Client, url: str, place: Place) -> Any:
    """Send the request and undo what it did."""
    with transaction.atomic():
        is_api = url.startswith("/api/")
        if place.posts is None:
            answer = client.get(url)
        elif place.is_patch:
            answer = client.patch(url, place.posts, content_type="application/json")
        elif is_api:
            answer = client.post(url, place.posts, content_type="application/json")
        else:
            answer = client.post(url, place.posts)
        if getattr(answer, "streaming", False):
            answer.getvalue()
        transaction.set_rollback(True)
    return answer


def expected(place: Place, who: str) -> str:
    """Return what a role of the mission gets: "done", "403", "404", or "closed" (403 or 404)."""
    if place.is_missing:
        return "404"
    if who in place.may.split():
        return "done"
    return "403" if who in place.sees.split() or not place.is_record else "closed"


def got(status: int) -> str:
    return str(status) if status in (401, 403, 404) or status >= 500 else "done"


POST_FORM = re.compile(r'<form\b[^>]*method="post".*?</form>', re.DOTALL | re.IGNORECASE)


def forms_without_token(answer: Any) -> list[str]:
    """Return the forms of a page that a browser could not send: the test's own client sends without a token."""
    if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    forms = POST_FORM.findall(answer.content.decode())
    return [form for form in forms if "csrfmiddlewaretoken" not in form]


@pytest.mark.parametrize("name", sorted(set(NAMES) & set(PLACES)))
def test_roles_get_what_the_table_says(name: str, world: World) -> None:
    """SP-20: every role gets what its row of the permission table gives, and nothing more."""
    place = PLACES[name]
    wrong = {}
    for role in Role.values:
        people = world.people_at_hq if place.at_hq else world.people
        page = ask(client_of(people[role]), address(name, place, world, role), place)
        answer = "a form without its token" if forms_without_token(page) else got(page.status_code)
        want = expected(place, role)
        if answer != want and not (want == "closed" and answer in ("403", "404")):
            wrong[role] = f"{answer} instead of {want}"
    assert wrong == {}


@pytest.mark.parametrize("name", sorted(set(NAMES) & set(PLACES)))
def test_stranger_finds_no_record_of_the_mission(name: str, world: World) -> None:
    """A POC officer of another mission, whose role may much there, gets 404 here."""
    place = PLACES[name]
    status = ask(client_of(world.people["stranger"]), address(name, place, world, "stranger"), place).status_code
    if place.is_record:
        # an act that no POC officer may do anywhere is refused before the record is looked for
        assert status in ((404,) if "POCF" in place.may.split() else (403, 404))
    else:
        assert got(status) == expected(place, "POCF")


@pytest.mark.parametrize("name", sorted(set(NAMES) & set(PLACES)))
def test_nobody_gets_in_without_signing_in(name: str, world: World) -> None:
    """Pages send to the sign-in page, the API answers 403."""
    place = PLACES[name]
    url = address(name, place, world, "POCF")
    answer = ask(Client(raise_request_exception=False), url, place)
    if place.is_public:
        assert answer.status_code == 200
    elif url.startswith("/api/"):
        assert answer.status_code == 403
    else:
        assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("account_login"))
