"""What a reader may not see changes nothing of what they read: every page and file stays as it was, byte for byte.

Each address of the access walk is opened by readers of several reaches, then records are added that are not theirs to
see, then it is opened again. A name, a count, a choice in a filter, a point of a chart: anything would show.
"""

import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from pocweb.choices import Marking, Role
from pocweb.models import Office, Person
from strategy.services import edit_activity
from tests.access_world import NOW, World, make_world
from tests.factories.mission import make_office, make_person
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition
from tests.factories.threats_incident import make_count, make_incident
from tests.factories.threats_offline import bring_back, edited, take_out
from tests.factories.threats_presence import make_presence
from tests.factories.threats_threat import make_actor, make_full_threat
from tests.factories.threats_watch import make_reading, make_trigger, make_watch
from tests.security.early_warning import (
    ADDRESSES,
    MARKER,
    STRICT,
    add_communities,
    add_keepers,
    add_warnings,
    make_readable_cases,
    raise_network,
    remind,
)
from tests.test_access import NAMES, PLACES, address
from threats.models import FactorWatch, MatrixEdition, MatrixImport, Threat
from threats.services.actors import edit_actor
from threats.services.lessons import edit_lesson, write_lesson
from threats.services.presences import edit_presence
from threats.services.threats import edit_threat
from threats.services.triggers import edit_trigger

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OFFICES = ("HQ", "BAMBARI", "IPPY", "BRIA")
BY_OFFICE = (
    "matrix", "gap-list", "response", "leadership", "offline-list", "offline-sheet", "edition-list", "matrix-changes",
    "quality", "outcomes", "outcomes-export", "edition-create",
)  # fmt: skip
BY_KIND = {
    "matrix-export": ("csv", "json", "xlsx"),
    "gap-export": ("csv", "xlsx"),
    "quality-export": ("csv", "xlsx"),
}
FURTHER = (
    *(f"/matrix/{code}/{end}" for code in ("HQ", "BAMBARI") for end in (
        "?live=1", "?drafts=1", "?drafts=1&status=closed", "?status=closed", "gaps/?by=threat", "gaps/?drafts=1",
        "leadership/?drafts=1", "response/?drafts=1", "outcomes/?period=2020-Q3", "outcomes/?period=2020-Q3&alone=1",
        "outcomes/export.csv?period=2020-Q3", "changes/?of=edition", "gaps/export.csv?drafts=1",
        "export/csv/?drafts=1", "export/json/?drafts=1",
    )),
    *(f"/hotspots/{end}?period={days}&level={level}" for end in ("", "export.csv", "map.svg") for days in (365,)
      for level in (1, 2)),
    "/watch/export/csv/?of=readings", "/watch/export/xlsx/?of=readings", "/watch/2/", "/watch/3/",
    "/calendar/export/csv/", "/calendar/export/xlsx/", "/calendar/?start=2020-01-01", "/presences/?kind=base",
    "/incidents/?q=a", "/actors/?q=a", "/api/v1/gaps/?by=threat", "/protection-actors/?q=a", "/words/", "/schemes/",
    *ADDRESSES,
)  # fmt: skip
CHANGING = re.compile(
    r'(name="csrfmiddlewaretoken" value="|name="once" value="|"X-CSRFToken": ?"|X-CSRFToken&quot;: ?&quot;'
    r"|nonce=\"|new-)[A-Za-z0-9_-]+"
    r'|name="based_on" value="\.[\w:-]+'  # a signed state holds the second of its signing
    r"|\b\d+ (min|h|days?)\b( \d+ (min|h))?|\b\d{6}Z\b"  # how long ago: the clock runs on; exports hold the minutes
    r"|[Tt]aken out on [^<]{0,80} UTC|\d\d:\d\d(:\d\d)?( UTC)?|20\d\d-\d\d-\d\dT[\d:.+Z]+"
)


PART = re.compile(r"(?=<)|\n")


def urls(world: World, who: str) -> Iterator[str]:
    """Yield every address that is read, not written, with the records of the world, and those with further parts."""
    for name in NAMES:
        place = PLACES.get(name)
        if place is None or place.posts is not None or place.is_missing or place.is_public or "mfa" in name:
            continue
        if name not in ("account_logout", "pocweb:audit-list", "threats:matrix-file"):
            yield address(name, place, world, who)
    for name in BY_OFFICE:
        yield from (reverse(f"threats:{name}", args=[code]) for code in OFFICES)
    for name, kinds in BY_KIND.items():
        yield from (reverse(f"threats:{name}", args=[code, kind]) for code in OFFICES for kind in kinds)
    yield from FURTHER


def bytes_of(answer: Any) -> str:
    """Return what an answer says, sheets unpacked, without what differs at every opening."""
    content = answer.getvalue() if getattr(answer, "streaming", False) else answer.content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            text = "\n".join(book.read(name).decode() for name in sorted(book.namelist()) if "docProps" not in name)
    else:
        text = content.decode(errors="replace")
    head = f"{answer.status_code} {answer.headers.get('Content-Disposition', '')}"
    return CHANGING.sub("#", f"{head}\n{text}")


