"""From a frozen snapshot to the code cable's data. Nothing is looked up here but the shapes of areas."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.charts import AreaShape, Marker, MonthPoint, area_map, monthly_bars
from pocweb.choices import Marking
from pocweb.models import Area
from pocweb.periods import Quarter
from reporting.cable import (
    AnyExhibit,
    CasualtyLine,
    CasualtyTable,
    CodeCable,
    Exhibit,
    FactorRow,
    FactorTable,
    FigureNote,
    HeaderLine,
    HeatCell,
    HeatGrid,
    HeatRow,
    Paragraph,
    Run,
    Section,
    Signature,
    SourceLine,
    ThreatLine,
    ThreatTable,
    TriggerLine,
    TriggerTable,
)
from reporting.choices import ReportState
from reporting.foresight import days_of, level_word
from reporting.models import Report
from reporting.rules import FIGURE_IN_TEXT, PARTS
from reporting.snapshot import risk_word

MOST_TRIGGERS, MOST_FACTORS = 6, 5
"""Lines of the tables of triggers and factors, so that the cable stays within its five pages."""
HOTSPOT_EVENTS = 2
"""First-level areas with at least this many events in the quarter are hotspots; the measure is ours (Handbook 8.4)."""


def cable_of(report: Report, data: Mapping[str, Any], *, frozen_at: datetime) -> CodeCable:
    """Return the code cable of a report from its (frozen or live) data and its signatures."""
    quarter = Quarter.parse(data["report"]["period"])
    figures = {row["code"]: row for row in data["figures"]}
    subject = _("Forward-looking assessment of threats to civilians, %(quarter)s") % {"quarter": quarter.words}
    marking = str(Marking(data["report"]["marking"]).label)
    return CodeCable(
        number=report.cable_number,
        subject=subject,
        mission=data["mission"]["name"],
        marking=marking.upper(),
        header_lines=_header(report, data, quarter, subject),
        lead=runs(data["report"]["lead"], figures),
        sections=_sections(data, figures, quarter),
        signatures=_signatures(report),
        frozen_at=frozen_at,
        created_at=frozen_at,
        figures=tuple(_notes(data, figures)),
        sources=_sources(data),
        corrects=report.corrects.cable_number if report.corrects else "",
        state="" if report.state in ReportState.SIGNED else str(report.get_state_display()),
        is_frozen=report.state != ReportState.DRAFTING,
    )


def runs(text: str, figures: Mapping[str, Any]) -> tuple[Run, ...]:
    """Return text as runs in which each [F-07] has become its value and the number of its note.

    A figure that was never recorded reads "not recorded"; a reference that does not exist stays as typed.
    """
    pieces: list[Run] = []
    at = 0
    for match in FIGURE_IN_TEXT.finditer(text):
        row = figures.get(match[1])
        if match.start() > at:
            pieces.append(Run(text[at : match.start()]))
        pieces.append(Run(value_of(row), note=int(match[1][2:])) if row else Run(match[0]))
        at = match.end()
    if at < len(text):
        pieces.append(Run(text[at:]))
    return tuple(pieces)


def value_of(row: Mapping[str, Any]) -> str:
    """Return a figure's value as people read it."""
    return _("not recorded") if row["answer"] is None else f"{row['answer']:,}".replace(",", "\u202f")


def _header(report: Report, data: Mapping[str, Any], quarter: Quarter, subject: str) -> tuple[HeaderLine, ...]:
    """Return the head of the cable; who signs and who gets it are those of the snapshot, whatever is set later."""
    mission = report.mission
    live = {"signatory": mission.report_signatory, "addressee": mission.report_addressee, "info": mission.report_info}
    stated = live | {"name": mission.name} | data["mission"]  # reports frozen before kept no head
    day = (report.approved_at or report.submitted_at or report.changed_at).date()
    lines = [
        (_("PRECEDENCE"), report.precedence, False),
        (_("TO"), stated["addressee"], False),
        (_("FROM"), f"{stated['signatory']}, {stated['name']}", False),
        (_("INFO"), stated["info"], False),
        (_("DATE"), date_format(day, "j F Y"), False),
        (_("NUMBER"), report.cable_number or _("given on approval"), False),
        (_("FILE REF"), f"POC/QFLA/{quarter}", False),
        (_("SUBJECT"), subject, True),
    ]
    return tuple(HeaderLine(name, text, strong) for name, text, strong in lines if text)


