"""TH-08: presences make an area seen in the quarterly assessment too."""

from datetime import date

import pytest

from pocweb.models import Area, Office
from reporting.models import Report
from reporting.snapshot import build_snapshot
from tests.factories.threats_presence import NOW, make_presence
from threats.models import Incident


@pytest.mark.parametrize(
    ("columns", "blind"),
    [
        ({"ends_on": date(2020, 12, 1)}, []),
        ({"starts_on": date(2019, 1, 1), "kind": "network"}, []),
        ({"starts_on": date(2020, 9, 30), "ends_on": date(2020, 9, 30)}, ["Haute-Kotto"]),
        ({"marking": 3}, ["Haute-Kotto"]),
    ],
)
def test_presence_of_the_quarter_makes_an_area_seen(
    submitted: Report, columns: dict[str, object], blind: list[str]
) -> None:
    """TH-08: counted like everything in the report: in its quarter, up to its marking."""
    Incident.objects.filter(area1__name="Haute-Kotto").delete()
    Office.objects.filter(code="BRIA").update(lat=None, lon=None)
    make_presence(Office.objects.get(code="BRIA"), area=Area.objects.get(name="Haute-Kotto"), **columns)

    found = build_snapshot(Report.objects.select_related("mission", "office").get(), now=NOW)["blind"]

    assert [area["name"] for area in found] == blind