def client_of(person: Person) -> Client:
    """Return the person's browser: signed in once, since a sign-in begins a new visit."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def read_all(client: Client, addresses: Iterable[str]) -> dict[str, str]:
    """Return what each address says; that it was opened (a visit, an export on record) is undone."""
    found = {}
    for url in addresses:
        with transaction.atomic():
            found[url] = bytes_of(client.get(url))
            transaction.set_rollback(True)
    return found


def differing(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """Return some of what is new, by address."""
    found = {}
    for url, text in after.items():
        if text != before[url]:
            old = set(PART.split(before[url]))
            found[url] = [part for part in PART.split(text) if part not in old][:6] or ["something is gone"]
    return found


@pytest.fixture
def world() -> World:
    """The world of the access walk, with more offices, factors that are watched, and who keeps what is secret."""
    world = make_world()
    records = world.records
    bria = make_office(records.mission, "BRIA", records.hq)
    for number in (2, 3):
        make_watch(records.mission, world.people_at_hq["POCA"], number)
    make_full_threat(records.bambari, "Attacks on fields", by=world.people["POCF"])
    make_incident(records.mission, records.ouaka, starts_on=date(2020, 8, 3))
    records.keeper = make_person("keeper", Role.POCA, records.hq, "poc", clearance=STRICT)
    offices = {"BRIA": bria, "IPPY": Office.objects.get(code="IPPY")}
    add_keepers(world)
    records.officers = {
        code: make_person(f"officer-{code}", Role.POCF, office, "poc", clearance=STRICT)
        for code, office in offices.items()
    }
    remind()
    return world


def add_records(world: World, marking: int, *, mission_wide: bool = True) -> None:
    """Add one record of each kind in Bambari, named by the marker and marked so; on demand those of no office too."""
    records, by = world.records, world.records.keeper
    office, ouaka, mission = records.bambari, records.ouaka, records.mission
    actor = (
        make_actor(mission, "zyx", name=f"{MARKER} band", short_name=MARKER, marking=marking) if mission_wide else None
    )
    for day in (date(2020, 8, 5), date(2020, 12, 20), date(2020, 12, 21)):
        columns: dict[str, Any] = {"title": f"{MARKER} raid", "starts_on": day, "marking": marking}
        actors = (actor,) if actor else ()
        incident = make_incident(mission, ouaka, actors=actors, killed_best=77, civilians_killed=77, **columns)
        make_count(incident, low=77, best=77, high=77)
    threat = make_full_threat(office, f"{MARKER} threat", by=by, risk=(5, 5))
    values = {"marking": marking, "location": MARKER, "capacity": "", "action": MARKER}
    values |= {"actors": [actor.code]} if actor else {}
    edit_threat(threat, changes=values, based_on=threat.version, by=by, now=NOW)
    Threat.objects.filter(pk=threat.pk).update(imminent=True)
    old = make_full_threat(office, f"{MARKER} over", by=by, risk=(3, 3))
    over = {"status": "closed", "closed_reason": MARKER, "closed_on": date(2020, 12, 30)}
    Threat.objects.filter(pk=old.pk).update(marking=marking, **over)
    make_activity(office, by, f"{MARKER} patrol", threats=[records.threat], marking=marking)
    make_presence(office, place=MARKER, note=MARKER, marking=marking)
    day = date(2020, 12, 3)
    make_presence(office, place=MARKER, kind="patrol", starts_on=day, ends_on=day, marking=marking)
    write_lesson(office, period="2020-Q2", values={"text": MARKER, "marking": marking}, by=by, now=NOW)
    bring_back(take_out(office, by), office, by, name=f"{MARKER}.xlsx")
    if mission_wide:
        make_trigger(office, by, title=f"{MARKER} vote", areas=[ouaka.pcode], marking=marking)
        reading = {"evidence": MARKER, "area": ouaka.pcode, "marking": marking}
        make_reading(FactorWatch.objects.get(factor__number=2), by, "2020-12-30", 3, **reading)
        make_watch(mission, by, 7, baseline=MARKER, baseline_level=3, marking=marking)
    add_warnings(world, marking)
    add_communities(world, marking)
    remind()


def shows(before: dict[str, str], after: dict[str, str]) -> dict[str, Any]:
    """Return the addresses that name the marker, that broke, and those whose answer changed."""
    return {
        "named": [url for url, text in after.items() if MARKER in text],
        "broken": [url for url, text in after.items() if text.startswith("5")],
        "changed": differing(before, after),
    }


NOTHING: dict[str, Any] = {"named": [], "broken": [], "changed": {}}


Readers = dict[str, tuple[Client, list[str]]]


def read_by_all(readers: Readers) -> dict[str, dict[str, str]]:
    return {who: read_all(client, addresses) for who, (client, addresses) in readers.items()}


def shows_to_all(readers: Readers, before: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {who: shows(before[who], after) for who, after in read_by_all(readers).items()}


def readers_of(world: World) -> Readers:
    """Return who is cleared for confidential, here and in another mission, each with what they open."""
    people = {"POCF": world.people["POCF"], "POCA at hq": world.people_at_hq["POCA"], "DMS": world.people["DMS"]}
    people["stranger"] = world.people["stranger"]
    return {
        who: (client_of(person), list(dict.fromkeys(urls(world, who.removesuffix(" at hq")))))
        for who, person in people.items()
    }


def make_readable(world: World) -> tuple[list[str], list[Any]]:
    """Add records named by the marker that all may read, also in a frozen edition and a sheet that came back.

    Returns the addresses that they are read at, and the records.
    """
    keeper = world.records.keeper
    office = make_office(world.records.mission, "SIBUT", world.records.bambari)
    heads = {"head_of_office": world.people["HOO"], "head_of_military": world.people["FCPC"]}
    heads["head_of_police"] = Person.objects.get(username="police")
    actor = make_actor(office.mission, "zyx-before", name=f"{MARKER} band", short_name=MARKER)
    threat = make_full_threat(office, f"{MARKER} threat", by=keeper)
    incident = make_incident(office.mission, world.records.ouaka, actors=(actor,), title=f"{MARKER} raid")
    edit_threat(threat, changes={"actors": [actor.code]}, based_on=threat.version, by=keeper, now=NOW)
    plain = make_full_threat(office, "Attacks near the base", by=keeper)
    activity = make_activity(office, keeper, f"{MARKER} patrol", threats=[plain])
    presence = make_presence(office, area=world.records.ouaka, place=MARKER)
    trigger = make_trigger(office, keeper, title=f"{MARKER} vote")
    lesson = write_lesson(office, period="2020-Q2", values={"text": MARKER, "marking": 1}, by=keeper, now=NOW)
    sheet = edited(take_out(office, keeper), {("Matrix", "location", 4): "East", ("Matrix", "location", 5): "West"})
    bring_back(sheet, office, keeper)
    make_edition(office, keeper, "in_force", heads)
    make_edition(office, keeper, "endorsed")
    cited = {"threat": threat, "incident": incident, "actor": actor}
    addresses, network = make_readable_cases(world, office, cited)
    addresses += [f"/{noun}/{record.pk}/" for noun, record in (("activities", activity), ("threats", plain))]
    addresses += [
        f"/matrix/SIBUT/{part}" for part in ("", "?live=1", "changes/", "outcomes/", "gaps/", "offline/sheet.xlsx")
    ]
    addresses += [f"/editions/{pk}/" for pk in MatrixEdition.objects.filter(office=office).values_list("pk", flat=True)]
    addresses += [f"/sheets/{pk}/" for pk in MatrixImport.objects.filter(office=office).values_list("pk", flat=True)]
    return addresses, [actor, activity, presence, trigger, lesson, threat, network]


def raise_all(records: list[Any], by: Person) -> None:
    """Mark the records strictly confidential, one by one; with its actor the threat rises."""
    actor, activity, presence, trigger, lesson, threat, network = records
    high = {"marking": int(STRICT)}
    edit_actor(actor, changes=high, based_on=actor.version, by=by)
    edit_activity(activity, changes=high, based_on=activity.version, by=by)
    edit_presence(presence, changes=high, based_on=presence.version, by=by)
    edit_trigger(trigger, changes=high, based_on=trigger.version, by=by)
    edit_lesson(lesson, changes=high, based_on=lesson.version, by=by)
    raise_network(network, by)
    threat.refresh_from_db()
    assert threat.marking == STRICT


@pytest.mark.timeout(900)
def test_what_is_marked_above_the_reader_shows_nowhere_and_changes_nothing(world: World) -> None:
    """First records that everybody read are raised one by one: no page names them any more, also where they are frozen.

    Then records of each kind are added that were strictly confidential from the start: every page stays as it is, for
    readers of confidential; another mission reads nothing.
    """
    further, records = make_readable(world)
    readers = readers_of(world)
    for who in ("POCF", "POCA at hq"):
        client, addresses = readers[who]
        addresses += further
        named = (url for url in reversed(addresses) if MARKER in read_all(client, [url])[url])
        assert len(list(itertools.islice(named, 60))) == 60
    raise_all(records, world.records.keeper)
    remind()
    before = read_by_all(readers)
    assert [(who, url) for who, found in before.items() for url, text in found.items() if MARKER in text] == []
    add_records(world, STRICT)
    assert shows_to_all(readers, before) == dict.fromkeys(readers, NOTHING)


@pytest.mark.timeout(900)
def test_what_another_office_keeps_changes_nothing_for_those_outside_its_branch(world: World) -> None:
    """Confidential records of Bambari, for officers of the highest clearance beside it and below it.

    Quarterly reports are left out: they count the whole mission up to their own marking.
    """
    addresses = [url for url in dict.fromkeys(urls(world, "POCF")) if "/reports/" not in url]
    readers = {code: (client_of(world.records.officers[code]), addresses) for code in ("BRIA", "IPPY")}
    before = read_by_all(readers)
    add_records(world, Marking.CONFIDENTIAL, mission_wide=False)
    assert shows_to_all(readers, before) == dict.fromkeys(readers, NOTHING)
