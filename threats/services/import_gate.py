"""What a mission takes from a row that its layout can read, and what it leaves out for the person who imports."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pocweb.tabular import CellProblem
from pocweb.tabular.base import cell_problem
from threats.choices import Origin, Verification
from threats.imports import IncidentDraft
from threats.services.incident_values import PSEUDONYM

# The data sets that are themselves the source of every row; rows of our template name their own.
DATASETS = {Origin.UCDP.value: ("UCDP-GED",), Origin.ACLED.value: ("ACLED",)}
MAX_REPORTS = 32_767
VERIFICATION, SOURCES, MARKING = "Verification", "Sources (pseudonyms)", "Marking"


class Gate:
    """The rules for one import. `by` is the person who imports, None an operator, who may bring in everything.

    Days are compared with the real calendar, not with a demo mission's clock, so that later data can be tried there.
    """

    def __init__(self, origin: str, by: Any) -> None:
        self.by = by
        self._dataset = DATASETS.get(origin, ())
        self._latest = timezone.now().date() + timedelta(days=1)
        self._may_verify = by is None or by.has_perm("threats.verify_incident")
        self._may_name_sources = by is None or by.has_perm("threats.view_source")

    def refusals(self, number: int, draft: IncidentDraft) -> list[CellProblem]:
        """Return why a row is left out; usually nothing."""
        return [cell_problem(number, *parts) for parts in self._refusals(draft)]

    def _refusals(self, draft: IncidentDraft) -> Iterator[tuple[str, str, str, str]]:
        """Yield column, value, code and reason."""
        if draft.starts_on > self._latest:
            day = draft.starts_on.isoformat()
            yield "", day, "in_the_future", _("%(day)s lies in the future.") % {"day": day}
        if draft.number_of_reports is not None and draft.number_of_reports > MAX_REPORTS:
            limit = {"limit": f"{MAX_REPORTS:,}"}
            reason = _("the number of reports is above %(limit)s.") % limit
            yield "", str(draft.number_of_reports), "too_high", reason
        if self.by is not None and draft.marking > self.by.clearance:
            yield MARKING, draft.marking.name.lower(), "above_clearance", _("the marking is above your clearance.")
        if any(not PSEUDONYM.match(code) for code in draft.source_codes):
            # the value is not repeated: it may be a name
            reason = _("write pseudonym codes only, such as HR-014; never a name.")
            yield SOURCES, "", "no_pseudonym", reason
        texts = (draft.origin_id, draft.title, draft.place, draft.narrative, draft.source_note, draft.mission_response)
        if any("\0" in text for text in (*texts, *draft.extra.values())):
            yield "", "", "zero_byte", _("the row holds a zero byte.")

    def allowed(self, number: int, draft: IncidentDraft) -> tuple[IncidentDraft, list[CellProblem]]:
        """Return the draft as this person may bring it in, and what was left out of it."""
        notices: list[CellProblem] = []
        values: dict[str, Any] = {}
        if draft.verification != Verification.REPORTED and not self._may_verify:
            values["verification"] = Verification.REPORTED
            reason = _("taken as reported: verification is not for your role to set.")
            notices.append(cell_problem(number, VERIFICATION, draft.verification, "not_yours", reason))
        if draft.source_codes and not self._may_name_sources:
            values["source_codes"] = ()
            reason = _("left out: your role does not allow you to name sources.")
            notices.append(cell_problem(number, SOURCES, "", "not_yours", reason))
        if self._dataset:
            values["source_codes"] = self._dataset
        return (replace(draft, **values) if values else draft), notices
