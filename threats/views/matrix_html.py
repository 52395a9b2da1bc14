"""The rows of the matrix as HTML.

A page shows hundreds of rows of ten cells; put together here they cost a fifth of what a template per cell would.
Every text passes `escape` exactly once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape  # Django's own also takes what is lazy, at three times the cost
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pocweb.glossary import explained
from threats.choices import Trend
from threats.comparison import Mark
from threats.evidence import Evidence
from threats.matrix import COLUMNS, Gap, MatrixRow
from threats.matrix.columns import area_text, rating_text, unknown
from threats.views.matrix_marks import LiveMarks

SIGNS = {Trend.RISING: "up", Trend.FALLING: "dn", Trend.STEADY: "eq", Trend.NEW: "none"}
TEXT_COLUMNS = COLUMNS[2:]
MOST_GAPS = 3
UNMARKED = Mark()
CHANGED = ' class="chg"'
REF = "\ue000"  # stands for the reference of a row until it is known; no text holds it


@dataclass(frozen=True)
class Words:
    """Labels and addresses that repeat on every row, looked up once per page.

    `says` holds texts ready for HTML, `headings` the key, heading and name of the pencil of each column of text;
    `assess`, `activity` and `assign` take a key.
    """

    base: str
    query: str
    is_live: bool
    headings: tuple[tuple[str, str, str], ...]
    says: dict[str, str]
    assess: str
    activity: str
    assign: str
    add_activity: str
    shows_office: bool = False
    back: str = ""

    @classmethod
    def of_page(
        cls, office_code: str, query: str = "", *, is_live: bool = True, shows_office: bool = False, back: str = ""
    ) -> "Words":
        texts = _texts()
        return cls(
            base=reverse("threats:matrix", args=[office_code]),
            query=query,
            is_live=is_live,
            headings=tuple(
                (column.key, escape(str(column.label)), escape(texts["edit"] % {"column": str(column.label).lower()}))
                for column in TEXT_COLUMNS
            ),
            says={name: SafeString(escape(text)) for name, text in texts.items()} | _tags(),
            assess=_pattern("threats:threat-assess"),
            activity=_pattern("strategy:activity-detail"),
            assign=_pattern("strategy:activity-update"),
            add_activity=reverse("strategy:activity-create"),
            shows_office=shows_office,
            back=back,
        )

    def was(self, before: str, number: int) -> str:
        """Return what a cell said in an edition, as a line of HTML."""
        return f'<span class="was">{self.says["was_in"] % {"before": escape(before), "number": number}}</span>'

    def row_path(self, ref: str) -> str:
        """Return the page's address with the row open; its filters stay."""
        return f"{self.base}?{self.query}{'&' if self.query else ''}open={ref}#{ref}"

    def row_url(self, ref: str, *, is_open: bool) -> str:
        """Return the page's address with the row open or closed; its filters stay."""
        parts = [part for part in (self.query, f"open={ref}" if is_open else "") if part]
        return escape(f"{self.base}{'?' + '&'.join(parts) if parts else ''}#{ref}")


def _texts() -> dict[str, str]:
    return {
        "risk": str(COLUMNS[1].label),
        "edit": _("Edit %(column)s, %(ref)s").replace("%(ref)s", REF),
        "details": _("details"),
        "imminent": _("Imminent"),
        "no_priority": _("No priority"),
        "not_rated": _("Not rated"),
        "was": _("was %(risk)s"),
        "expected": _("after the response: %(risk)s"),
        "differs": _("Evidence differs"),
        "was_in": _("was %(before)s in edition %(number)s"),
        "unknown": unknown(),
        "name_lead": _("Name a lead"),
        "write": _("Write one"),
        "change": _("Change it"),
        "reassess": _("Reassess"),
        "rate": _("Rate it"),
        "see_edition": _("See the edition"),
        "set_day": _("Set the day"),
        "assign": _("Assign it"),
        "update": _("Update it"),
        "add_one": _("Add one"),
        "add_activity": _("Add an activity"),
    }


def _tags() -> dict[str, str]:
    """Return the marks of what differs from the edition in force, as HTML."""
    return {
        "new": f'<span class="tag">{escape(_("New"))}</span>',
        "changed": f' <span class="tag">{escape(_("Changed"))}</span>',
    }


def _pattern(name: str) -> str:
    return reverse(name, args=[0]).replace("/0/", "/%d/")


@dataclass(frozen=True)
class Mend:
    """A gap with the link that mends it, as pages and lists show it."""

    message: str
    label: str
    url: str
    in_cell: bool = False


def mend(gap: Gap, row: MatrixRow, words: Words) -> Mend:
    """Return a gap with the words and address of the act that mends it; the form leads back to `words.back`."""
    found = _mend(gap, row, words)
    if not words.back:
        return found
    path, _sign, field = found.url.partition("#")
    url = f"{path}{'&' if '?' in path else '?'}{urlencode({'next': words.back})}{'#' + field if field else ''}"
    return replace(found, url=url)


