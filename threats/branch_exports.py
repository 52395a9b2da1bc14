"""The consolidated matrix of a branch as a file: the same rows, in the same order, as the page of the branch.

The writers of `threats.exports` draw it; here is only what goes in. Source: POC Handbook 2020, 8.3.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import canonical, fingerprint
from pocweb.choices import Marking
from pocweb.models import Office
from threats.consolidation import Branch, read_approved, read_live, with_data
from threats.editions import FORMAT
from threats.exports import Sheet

ROWS, DRAFTS = "rows", "drafts"
"""What is asked of a branch: its approved rows, or its drafts."""


@dataclass(frozen=True)
class BranchSheet(Sheet):
    """The rows of an office and all below it: as approved and in force, or with `drafts` as they stand.

    It is no edition: nobody approved it as a whole, and its fingerprint is that of the file's own content.
    `keys` are the editions that approved rows come from.
    """

    drafts: bool = False
    keys: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        return _("consolidated drafts") if self.drafts else _("consolidated approved rows")

    @property
    def part(self) -> str:
        return "consolidated-drafts" if self.drafts else "consolidated"

    @property
    def source(self) -> str:
        return "branch_drafts" if self.drafts else "branch"

    @property
    def state(self) -> str:
        return _("Consolidated, drafts") if self.drafts else _("Consolidated, approved rows")

    @property
    def edition_keys(self) -> tuple[int, ...]:
        return self.keys

    @property
    def has_several(self) -> bool:
        return True

    @property
    def is_approved(self) -> bool:
        return not self.drafts

    @property
    def caveats(self) -> tuple[str, ...]:
        if self.drafts:
            return (_("These are drafts of all offices as they stood when this file was drawn."),)
        told = [_("Each row stands as its office approved it.")]
        if named := self._editions():
            told.append(_("Editions in force, with the start of their SHA-256: %(names)s.") % {"names": named})
        if names := self.content["without"]:
            told.append(_("No edition in force: %(names)s.") % {"names": ", ".join(names)})
        if names := self.content["late"]:
            told.append(_("Edition is late: %(names)s.") % {"names": ", ".join(names)})
        return tuple(told)

    def _editions(self) -> str:
        """Return the editions that the rows come from, each with the start of its fingerprint."""
        told = [
            _("%(office)s, edition %(number)s (%(hash)s)")
            % {"office": one["office_name"], "number": one["number"], "hash": one["sha256"][:12]}
            for one in self.content["editions"]
        ]
        return "; ".join(told)


def read_branch_sheet(
    office: Office, *, drafts: bool = False, user: Any = None, now: datetime | None = None
) -> BranchSheet:
    """Return the consolidated content of an office and all below it, as its page shows it.

    With `user` only what the person may see: rows above the clearance are left out, and with them their office's
    edition where that is marked above it. Without one (commands) everything.
    """
    moment = now or clock.now(office.mission)
    with translation.override(settings.LANGUAGE_CODE):
        branch = (read_live if drafts else read_approved)(office, user=user, now=moment)
        content = _content(branch)
    keys = tuple(one.edition for one in branch.in_force if one.edition is not None) if not drafts else ()
    return BranchSheet(office, None, True, content, fingerprint(content), moment, drafts, keys)


def _content(branch: Branch) -> dict[str, Any]:
    """Return the rows and where they come from in values of JSON; the marking is the highest of the rows."""
    office, rows = branch.office, with_data(branch)
    editions: list[dict[str, Any]] = [
        {
            "office": one.code,
            "office_name": one.name,
            "number": one.number,
            "in_force_at": one.in_force_at,
            "sha256": one.sha256,
        }
        for one in branch.in_force
    ]
    content = {
        "format": FORMAT,
        "mission": office.mission.code,
        "mission_name": office.mission.name,
        "office": office.code,
        "office_name": office.name,
        "number": None,
        "horizon_on": None,
        "frozen_at": None,
        "endorsed_by": "",
        "compared_with": None,
        "marking": max([Marking.UNCLASSIFIED.value, *(row["marking"] for row in rows)]),
        "schemes": sorted({f"{row['scheme_name']}, {row['scheme_version']}" for row in rows if row["scheme_version"]}),
        "editions": [] if branch.is_live else editions,
        "without": [one.name for one in branch.without],
        "late": [one.name for one in branch.late],
        "rows": rows,
        "closed": [],
    }
    plain: dict[str, Any] = json.loads(canonical(content))
    return plain
