"""Where a finding is seen and mended: addresses, and whether a person may follow them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from pocweb.models import Mission, Office
from threats.models import Incident, MatrixEdition, Threat
from threats.quality.base import Check, EditionFact, Fact, Finding, IncidentFact, OfficeFact, ThreatFact

_PAGES: dict[type, str] = {
    ThreatFact: "threats:threat-detail",
    IncidentFact: "threats:incident-detail",
    EditionFact: "threats:edition-detail",
}
_MODELS: dict[type, Any] = {ThreatFact: Threat, IncidentFact: Incident}
_LEADING_BACK = ("threats:threat-update", "strategy:activity-create")  # forms that know `next`
_ANCHORS = {
    "groups": "groups",
    **{name: f"group_id_{name}" for name in ("areas", "violence_types", "actors", "inputs")},
}
"""Fields that are lines or boxes to tick have an id of their own on the form."""
_UNANCHORED = ("actors",)  # of incidents: lines without one


def page_url(fact: Fact) -> str:
    """Return the address of the record itself."""
    if isinstance(fact, OfficeFact):
        return reverse("threats:matrix", args=[fact.code])
    return reverse(_PAGES[type(fact)], args=[fact.pk])


def mend_url(check: Check, finding: Finding, *, back: str = "") -> str:
    """Return the address of the form that mends a finding, with its field; `back` is the page that it leads back to."""
    fact = finding.fact
    asked = {"next": back} if back and check.target in _LEADING_BACK else {}
    if check.target == "strategy:activity-create":
        return f"{reverse(check.target)}?{urlencode({'threat': fact.pk, **asked})}"
    if check.target == "threats:incident-places":
        return reverse(check.target)
    if isinstance(fact, OfficeFact):
        return reverse(check.target, args=[fact.code])
    address = reverse(check.target, args=[fact.pk]) + (f"?{urlencode(asked)}" if asked else "")
    if not finding.field or (isinstance(fact, IncidentFact) and finding.field in _UNANCHORED):
        return address
    return f"{address}#{_ANCHORS.get(finding.field, f'id_{finding.field}')}"


def may_mend(user: Any, mission: Mission, offices: dict[int, Office]) -> Callable[[Check, Finding], bool]:
    """Return the question whether the person may mend a finding; each kind, office and marking is asked once."""
    known: dict[tuple[str, type, int, int], bool] = {}

    def answer(check: Check, finding: Finding) -> bool:
        fact = finding.fact
        key = (check.permission, type(fact), fact.office, fact.marking)
        if key not in known:
            model = _MODELS.get(type(fact), MatrixEdition)
            # office and mission say where the record is; nothing of the probe is stored
            probe = model(mission_id=mission.pk, office=offices[fact.office], marking=fact.marking)
            known[key] = user.has_perm(check.permission, probe)
        return known[key]

    return answer
