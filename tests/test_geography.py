"""Areas: shipped places, divisions that follow each other, boundary files in every layout."""

import json
import time
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pocweb.boundary_files import read_boundaries
from pocweb.errors import RuleError
from pocweb.geography import load_division, load_shipped_places
from pocweb.models import Area, AreaAlias, AuditEvent, Office
from pocweb.place_files import PlaceRecord
from tests.factories.mission import make_square

pytestmark = pytest.mark.django_db

START = date(2015, 6, 15)
NEW = date(2020, 12, 10)


def record(pcode: str, name: str, level: int, parent: str = "", west: float = 20.0, **columns: Any) -> PlaceRecord:
    shape = make_square(west, 5.0) if level < 4 else None
    return PlaceRecord(pcode, name, level, parent, 5.5, west + 0.5, START, columns.get("aliases", ()), shape)


OLD_DIVISION = [
    record("CF", "Country", 0),
    record("CF1", "West", 1, "CF", 20.0),
    record("CF2", "East", 1, "CF", 22.0),
    record("CF11", "Town", 2, "CF1", 20.0),
    record("CF11L", "Quarter", 4, "CF11", 20.0),
]
NEW_DIVISION = [
    record("CF", "Country", 0),
    record("CF1", "West", 1, "CF", 20.2),
    record("CF2", "East", 1, "CF", 22.0),
    record("CF3", "Middle", 1, "CF", 21.0),
    record("CF11", "Town", 2, "CF1", 20.0),
]


def tree() -> dict[tuple[str, str], str]:
    """Return the p-code of the parent by p-code and last day."""
    return {
        (area.pcode, str(area.valid_to or "")): parent.pcode if (parent := Area.objects.get_parent(area)) else ""
        for area in Area.objects.all()
    }


def test_shipped_places_load_whole_and_quickly() -> None:
    """All p-codes of levels 0 to 4 in a sound tree, shapes on levels 0 to 3; a second run creates none.

    Four p-codes stand twice in the gazetteer; the second place is kept as another name.
    """
    begun = time.perf_counter()
    first = load_shipped_places()
    assert time.perf_counter() - begun < 5
    counts = {level: Area.objects.at_level(level).count() for level in range(5)}
    assert counts == {0: 1, 1: 17, 2: 72, 3: 175, 4: 172}
    assert Area.objects.filter(level__lte=3, shape=None).count() == 0
    assert Area.objects.find_problems() == ([], [], [], [], [])
    assert AreaAlias.objects.get(folded="galabadjaii").area.pcode == "CF711802"
    assert load_shipped_places() == {name: (0, created + present) for name, (created, present) in first.items()}


def test_shipped_places_leave_local_edits_alone() -> None:
    load_shipped_places()
    Area.objects.filter(pcode="CF43").update(name="Ouaka (local spelling)")
    load_shipped_places()
    assert Area.objects.get(pcode="CF43").name == "Ouaka (local spelling)"


def test_division_closes_the_old_one_instead_of_overwriting() -> None:
    """Changed areas get a last day and a successor; unchanged ones stay; localities follow their parent."""
    load_division(OLD_DIVISION, valid_from=START)
    done = load_division(NEW_DIVISION, valid_from=NEW)
    last = "2020-12-09"
    assert tree() == {
        ("CF", ""): "",
        ("CF1", last): "CF",
        ("CF11", last): "CF1",
        ("CF11L", last): "CF11",
        ("CF2", ""): "CF",
        ("CF1", ""): "CF",
        ("CF11", ""): "CF1",
        ("CF11L", ""): "CF11",
        ("CF3", ""): "CF",
    }
    assert (done.created, done.kept, done.closed, done.left) == (4, 2, 3, [])
    assert Area.objects.find_problems() == ([], [], [], [], [])
    assert set(Area.objects.valid_on(date(2020, 12, 9)).values_list("pcode", flat=True)) == {
        "CF", "CF1", "CF2", "CF11", "CF11L",
    }  # fmt: skip
    assert Area.objects.get_ancestors(Area.objects.get(pcode="CF1", valid_to=None)).get().pcode == "CF"


def test_division_loaded_twice_changes_nothing() -> None:
    load_division(OLD_DIVISION, valid_from=START)
    load_division(NEW_DIVISION, valid_from=NEW)
    before = list(Area.objects.values_list("pk", "valid_to"))
    done = load_division(NEW_DIVISION, valid_from=NEW)
    assert list(Area.objects.values_list("pk", "valid_to")) == before
    assert (done.created, done.closed) == (0, 0)


