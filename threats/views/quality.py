"""The standing quality page: what is missing or doubtful in an office's records, each finding with its way out."""

import io
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.models import Office
from pocweb.pages import permitted
from pocweb.tabular import Column, write_csv, write_xlsx
from threats.choices import Severity
from threats.models import Incident, MatrixEdition, Threat
from threats.quality import CHECKS, Facts, Finding, Result, read_facts, run_checks
from threats.quality.mending import may_mend, mend_url, page_url
from threats.views.matrix import office_of

FIRST = 20  # findings of a check on the page of all
PAGE = 50
TONES = {Severity.MUST: "bad", Severity.SHOULD: "warn", Severity.LOOK: "none"}
PROBES: dict[str, tuple[str, Any]] = {
    "threat": ("threats.view_threat", Threat),
    "incident": ("threats.view_incident", Incident),
    "edition": ("threats.view_edition", MatrixEdition),
}


@require_safe
@permitted("threats.view_threat")
def quality(request: HttpRequest, code: str) -> HttpResponse:
    """Show all checks with their first findings, or with `?check=` all findings of one."""
    office, facts, results = _run(request, code)
    wanted = request.GET.get("check", "")
    shown = [one for one in results if one.check.code == wanted] if wanted in CHECKS else results
    page = None
    if wanted in CHECKS:
        page = Paginator(shown[0].findings, PAGE).get_page(request.GET.get("page"))
    lines = _Lines(request, office, facts)
    failed = [one for one in shown if one.findings]
    context = {
        "office": office,
        "headline": headline(results),
        "counts": [(level, level.label, TONES[level], _count(results, level)) for level in Severity],
        "groups": [(level, level.label, TONES[level], lines.sections(failed, level, page)) for level in Severity],
        "passed": [one.check for one in shown if one.is_open and not one.findings],
        "closed": [one.check for one in shown if not one.is_open],
        "wanted": shown[0].check if page is not None else None,
        "page_obj": page,
        "total": len(results),
        "marking": max(
            (each.fact.marking for one in shown for each in one.findings if each.fact.marking), default=None
        ),
    }
    return render(request, "threats/quality.html", context)


@require_safe
@permitted("threats.view_threat")
def quality_export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """All findings as CSV or XLSX with HXL tags."""
    office, facts, results = _run(request, code)
    rows = list(_export_rows(results, facts, request))
    out = io.BytesIO()
    if kind == "csv":
        write_csv(_columns(), rows, out)
        media = "text/csv; charset=utf-8"
    else:
        write_xlsx(_columns(), rows, out, title=_("Quality"))
        media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    with transaction.atomic():
        note = f"{office.code}: findings of quality, {len(rows)} rows as {kind}"
        record_event(request.user, "exported", office.mission, note=note)
    response = HttpResponse(out.getvalue(), content_type=media)
    response["Content-Disposition"] = f'attachment; filename="quality-{office.code.lower()}-{facts.today}.{kind}"'
    return response


def _run(request: HttpRequest, code: str) -> tuple[Office, Facts, list[Result]]:
    user: Any = request.user
    office = office_of(request, code)
    facts = read_facts(office, today=clock.today(office.mission), user=user)

    def may_see(kind: str) -> bool:
        permission, model = PROBES[kind]
        return bool(user.has_perm(permission, model(mission_id=office.mission_id, office=office, marking=0)))

    return office, facts, run_checks(facts, may_see=may_see)


def _count(results: list[Result], level: Severity) -> int:
    return sum(len(one.findings) for one in results if one.check.severity == level)


def headline(results: list[Result]) -> str:
    """Return in one sentence what the checks found."""
    must = _count(results, Severity.MUST)
    others = sum(len(one.findings) for one in results) - must
    if not must and not others:
        return _("All checks are passed.")
    if not must:
        words = ngettext(
            "Nothing must be mended; %(n)d finding is left.", "Nothing must be mended; %(n)d findings are left.", others
        )
        return words % {"n": others}
    words = ngettext("%(n)d thing must be mended", "%(n)d things must be mended", must) % {"n": must}
    rest = ngettext("%(n)d more is worth a hand or a look.", "%(n)d more are worth a hand or a look.", others)
    return f"{words}; {rest % {'n': others}}" if others else f"{words}."


class _Lines:
    """Findings as the template draws them; the addresses are made only for what is shown."""

    def __init__(self, request: HttpRequest, office: Office, facts: Facts) -> None:
        self.offices = {one.pk: one.name for one in facts.offices}
        self.may = may_mend(request.user, office.mission, _branch(office, facts))
        self.is_branch = len(self.offices) > 1
        self.back = request.get_full_path()

    def sections(self, results: list[Result], level: Severity, page: Any) -> list[dict[str, Any]]:
        return [self._section(one, page) for one in results if one.check.severity == level]

    def _section(self, result: Result, page: Any) -> dict[str, Any]:
        shown = list(page) if page is not None else list(result.findings[:FIRST])
        return {
            "check": result.check,
            "count": len(result.findings),
            "lines": [self._line(result, finding) for finding in shown],
            "has_more": page is None and len(result.findings) > FIRST,
        }

    def _line(self, result: Result, finding: Finding) -> dict[str, Any]:
        may = self.may(result.check, finding)
        return {
            "ref": finding.fact.ref,
            "title": finding.fact.title,
            "office": self.offices.get(finding.fact.office, "") if self.is_branch else "",
            "sentence": finding.sentence,
            "url": page_url(finding.fact),
            "mend": mend_url(result.check, finding, back=self.back) if may else "",
        }


def _branch(office: Office, facts: Facts) -> dict[int, Office]:
    """Return the offices of the branch with the paths that permissions compare; read with the facts, no query."""
    return {one.pk: Office(pk=one.pk, mission=office.mission, code=one.code, path=one.path) for one in facts.offices}


def _columns() -> list[Column]:
    return [
        Column("office", _("Office"), "#org+office+code", width=14),
        Column("severity", _("Weight"), "#severity+name", width=18),
        Column("code", _("Check"), "#meta+check+code", width=18),
        Column("title", _("What is checked"), "#meta+check+name", width=40),
        Column("ref", _("Reference"), "#meta+id", width=12),
        Column("record", _("Record"), "#meta+title", width=40),
        Column("sentence", _("Finding"), "#description+finding", width=50),
        Column("marking", _("Marking"), "#meta+classification", width=16),
        Column("mend", _("Mended at"), "#meta+url", width=50),
    ]


def _export_rows(results: list[Result], facts: Facts, request: HttpRequest) -> Iterator[dict[str, Any]]:
    offices = {one.pk: one.code for one in facts.offices}
    for result in results:
        for finding in result.findings:
            yield {
                "office": offices.get(finding.fact.office, ""),
                "severity": str(Severity(result.check.severity).label),
                "code": result.check.code,
                "title": str(result.check.title),
                "ref": finding.fact.ref,
                "record": finding.fact.title,
                "sentence": finding.sentence,
                "marking": str(Marking(finding.fact.marking).label) if finding.fact.marking else "",
                "mend": request.build_absolute_uri(mend_url(result.check, finding)),
            }