def _mend(gap: Gap, row: MatrixRow, words: Words) -> Mend:
    says = words.says
    if gap.code in ("no_lead", "no_objective", "no_capacity"):
        label = {"no_lead": says["name_lead"], "no_objective": says["write"]}.get(gap.code, says["change"])
        return Mend(gap.message, label, f"{words.base}rows/{row.pk}/{gap.field}/", True)
    if gap.field == "assessment":
        label = says["reassess"] if gap.code == "not_reassessed" else says["rate"]
        return Mend(gap.message, label, words.assess % row.pk)
    if gap.code == "review_missed":
        address = f"{reverse('threats:threat-update', args=[row.pk])}#id_{gap.field}"
        return Mend(gap.message, says["set_day"], address)
    if gap.field == "edition":
        return Mend(gap.message, says["see_edition"], f"{reverse('threats:matrix', args=[row.office_code])}#state")
    if gap.about:
        is_ownerless = gap.code == "no_owner"
        url = f"{words.assign % gap.about}#id_owner" if is_ownerless else words.activity % gap.about
        return Mend(gap.message, says["assign" if is_ownerless else "update"], url)
    tier = f"&tier={gap.tier}" if gap.tier else ""
    return Mend(
        gap.message, says["add_one" if gap.tier else "add_activity"], f"{words.add_activity}?threat={row.pk}{tier}"
    )


def add_activity_url(threat: int, *, tier: int | None = None, phase: str = "", back: str = "") -> str:
    """Return the address that begins an activity for a threat, in a tier and phase where given; saving leads `back`."""
    query = f"?threat={threat}" + (f"&tier={tier}" if tier else "") + (f"&phase={phase}" if phase else "")
    query += f"&{urlencode({'next': back})}" if back else ""
    return reverse("strategy:activity-create") + query


def row_html(
    row: MatrixRow,
    texts: Mapping[str, str],
    words: Words,
    *,
    can_edit: bool,
    is_open: bool = False,
    evidence: Evidence | None = None,
    changes: LiveMarks | None = None,
    differs: bool = False,
) -> SafeString:
    """Return the row's `<tr>`: head with priority and reference, risk, and the eight cells of `texts`.

    What differs from the edition in force is marked with a bar and a word; `differs` says that the evidence and the
    rating differ.
    """
    mark = (changes.rows.get(row.pk) if changes else None) or UNMARKED
    number = changes.numbers.get(row.office_code, 0) if changes else 0
    prompt = _prompt(row, words, can_edit) if differs else ""
    cells = [_head(row, words, is_open, mark, number), _risk(row, words, evidence, mark, number, prompt)]
    suffix = "?open=1" if is_open else ""
    for key, label, name in words.headings:
        text = _cell_text(row, words, key, texts[key], explained if is_open else escape)
        pencil = ""
        if can_edit:
            pencil = (
                f'<a class="ed" hx-boost="true" aria-label="{name.replace(REF, row.ref)}" '
                f'href="{words.base}rows/{row.pk}/{key}/{suffix}">✎</a>'
            )
        flags = _gaps(row, key, words, can_edit, is_open) if row.gaps else ""
        bar, tag = (CHANGED, words.says["changed"]) if key in mark.cells else ("", "")
        cells.append(f'<td role="cell" data-h="{label}"{bar}>{text}{tag}{pencil}{flags}</td>')
    state = ' class="open"' if is_open else ""
    return mark_safe(f'<tr role="row"{state}>{"".join(cells)}</tr>')  # noqa: S308  every text is escaped above


def _head(row: MatrixRow, words: Words, is_open: bool, mark: Mark, number: int) -> str:
    prio = (
        f'<span class="prio p{row.priority}"><b>{row.priority}</b> <span>{escape(row.priority_label)}</span></span>'
        if row.priority
        else f'<span class="st none">{words.says["no_priority"]}</span>'
    )
    sign, state = ("▾", "true") if is_open else ("▸", "false")
    part = f"{words.base}rows/{row.pk}/{'' if is_open else '?open=1'}"
    swap = f' hx-get="{part}" hx-target="closest tbody"' if words.is_live else ""
    link = (
        f'<a class="nw" href="{words.row_url(row.ref, is_open=not is_open)}"{swap} aria-expanded="{state}">{sign} '
        f'{row.ref}<span class="vh">, {words.says["details"]}</span></a>'
    )
    imminent = f' <span class="tag">{words.says["imminent"]}</span>' if row.imminent else ""
    closed = f' <span class="tag">{escape(row.status_label)}</span>' if row.status != "active" else ""
    is_moved = "priority" in mark.cells
    new = f" {words.says['new']}" if mark.is_new else ""
    was = f" {words.was(mark.cells['priority'].before, number)}" if is_moved else ""
    office = f' <span class="was">{escape(row.office_name)}</span>' if words.shows_office else ""
    bar = CHANGED if mark.is_new or is_moved else ""
    return f'<th scope="row" role="rowheader"{bar}>{prio} {link}{new}{imminent}{closed}{was}{office}</th>'