def _signatures(report: Report) -> tuple[Signature, ...]:
    def signed(act: str, person: Any, at: datetime | None) -> Signature:
        return Signature(act, str(person) if person else "", getattr(person, "function", "") if person else "", at)

    return (
        signed(_("DRAFTED BY"), report.submitted_by or report.drafter, report.submitted_at),
        signed(_("CLEARED BY"), report.cleared_by, report.cleared_at),
        signed(_("AUTHORISED BY"), report.approved_by, report.approved_at),
    )


def _sections(data: Mapping[str, Any], figures: Mapping[str, Any], quarter: Quarter) -> tuple[Section, ...]:
    """Return the three parts with their sections, each section's paragraphs numbered on through the cable."""
    sections: list[Section] = []
    notes = {"II": _("%(start)s to %(end)s") % _span(quarter.after)}
    for part, title in PARTS:
        rows = [row for row in data["sections"] if row["code"] == part or row["code"].startswith(f"{part}.")]
        if len(rows) == 1 and rows[0]["code"] == part:
            sections.append(Section(str(title), paragraphs=_paragraphs(rows[0], figures), number=part))
            continue
        sections.append(Section(str(title), number=part, note=notes.get(part, "")))
        for row in rows:
            if not row["text"].strip():
                continue
            sections.append(
                Section(
                    row["title"],
                    paragraphs=_paragraphs(row, figures),
                    level=2,
                    exhibits=_section_exhibits(row["code"], data, quarter),
                )
            )
    return tuple(sections)


def _span(quarter: Quarter) -> dict[str, str]:
    return {"start": date_format(quarter.starts_on, "F"), "end": date_format(quarter.ends_on, "F Y")}


def _paragraphs(row: Mapping[str, Any], figures: Mapping[str, Any]) -> tuple[Paragraph, ...]:
    texts = [" ".join(part.split()) for part in row["text"].replace("\r\n", "\n").split("\n\n")]
    return tuple(Paragraph(runs=runs(text, figures)) for text in texts if text)


def _section_exhibits(code: str, data: Mapping[str, Any], quarter: Quarter) -> tuple[tuple[AnyExhibit, ...], ...]:
    """Return the tables and drawings that stand after a section."""
    if code == "I.a":
        threats: tuple[AnyExhibit, ...] = (_threat_table(data),) if data["threats"] else ()
        pair: tuple[AnyExhibit, ...] = (_trend(data),)
        if data["scheme"] and data["heat"]:
            pair = (_heat(data), *pair)
        return tuple(row for row in (threats, pair) if row)
    if code == "I.b.iii":
        table = _casualties(data, quarter)
        drawing = _map(data, quarter)
        return ((drawing, table),) if drawing else ((table,),)
    if code == "II.a.ii" and data.get("triggers"):
        return ((_coming(data),),)
    if code == "II.b" and data.get("watch", {}).get("moved"):
        return ((_watched(data),),)
    return ()


def _threat_table(data: Mapping[str, Any]) -> ThreatTable:
    scheme = data["scheme"] or {"likelihood": [], "impact": []}
    words = {axis: {row["value"]: row["label"] for row in scheme[axis]} for axis in ("likelihood", "impact")}
    return ThreatTable(
        title=_("Priority threats"),
        note=(
            _("The first %(shown)s of %(count)s active threats; the others stand in the matrix.")
            % {"shown": len(data["threats"]), "count": data["threat_count"]}
            if data["threat_count"] > len(data["threats"])
            else ""
        ),
        lines=tuple(
            ThreatLine(
                priority=row["priority"],
                risk=risk_word(row["risk"]),
                level=row["risk"] or 1,
                place=row["place"],
                threat=row["title"],
                source=", ".join(row["actors"]) or _("not identified"),
                likelihood=str(words["likelihood"].get(row["likelihood"], "–")),
                impact=str(words["impact"].get(row["impact"], "–")),
                reference=row["ref"],
            )
            for row in data["threats"]
        ),
    )