def test_division_carries_offices_and_other_names(hq: Office) -> None:
    """An office that answers for an area answers for its successor too, and the trail says so."""
    load_division(OLD_DIVISION, valid_from=START)
    old = Area.objects.get(pcode="CF1")
    hq.areas.set([old])
    AreaAlias.objects.create(area=old, name="Ouest", folded="ouest", level=1)
    load_division(NEW_DIVISION, valid_from=NEW)
    new = Area.objects.get(pcode="CF1", valid_to=None)
    assert set(hq.areas.all()) == {old, new}
    assert list(new.aliases.values_list("name", flat=True)) == ["Ouest"]
    assert AuditEvent.objects.get(mission=hq.mission).changes == {"areas": ["West (CF1)", "West, from 2020-12-10"]}


def test_division_places_orphans_by_their_point_or_says_which() -> None:
    """A locality whose commune vanished goes where its centre lies; one outside every shape is reported."""
    load_division([*OLD_DIVISION, record("CF21", "Post", 2, "CF2", 30.0)], valid_from=START)
    moved = [record("CF", "Country", 0), record("CF9", "One", 1, "CF", 20.0)]
    done = load_division(moved, valid_from=NEW)
    assert tree()["CF11", ""] == "CF9"
    assert done.left == ["Post (CF21)"]


def test_earlier_division_stands_beside_the_present_one() -> None:
    load_division(OLD_DIVISION, valid_from=START)
    earlier = [record("CF1", "Old west", 1, "CF", 19.0)]
    load_division(earlier, valid_from=date(2000, 1, 1), valid_to=date(2015, 6, 14))
    names = [Area.objects.at_level(1).valid_on(day).get(pcode="CF1").name for day in (date(2010, 1, 1), START)]
    assert names == ["Old west", "West"]


@pytest.mark.parametrize("ends", [None, date(2016, 1, 1)])
def test_division_refuses_days_that_overlap(ends: date | None) -> None:
    load_division(OLD_DIVISION, valid_from=START)
    with pytest.raises(RuleError, match="overlap"):
        load_division([record("CF1", "West", 1, "CF", 19.0)], valid_from=date(2010, 1, 1), valid_to=ends)


def feature(**properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": make_square(20.0, 5.0)}


def write(path: Path, *features: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "properties",
    [
        {"ADM0_PCODE": "CF", "ADM1_PCODE": "CF11", "ADM1_FR": "Ouest", "ADM0_FR": "Pays"},
        {"adm0_pcode": "CF", "adm1_pcode": "CF11", "adm1_name": "Ouest", "adm0_name": "Pays", "adm1_name1": None},
        {"admin0Pcode": "CF", "admin1Pcode": "CF11", "admin1Name": "Ouest", "admin1Name_en": "West"},
        {"admin0Pcode": "CF", "admin1Pcode": "CF11", "admin1Name_fr": "Ouest", "admin1Name_en": "West"},
    ],
)
def test_boundaries_read_in_every_layout(tmp_path: Path, properties: dict[str, Any]) -> None:
    (area,) = read_boundaries([write(tmp_path / "a.geojson", feature(**properties))], valid_from=NEW)
    assert (area.pcode, area.name, area.level, area.parent_pcode) == ("CF11", "Ouest", 1, "CF")
    assert (area.centre_lat, area.centre_lon) == (5.5, 20.5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "is not a GeoJSON file"),
        (b"[]", "holds no areas"),
        (json.dumps({"features": [feature(name="x")]}).encode(), "without a p-code"),
        (json.dumps({"features": [feature(adm1_pcode="CF1")]}).encode(), "lacks a name or a shape"),
        (json.dumps({"features": [feature(adm1_pcode="CF1", adm1_name="A")] * 2}).encode(), "stands twice"),
    ],
)
def test_boundaries_that_cannot_be_read_are_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.geojson"
    path.write_bytes(content)
    with pytest.raises(RuleError, match=words):
        read_boundaries([path], valid_from=NEW)


def test_commands_load_and_say_what_they_did(tmp_path: Path) -> None:
    out = StringIO()
    call_command("load_reference", stdout=out)
    assert "pocweb.areas: 437 new, 0 there already" in out.getvalue()
    call_command("load_reference", stdout=out)
    assert "pocweb.areas: 0 new, 437 there already" in out.getvalue()
    file = write(tmp_path / "new.geojson", feature(adm0_pcode="CF", adm1_pcode="CF99", adm1_name="Nouvelle"))
    call_command("load_areas", str(file), "--valid-from", "2020-12-10", stdout=out)
    assert Area.objects.at_level(1).valid_on(NEW).get().name == "Nouvelle"
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_areas", str(tmp_path / "none.geojson"), "--valid-from", "2020-12-10", stdout=out)