def _prompt(row: MatrixRow, words: Words, can_edit: bool) -> str:
    """Return the words that evidence and rating differ, with the link to rate anew for those who may follow it."""
    link = f' <a href="{words.assess % row.pk}">{words.says["reassess"]}</a>' if can_edit else ""
    return f'<span class="gap">{words.says["differs"]}{link}</span>'


def _risk(row: MatrixRow, words: Words, evidence: Evidence | None, mark: Mark, number: int, prompt: str = "") -> str:
    if row.risk:
        parts = [
            f'<span class="risk r{row.risk}">{escape(row.risk_label)}</span>',
            f'<span class="was">{escape(rating_text(row))}</span>',
            f'<span class="st {SIGNS[Trend(row.trend)]}">{escape(row.trend_label)}</span>',
        ]
        if mark.risk:
            parts.append(words.was(mark.was_risk, number))
        elif row.previous_risk and row.previous_risk != row.risk:
            parts.append(f'<span class="was">{words.says["was"] % {"risk": escape(row.previous_risk_label)}}</span>')
        if row.expected_risk:
            expected = words.says["expected"] % {"risk": escape(row.expected_risk_label)}
            parts.append(f'<span class="was">{expected}</span>')
    else:
        parts = [f'<span class="st none">{words.says["not_rated"]}</span>']
    if evidence is not None and evidence.last_90:
        count = ngettext("%(n)d incident, 90 days", "%(n)d incidents, 90 days", evidence.last_90)
        parts.append(f'<span class="was">{escape(count % {"n": evidence.last_90})}</span>')
    if prompt:
        parts.append(prompt)
    is_changed = "risk" in mark.cells
    if is_changed and not mark.risk:
        parts.append(words.says["changed"].strip())
    bar = CHANGED if is_changed else ""
    return f'<td role="cell" data-h="{words.says["risk"]}"{bar}>{" ".join(parts)}</td>'


def _cell_text(row: MatrixRow, words: Words, key: str, text: str, as_html: Callable[[str], str]) -> str:
    """Return the text of a column, the exact place in bold, references of activities as links; unknown in grey.

    `as_html` makes HTML of a text: an open row explains its acronyms (CO-12), hundreds of closed ones stay light.
    """
    if key == "location" and row.location:
        areas = area_text(row)
        return f"<b>{as_html(row.location)}</b>{', ' + escape(areas) if areas else ''}"
    if text == words.says["unknown"]:
        return f'<span class="m">{escape(capfirst(text))}</span>'
    html = as_html(text)
    named = {"response": row.response_activities, "action": row.action_activities}.get(key, ())
    for one in named:
        link = f'<a class="nw" href="{words.activity % one.pk}">{one.ref}</a> '
        html = html.replace(f"{one.ref} ", link, 1)
    return html


def _gaps(row: MatrixRow, key: str, words: Words, can_edit: bool, is_open: bool) -> str:
    """Return the gap flags of a column: capacity beside the capacity, all others beside the action required."""
    here = [gap for gap in row.gaps if (gap.field == "capacity") == (key == "capacity")]
    if key not in ("capacity", "action") or not here:
        return ""
    shown = here if is_open else here[:MOST_GAPS]
    flags = [gap_html(mend(gap, row, words), can_edit, is_open=is_open) for gap in shown]
    if more := len(here) - len(shown):
        sentence = ngettext("%(n)d more gap", "%(n)d more gaps", more) % {"n": more}
        flags.append(
            f'<span class="gap"><a href="{words.row_url(row.ref, is_open=True)}">{escape(sentence)}</a></span>'
        )
    return "".join(flags)


def gap_html(gap: Mend, can_edit: bool, *, is_open: bool = False) -> str:
    """Return a gap flag; its mending link only for those who may follow it. An open row stays open."""
    if not can_edit or not gap.url:
        return f'<span class="gap">{escape(gap.message)}</span>'
    boost = ' hx-boost="true"' if gap.in_cell else ""
    url = escape(gap.url + ("?open=1" if gap.in_cell and is_open else ""))
    return f'<span class="gap">{escape(gap.message)} <a{boost} href="{url}">{gap.label}</a></span>'


def gaps_to_mend(row: MatrixRow, words: Words) -> list[Mend]:
    """Return all gaps of a row with their mending links."""
    return [mend(gap, row, words) for gap in row.gaps]


def count_gaps(rows: list[MatrixRow]) -> int:
    """Return the number of gaps over all rows."""
    return sum(len(row.gaps) for row in rows)