def _heat(data: Mapping[str, Any]) -> HeatGrid:
    scheme = data["scheme"]
    counts = {(likelihood, impact): count for likelihood, impact, count in data["heat"]}
    rows = []
    for level in sorted(scheme["likelihood"], key=lambda row: -row["value"]):
        cells = []
        for impact in sorted(scheme["impact"], key=lambda row: row["value"]):
            risk = scheme["grid"][level["value"] - 1][impact["value"] - 1]
            count = counts.get((level["value"], impact["value"]), 0)
            cells.append(HeatCell(count=count, level=risk, risk=risk_word(risk)))
        rows.append(HeatRow(name=level["label"], cells=tuple(cells)))
    return HeatGrid(
        title=_("%(count)s rated threats by likelihood and impact") % {"count": sum(counts.values())},
        scheme=_("%(name)s, version %(version)s") % {"name": scheme["name"], "version": scheme["edition"]},
        columns=tuple(row["label"] for row in sorted(scheme["impact"], key=lambda row: row["value"])),
        rows=tuple(rows),
    )


def _coming(data: Mapping[str, Any]) -> TriggerTable:
    rows = data["triggers"]
    hidden = len(rows) - MOST_TRIGGERS
    more = ngettext("%(n)s more stands in the trigger calendar.", "%(n)s more stand in the trigger calendar.", hidden)
    lines = tuple(
        TriggerLine(
            days=days_of(row),
            event=row["title"],
            place=row["place"],
            past_effect=row["past_effect"] or _("not recorded"),
            planned_action=row["planned_action"] or _("not recorded"),
            reference=row["ref"],
        )
        for row in rows[:MOST_TRIGGERS]
    )
    return TriggerTable(title=_("Coming triggers"), lines=lines, note=more % {"n": hidden} if hidden > 0 else "")


def _watched(data: Mapping[str, Any]) -> FactorTable:
    watch = data["watch"]
    hidden = len(watch["moved"]) - MOST_FACTORS
    note = _("%(followed)s of %(factors)s risk factors are followed; those that stand above their baseline or rose.")
    words = [note % watch]
    if hidden > 0:
        more = ngettext("%(n)s more stands in the atrocity watch.", "%(n)s more stand in the atrocity watch.", hidden)
        words.append(more % {"n": hidden})
    return FactorTable(
        title=_("Atrocity watch"),
        note=" ".join(words),
        lines=tuple(
            FactorRow(
                factor=f"{row['number']} {row['name']}",
                baseline=level_word(row["baseline"]),
                now=level_word(row["level"]),
                level=row["level"] + 1,
                change=_("risen in the quarter") if row["has_risen"] else _("above the baseline"),
                place=row["place"] or _("whole country"),
                read_on=date_format(date.fromisoformat(row["read_on"]), "j M Y"),
            )
            for row in watch["moved"][:MOST_FACTORS]
        ),
    )


def _trend(data: Mapping[str, Any]) -> Exhibit:
    points = [
        MonthPoint(
            month=date.fromisoformat(row["month"]),
            best=row["best"],
            verified=row["verified"],
            low=row["low"],
            high=row["high"],
        )
        for row in data["months"]
    ]
    return Exhibit(monthly_bars(points, title=_("People killed per month, twelve months")))


def _map(data: Mapping[str, Any], quarter: Quarter) -> Exhibit | None:
    """Return the map of hotspots and blind spots, or None where the mission's areas have no shapes."""
    shapes = {
        area.pcode: AreaShape(code=area.pcode, name=area.name, geometry=area.shape)
        for area in Area.objects.at_level(1)
        .valid_on(date.fromisoformat(data["division_on"]))
        .filter(pcode__in=data["map"])
    }
    if not shapes:
        return None
    blind = {row["pcode"]: row["name"] for row in data["blind"]}
    counts = {row["pcode"]: row["events"] for row in data["areas"]}
    # an area with an office and without a report had no event that we know of; a blind one may have had many
    values: dict[str, int | None] = {code: counts.get(code, 0) for code in shapes if code not in blind}
    hot = {row["pcode"]: row["name"] for row in data["areas"] if row["events"] >= HOTSPOT_EVENTS and row["pcode"]}
    events = [
        Marker(longitude=row["lon"], latitude=row["lat"], name=row["name"], size=row["size"], area=row["area"])
        for row in data["markers"]
    ]
    seats = [
        Marker(longitude=row["lon"], latitude=row["lat"], name=row["name"], kind="office", area=row["area"])
        for row in data["offices"]
    ]
    drawing = area_map(
        list(shapes.values()),
        values=values,
        hatched=set(blind),
        markers=[*events, *seats],
        labels={*hot, *blind},
        label=_map_sentence(quarter, list(hot.values()), list(blind.values())),
        title=_("Hotspots and blind spots"),
        value_name=_("Events"),
    )
    return Exhibit(drawing)


