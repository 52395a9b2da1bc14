"""The cast of the tests stands as every other test expects it."""

from pocweb.models import Area, Office, Person


def test_cast_sees_its_own_branch_of_offices(
    officer: Person, adviser: Person, stranger: Person, bambari: Office, bria: Office, ouaka: Area
) -> None:
    """The officer is posted in Bambari, the adviser above both offices, the stranger in another mission."""
    assert officer.office == bambari
    assert list(bambari.areas.all()) == [ouaka]
    assert bria.path.startswith(adviser.office.path)
    assert stranger.mission != officer.mission
    assert officer.check_password("officerofficer")
