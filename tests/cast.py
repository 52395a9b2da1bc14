"""The fixed cast of the tests: a mission with its headquarters and two field offices, the people in it, a stranger.

`ouaka` and `haute_kotto` are two prefectures of squares side by side, each the area of one field office.
"""

import pytest

from pocweb.choices import Role
from pocweb.models import Area, Mission, Office, Person
from tests.factories.mission import make_area, make_mission, make_office, make_person, make_square


@pytest.fixture
def mission(db: None) -> Mission:
    return make_mission()


@pytest.fixture
def country(db: None) -> Area:
    return make_area("CF", "Central African Republic", 0, shape=make_square(20.0, 5.0, 4.0))


@pytest.fixture
def ouaka(country: Area) -> Area:
    return make_area("CF42", "Ouaka", 1, country, make_square(20.0, 5.0, 2.0))


@pytest.fixture
def haute_kotto(country: Area) -> Area:
    return make_area("CF52", "Haute-Kotto", 1, country, make_square(22.0, 5.0, 2.0))


@pytest.fixture
def hq(mission: Mission) -> Office:
    return make_office(mission, "HQ", name="Mission headquarters")


@pytest.fixture
def bambari(hq: Office, ouaka: Area) -> Office:
    return make_office(hq.mission, "BAMBARI", hq, [ouaka], lat=5.76, lon=20.67)


@pytest.fixture
def bria(hq: Office, haute_kotto: Area) -> Office:
    return make_office(hq.mission, "BRIA", hq, [haute_kotto], lat=6.54, lon=21.99)


@pytest.fixture
def officer(bambari: Office) -> Person:
    """POC officer in Bambari."""
    return make_person("officer", Role.POCF, bambari, "poc", first_name="A.", last_name="Bellin")


@pytest.fixture
def forum_secretary(officer: Person) -> Person:
    """The POC officer, who also keeps the records of the local forum."""
    return officer


@pytest.fixture
def adviser(hq: Office) -> Person:
    """POC Adviser at headquarters: covers the mission."""
    return make_person("adviser", Role.POCA, hq, "poc", first_name="N.", last_name="Castell")


@pytest.fixture
def poc_lead(hq: Office) -> Person:
    """Senior official who leads on POC, at headquarters."""
    return make_person("poc_lead", Role.LEAD, hq, "political", first_name="T.", last_name="Vey")


@pytest.fixture
def head_of_mission(hq: Office) -> Person:
    return make_person("head_of_mission", Role.SML, hq, "political", first_name="H.", last_name="Morrow")


@pytest.fixture
def head_of_office(bambari: Office) -> Person:
    """Head of Office in Bambari."""
    return make_person("head_of_office", Role.HOO, bambari, "political", first_name="I.", last_name="Marrow")


@pytest.fixture
def head_of_military(bambari: Office) -> Person:
    """Head of military in Bambari."""
    return make_person("head_of_military", Role.FCPC, bambari, "force", first_name="R.", last_name="Tamm")


@pytest.fixture
def head_of_police(bambari: Office) -> Person:
    """Head of police in Bambari."""
    return make_person("head_of_police", Role.FCPC, bambari, "police", first_name="S.", last_name="Quill")


@pytest.fixture
def colleague(bambari: Office) -> Person:
    """Civil affairs officer in Bambari: a lesser role in the same office."""
    return make_person("colleague", Role.SECT, bambari, "civil-affairs", first_name="D.", last_name="Orlo")


@pytest.fixture
def scpi(hq: Office) -> Person:
    """Strategic communications at headquarters: sees threats, changes nothing."""
    return make_person("scpi", Role.SCPI, hq, "support", first_name="L.", last_name="Pasco")


@pytest.fixture
def administrator(hq: Office) -> Person:
    return make_person("administrator", Role.ADM, hq, "support", first_name="O.", last_name="Lund")


@pytest.fixture
def stranger(db: None) -> Person:
    """POC officer of another mission."""
    elsewhere = make_office(make_mission("ELSE", "Another mission"), "HQ", name="Other headquarters")
    return make_person("stranger", Role.POCF, elsewhere, "poc", first_name="E.", last_name="Farr")