def _map_sentence(quarter: Quarter, hot: list[str], blind: list[str]) -> str:
    """Return what the map shows, for those who cannot see it."""
    parts = [_("Map of events by first-level area, %(quarter)s.") % {"quarter": quarter.words}]
    if hot:
        parts.append(_("Two events or more: %(areas)s.") % {"areas": ", ".join(hot)})
    else:
        parts.append(_("No area had two events or more."))
    if blind:
        parts.append(_("Blind spots, without presence and without report: %(areas)s.") % {"areas": ", ".join(blind)})
    return " ".join([*parts, _("The table in the annex has the numbers.")])


def _casualties(data: Mapping[str, Any], quarter: Quarter) -> CasualtyTable:
    lines = [_line(row, row["name"] or _("Place not known to the prefecture")) for row in data["areas"]]
    total = {
        name: _sum(row[name] for row in data["areas"])
        for name in ("events", "best", "low", "high", "civilians", "verified", "injured")
    }
    return CasualtyTable(
        title=_("Events and people killed, %(quarter)s") % {"quarter": quarter.words},
        lines=(*lines, _line(total, _("Total"), is_total=True)),
        verification=_("Reported and verified incidents; discounted ones are left out."),
        method=_("Each event belongs to the period of its first day. Killed: best estimate, all parties."),
    )


def _sum(values: Any) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _line(row: Mapping[str, Any], name: str, *, is_total: bool = False) -> CasualtyLine:
    return CasualtyLine(
        name=name,
        events=row["events"],
        killed_best=row["best"],
        killed_low=row["low"],
        killed_high=row["high"],
        civilians=row["civilians"],
        verified=row["verified"],
        injured=row["injured"],
        is_total=is_total,
    )


def _notes(data: Mapping[str, Any], figures: Mapping[str, Any]) -> list[FigureNote]:
    """Return the notes of those figures that the text names."""
    texts = [data["report"]["lead"], *(row["text"] for row in data["sections"])]
    used = {code for text in texts for code in FIGURE_IN_TEXT.findall(text)}
    notes = []
    for code, row in figures.items():
        if code not in used:
            continue
        incidents = row["question"]["kind"] == "incidents"
        notes.append(
            FigureNote(
                number=int(code[2:]),
                value=value_of(row),
                question=row["label"],
                verification=(
                    (_("verified only") if row["verified_only"] else _("reported and verified"))
                    if incidents
                    else _("mission records")
                ),
                source=_("incident records") if incidents else str(_SOURCES_OF[row["question"]["kind"]]),
                method=_("by first day") if incidents else _("count at that moment"),
                frozen_at=datetime.fromisoformat(row["asked_at"]),
            )
        )
    return notes


_SOURCES_OF = {
    "threats": gettext_lazy("POC Threat Matrix"),
    "activities": gettext_lazy("response activities"),
    "watch": gettext_lazy("atrocity watch"),
    "triggers": gettext_lazy("trigger calendar"),
}

SOURCES = {
    "ucdp": SourceLine(
        name="UCDP Georeferenced Event Dataset 23.1",
        licence="CC BY 4.0",
        citation="Davies, Pettersson and Öberg 2023; Sundberg and Melander 2013",
    ),
    "acled": SourceLine(name="Armed Conflict Location and Event Data (ACLED)", licence="acleddata.com terms of use"),
}


def _sources(data: Mapping[str, Any]) -> tuple[SourceLine, ...]:
    """Return the data sets that the figures and shapes rest on, with what their licences ask to be said."""
    sets = [SOURCES[origin] for origin in data["origins"] if origin in SOURCES]
    shapes = [SourceLine(name=name, licence="", citation=_("boundaries, simplified")) for name in data["shape_sources"]]
    return (*sets, *shapes)
