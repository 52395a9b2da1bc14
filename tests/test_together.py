"""Rows of several tables read in one query."""

from datetime import date
from typing import Any

import pytest

from coordination.models import Contact, WarningCase
from pocweb.models import Office, Person
from pocweb.together import Part, read_together
from tests.factories.coordination_case import RECEIVED, make_case
from tests.factories.coordination_sharing import make_contact

pytestmark = pytest.mark.django_db


def test_rows_of_two_tables_keep_order_limit_and_kinds_of_value(
    bambari: Office, officer: Person, django_assert_num_queries: Any
) -> None:
    """Days, moments with their zone and empty keys come back as from a query of their own; the rest is fetched late."""
    case = make_case(bambari, officer)
    for name, day in (("Late", "2020-05-01"), ("Early", "2020-03-01"), ("Middle", "2020-04-01")):
        make_contact(bambari, officer, name, reviewed_on=day)
    parts = {
        "contacts": Part(Contact.objects.order_by("reviewed_on"), ("name", "reviewed_on", "office__name"), 2),
        "cases": Part(
            WarningCase.objects.order_by("-number"), ("number", "received_at", "threat__title", "mission_id")
        ),
        "none": Part(Contact.objects.filter(name="Nobody"), ("name",)),
    }
    with django_assert_num_queries(1):
        found = read_together(parts, given=[bambari.mission])
        contacts = [(one.name, one.reviewed_on, str(one.office)) for one in found["contacts"]]
        [read] = found["cases"]
        seen = (read, read.ref, read.received_at, read.threat, read.mission, found["none"])

    assert contacts == [("Early", date(2020, 3, 1), bambari.name), ("Middle", date(2020, 4, 1), bambari.name)]
    assert seen == (case, case.ref, RECEIVED, None, bambari.mission, [])
    with django_assert_num_queries(1):
        assert read.place == case.place


def test_nothing_asked_takes_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert read_together({}) == {}
