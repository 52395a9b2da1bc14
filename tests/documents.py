"""Documents with fictional content for tests: `python -m tests.documents cable` prints the digest of the PDF."""

import hashlib
import sys
from datetime import UTC, date, datetime

from pocweb.charts import AreaShape, Drawing, Marker, MonthPoint, area_map, monthly_bars
from reporting.cable import (
    CasualtyLine,
    CasualtyTable,
    CodeCable,
    Exhibit,
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
)
from threats.matrix_document import Approval, MatrixDocument, MatrixLine

FROZEN_AT = datetime(2026, 10, 4, 16, 10, tzinfo=UTC)
COLUMNS = (
    "Priority",
    "Risk",
    "Location",
    "Threat and scale",
    "Civilians at risk",
    "Source of violence",
    "Other actors present",
    "Mission capacity",
    "Mission response",
    "Action required",
)


def square(code: str, name: str, *, west: float, south: float, size: float = 1.0) -> AreaShape:
    """Return a square area of `size` degrees."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return AreaShape(code=code, name=name, geometry={"type": "Polygon", "coordinates": [ring]})


def sample_map(label: str = "Map of three districts, one of them blind") -> Drawing:
    """Return a map of three districts: one tinted, one plain, one hatched, with an event and an office."""
    shapes = [
        square("XA01", "Amber", west=20, south=5),
        square("XA02", "Birch", west=21, south=5),
        square("XA03", "Cedar", west=22, south=5),
    ]
    markers = [
        Marker(20.5, 5.5, "Amber market", "event", 4, "XA01"),
        Marker(21.5, 5.5, "Birch office", "office", 1, "XA02"),
    ]
    return area_map(
        shapes,
        values={"XA01": 3, "XA02": 0},
        hatched={"XA03"},
        markers=markers,
        labels={"XA01", "XA03"},
        label=label,
        title="Hotspots and blind spots",
        value_name="Events",
    )


def sample_bars() -> Drawing:
    """Return the killed of three months, the middle one not recorded."""
    points = [MonthPoint(date(2026, 7, 1), 6, 4, 5, 9), MonthPoint(date(2026, 9, 1), 12, 12, 12, 12)]
    return monthly_bars(points, title="People killed per month, 2026")


def sample_cable(*, marking: str = "CONFIDENTIAL", paragraphs: int = 3) -> CodeCable:
    """Return a whole cable of fictional content; each of its three sections has `paragraphs` paragraphs."""
    text = "Families on the river road fear attacks on market days and move their stock at night to other quarters. "
    body = tuple(Paragraph.plain(text * 3, lead="Pattern.") for _ in range(paragraphs))
    figure = Paragraph(
        runs=(Run("In the quarter "), Run("18 people were killed", note=1), Run(".")), lead="Casualties."
    )
    threats = ThreatTable(
        "Priority threats",
        (ThreatLine(1, "Extreme", 4, "River road, Amber", "Killing", "Blue Front", "Likely", "Severe", "T-001"),),
    )
    heat = HeatGrid(
        "1 threat by likelihood and impact",
        "Mission scheme 2x2",
        ("Minor", "Severe"),
        (
            HeatRow("Likely", (HeatCell(0, 2, "Medium"), HeatCell(1, 4, "Extreme"))),
            HeatRow("Unlikely", (HeatCell(0, 1, "Low"), HeatCell(0, 3, "High"))),
        ),
    )
    casualties = CasualtyTable(
        "Events and people killed",
        (CasualtyLine("Amber", 3, 18, 17, 21, 11, 16), CasualtyLine("Total", 3, 18, 17, 21, None, 16, is_total=True)),
        "16 of 18 verified.",
        "Events by start date.",
    )
    sections = (
        Section("Summary of threats", body, "I", exhibits=((threats,), (heat, Exhibit(sample_bars())))),
        Section("Recent trends", (*body[1:], figure), level=2, exhibits=((Exhibit(sample_map()), casualties),)),
        Section("Forward look", body, "II", note="October to December 2026"),
    )
    return CodeCable(
        number="DEMO-0412",
        subject="Forward-looking assessment, third quarter 2026",
        mission="Demo mission",
        marking=marking,
        header_lines=(
            HeaderLine("To", "Headquarters"),
            HeaderLine("Number", "DEMO-0412"),
            HeaderLine("Subject", "Forward-looking assessment, third quarter 2026", strong=True),
        ),
        lead=(Run("18 people were killed", note=1), Run(", most of them on the river road.")),
        sections=sections,
        signatures=(
            Signature("Drafted by", "N. Castell", "POC Adviser", datetime(2026, 10, 4, 17, 10, tzinfo=UTC)),
            Signature("Authorised by", "H. Morrow", "Head of Mission"),
        ),
        frozen_at=FROZEN_AT,
        created_at=FROZEN_AT,
        figures=(
            FigureNote(1, "18", "Killed, all parties", "16 verified", "Mission records", "Best estimate", FROZEN_AT),
        ),
        sources=(SourceLine("Mission records", "internal"),),
        corrects="DEMO-0411",
    )


def sample_matrix(*, lines: int = 3) -> MatrixDocument:
    """Return an edition of fictional threats; every third one has a gap."""
    rows = tuple(
        MatrixLine(
            reference=f"T-{number:03d}",
            priority=1,
            priority_word="First",
            risk="Extreme",
            level=4,
            assessment="likely × severe",
            location="River road, Amber",
            threat="Killing on market days; about 4,000 within reach",
            civilians_at_risk="Traders, displaced families",
            source_of_violence="Blue Front",
            other_actors="Gendarmerie, six posts",
            mission_capacity="One platoon",
            response_to_date="Market post since 3 September",
            action_required="Escort on Fridays",
            objective="No one killed on the road until 31 December.",
            lead="Sector commander",
            gaps=() if number % 3 else ("No response in tier I.",),
        )
        for number in range(1, lines + 1)
    )
    return MatrixDocument(
        mission="Demo mission",
        office="Amber field office",
        edition=14,
        state="Approved",
        marking="CONFIDENTIAL",
        lines=rows,
        approvals=(
            Approval("Approved", "Head of Office", "I. Marrow", datetime(2026, 10, 2, 9, 5, tzinfo=UTC)),
            Approval("Approved", "Head of police", "S. Quill"),
        ),
        created_at=FROZEN_AT,
        frozen_at=FROZEN_AT,
        fingerprint="9f2c" * 16,
    )


def main(kind: str) -> None:
    """Print the SHA-256 of the named document, drawn in a fresh process."""
    import django
    from django.conf import settings

    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.STORAGES = {**settings.STORAGES, **plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    django.setup()
    from pocweb.pdf import render_pdf

    if kind == "cable":
        pdf = render_pdf("reporting/pdf/quarterly.html", {"cable": sample_cable()})
    else:
        pdf = render_pdf("threats/pdf/matrix.html", {"matrix": sample_matrix(lines=30)})
    sys.stdout.write(hashlib.sha256(pdf).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
