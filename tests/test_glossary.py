"""The glossary explains acronyms on hover and in exports (CO-12)."""

import pytest
from django.test import Client

from pocweb.glossary import acronyms, explained, used_in
from pocweb.models import Person


def test_every_acronym_of_the_handbook_is_there() -> None:
    """CO-12: the list of Annex VIII, and those that the text explains beside it."""
    assert len(acronyms()) == 184
    assert acronyms()["CAN"] == "Community Alert Network"
    assert acronyms()["T/PCC"] == "Troop / Police Contributing Country"
    assert list(acronyms()) == sorted(acronyms(), key=str.casefold)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The CAN warned.", 'The <abbr title="Community Alert Network">CAN</abbr> warned.'),
        ("CAN and CAN", '<abbr title="Community Alert Network">CAN</abbr> and CAN'),
        ("CANs met", '<abbr title="Community Alert Network">CAN</abbr>s met'),
        ("CANADA, can, A-CAN, CAN-2", "CANADA, can, A-CAN, CAN-2"),
        ("<b>POC</b> & more", '&lt;b&gt;<abbr title="Protection of Civilians">POC</abbr>&lt;/b&gt; &amp; more'),
        ("", ""),
    ],
    ids=["once", "first only", "plural", "whole words", "escaped", "empty"],
)
def test_acronyms_are_explained_where_they_stand_first(text: str, shown: str) -> None:
    assert explained(text) == shown


def test_exports_list_what_they_use() -> None:
    assert used_in(["The CLA called.", "", "UNPOL and CLA"]) == {
        "CLA": "Community Liaison Assistant",
        "UNPOL": "United Nations Police",
    }


def test_page_finds_by_letters_and_by_words(client: Client, officer: Person) -> None:
    client.force_login(officer)
    page = client.get("/glossary/", {"q": "alert network"}).content.decode()
    assert '<th scope="row">CAN</th><td>Community Alert Network</td>' in page
    assert "1 acronym of 184." in page
    assert "No acronym has these letters" in client.get("/glossary/", {"q": "<zzz>"}).content.decode()
