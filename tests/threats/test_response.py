"""TH-07: the response by tier and phase, and by component, of a threat, an office and a branch."""

import re
from html import unescape

import pytest
from django.test import Client

from pocweb.models import Office, Person
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_threat import NOON, make_full_threat
from threats.matrix import build_rows
from threats.models import Threat
from threats.response import count_grid, read_answers
from threats.views.matrix_details import component_shares

pytestmark = pytest.mark.django_db


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


def numbers(page: str) -> list[tuple[str, int]]:
    """Return the counts of the page with the addresses that they lead to."""
    found = re.findall(r'href="(/activities/\?[^"]+)"[^>]*>(\d+)</a>', page)
    return [(unescape(url), int(count)) for url, count in found]


def test_every_number_opens_as_many_activities(
    client: Client, bambari: Office, bria: Office, officer: Person, adviser: Person, threat: Threat
) -> None:
    """TH-07: cells and components lead to the list of activities, filtered to the same ones."""
    other = make_full_threat(bria, "In Bria", by=adviser)
    make_activity(bambari, officer, "Patrol", threats=[threat], phases=["prevention", "response"])
    make_activity(bambari, officer, "Post", threats=[threat], due_on=NOON.date().replace(day=1))
    make_activity(bria, adviser, "Talks", threats=[other, threat], tier=1, component="civil-affairs")
    gone = make_activity(bambari, officer, "Given up", threats=[threat])
    type(gone).objects.filter(pk=gone.pk).update(status="cancelled")
    make_activity(bambari, officer, "Answers nothing")
    client.force_login(adviser)
    page = client.get("/matrix/HQ/response/").content.decode()
    found = numbers(page)
    assert len(found) >= 10
    for url, count in found:
        listed = client.get(url).content.decode()
        assert f"{count} activit{'y' if count == 1 else 'ies'} in this view." in listed, url


def test_counts_stop_at_the_reader(
    bambari: Office, bria: Office, officer: Person, adviser: Person, threat: Threat
) -> None:
    """TH-07: activities of another office, and those above the clearance, count for nobody who may not see them."""
    make_activity(bambari, officer, "Patrol", threats=[threat])
    make_activity(bria, adviser, "From Bria", threats=[threat])
    secret = make_activity(bambari, officer, "Quiet talks", threats=[threat])
    type(secret).objects.filter(pk=secret.pk).update(marking=3)
    assert [len(read_answers(bambari, one)) for one in (officer, adviser)] == [1, 2]


def test_empty_cells_begin_an_activity_there(client: Client, officer: Person, bambari: Office, threat: Threat) -> None:
    """TH-07: an empty cell says so and opens the form with tier and phase, of a threat with the threat too."""
    make_activity(bambari, officer, "Patrol", threats=[threat])
    client.force_login(officer)
    whole = client.get("/matrix/BAMBARI/response/").content.decode()
    assert whole.count('class="gapc"') == 11
    own = client.get(f"/threats/{threat.pk}/").content.decode()
    assert own.count('class="gapc"') == 11
    url = next(unescape(one) for one in re.findall(r'href="(/activities/new/[^"]+)"', own) if "phase=prevention" in one)
    form = client.get(url).content.decode()
    assert re.search(r'name="tier" value="1"[^>]* checked', form)
    assert re.search(r'name="phases" value="prevention"[^>]* checked', form)
    assert f'<option value="{threat.pk}" selected' in form


def test_cells_name_the_component_of_each_activity(
    client: Client, officer: Person, bambari: Office, threat: Threat
) -> None:
    """TH-07: by component; a contributing component that leads nothing is named as well."""
    make_activity(bambari, officer, "Patrol", threats=[threat])
    make_activity(bambari, officer, "Post", threats=[threat])
    client.force_login(officer)
    assert "<b>Force:</b> Patrol" in client.get(f"/threats/{threat.pk}/").content.decode()
    row = build_rows(Threat.objects.all(), now=NOON)[0]
    shares = component_shares(row)
    assert shares[0] == ("Force", 2)
    assert {name for name, count in shares if not count} == set(row.components) - {"Force"}


def test_grid_counts_an_activity_in_each_of_its_phases(bambari: Office, officer: Person, threat: Threat) -> None:
    make_activity(bambari, officer, "Patrol", threats=[threat], phases=["prevention", "response"])
    grid = count_grid(read_answers(bambari, officer))
    assert {key for key, count in grid.items() if count} == {(2, "prevention"), (2, "response")}
    assert len(grid) == 12
