"""One field list drives every face of an incident: a face that misses a field fails here (TH-11)."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIRequestFactory

from pocweb.fieldlist import Face, FieldKind
from pocweb.tabular import iter_csv
from tests.factories.mission import make_area
from tests.factories.threats_incident import make_actor, make_count, make_incident, make_source, make_violence_type
from threats.api.incidents import IncidentSerializer
from threats.choices import ActorSide, Harm
from threats.fieldlists.incident import INCIDENT, columns, exported, fields_for, in_blocks, with_places, words
from threats.forms.incidents import LINES, IncidentForm, IncidentPage
from threats.imports.template import COLUMNS as TEMPLATE
from threats.models import Incident, IncidentActor
from threats.services.incident_values import INITIAL, NAMES
from threats.views.incidents import TOLD_APART, facts_of, line_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(mission: Any, bambari: Any, ouaka: Any) -> Incident:
    """An incident with something in every field."""
    town = make_area("CF4201", "Grimari", 2, ouaka)
    commune = make_area("CF420101", "Kobadja", 3, town)
    numbers = {f"{harm}_{part}": 3 for harm in Harm for part in ("low", "best", "high")}
    incident = make_incident(
        mission,
        commune,
        actors=(make_actor(mission),),
        starts_on=date(2020, 12, 3),
        place="Ford of the red river",
        place_note="Two fords have this name",
        lat=5.7,
        lon=20.6,
        point_precision=2,
        civilians_killed=2,
        number_of_reports=2,
        source_note="Radio report",
        narrative="Houses burnt",
        mission_response="Patrol",
        origin="ucdp",
        origin_id="77",
        **numbers,
    )
    incident.violence_types.add(make_violence_type())
    incident.sources.add(make_source(mission))
    for number, side in enumerate((ActorSide.PARTY, ActorSide.VICTIM)):
        actor = make_actor(mission, f"b{number}", f"Blue Hill band {number}")
        IncidentActor.objects.create(incident=incident, actor=actor, side=side)
    make_count(incident, best=1, low=1, high=2)
    return incident


def test_form_has_the_fields_of_the_list(mission, ouaka, bambari, officer):
    page = IncidentPage(None, person=officer, mission=mission)
    shown = {*page.form.fields, *LINES} - {"new_source_kind"}
    assert shown == set(INCIDENT.names(Face.FORM))
    in_sections = {field.name for _head, fields in page.form.sections for field in fields}
    assert in_sections == set(page.form.fields)


def test_form_values_are_those_that_services_take():
    assert set(INCIDENT.names(Face.FORM)) == set(NAMES)


def test_form_leaves_sources_to_those_who_may_see_them(mission, ouaka, hq, adviser):
    form = IncidentForm(person=adviser, mission=mission, values=INITIAL)
    assert {"sources", "new_source_kind"} & set(form.fields) == set()


def test_detail_shows_the_fields_of_the_list(full, officer):
    labels = {label for label, _text in facts_of(full, officer)}
    expected = {str(field.label) for field in INCIDENT.on(Face.DETAIL) if field.name not in TOLD_APART}
    assert labels == expected


def test_detail_page_shows_every_value(client, full, officer):
    client.force_login(officer)
    body = client.get(f"/incidents/{full.pk}/").content.decode()
    for field in INCIDENT.on(Face.DETAIL):
        value = field.value(full)
        assert value not in (None, "", []), f"the incident of this test has nothing in {field.name}"
        if field.name not in ("counts", "violence_types", "area", "office", "marking"):
            assert words(field.name, value).split("\n")[0] in body, field.name
    for text in ("Grimari", "Pillage", "Bambari", "Woman or girl", "1 to 2"):
        assert text in body


def test_table_shows_the_fields_of_the_list(full):
    assert [cell["name"] for cell in line_of(full)["cells"]] == list(INCIDENT.names(Face.TABLE))


def test_export_holds_every_field_with_its_tag(full, officer):
    """Row 2 holds HXL tags, number cells hold numbers, dates are ISO dates."""
    fields = fields_for(officer, Face.EXPORT)
    rows = [exported(incident, fields) for incident in in_blocks(Incident.objects.all())]
    text = b"".join(iter_csv(columns(fields), rows)).decode("utf-8-sig")
    header, tags, line = list(csv.reader(io.StringIO(text)))
    assert header == [str(field.label) for field in INCIDENT.on(Face.EXPORT)]
    by_name = dict(zip([field.name for field in fields], line, strict=True))
    by_tag = dict(zip(tags, line, strict=True))
    assert by_name["starts_on"] == "2020-12-03"
    assert (by_tag["#adm1+code"], by_tag["#adm2+code"], by_tag["#adm3+name"]) == ("CF42", "CF4201", "Kobadja")
    assert (by_tag["#country+code"], by_tag["#country+name"]) == ("CAF", "Central African Republic")
    assert (by_tag["#affected+killed+min"], by_tag["#affected+killed+f"]) == ("3", "1")
    assert by_tag["#affected+killed+children"] == ""
    assert by_tag["#affected+breakdown"] == "killed/civilian/woman/adult=1-1-2"
    assert (by_tag["#group+name+first"], by_tag["#meta+source"]) == ("Red River band", "HR-014")
    numbers = [field.name for field in fields if field.kind in (FieldKind.INTEGER, FieldKind.DECIMAL)]
    assert all(by_name[name] == "" or float(by_name[name]) >= 0 for name in numbers)


REQUIRED_TAGS = """
#event+code #event+type #event+type+sub #date+occurred #date+end #date+reported #country+code #country+name #adm1+code
#adm1+name #adm2+code #adm2+name #adm3+code #adm3+name #loc+name #geo+lat #geo+lon #group+name+first #group+type
#affected+killed+min #affected+killed+best #affected+killed+max #affected+killed+f #affected+killed+m
#affected+killed+children #affected+killed+adults #affected+injured+best #affected+abducted+best
#affected+displaced+best #status+name #meta+source #meta+classification
"""


def test_export_uses_the_tags_of_the_standard_once():
    tags = [field.hxl for field in INCIDENT.on(Face.EXPORT) if field.hxl]
    assert len(tags) == len(set(tags))
    assert set(REQUIRED_TAGS.split()) <= set(tags)


def test_export_leaves_sources_to_those_who_may_see_them(full, adviser):
    names = {field.name for field in fields_for(adviser, Face.EXPORT)}
    assert set(INCIDENT.names(Face.EXPORT)) - names == {"sources"}


def test_export_reads_places_and_related_rows_in_a_fixed_number_of_queries(
    full, mission, ouaka, officer, django_assert_num_queries
):
    fields = fields_for(officer, Face.EXPORT)
    for count in (1, 3):
        while Incident.objects.count() < count:
            make_incident(mission, ouaka)
        with django_assert_num_queries(8):
            assert len([exported(incident, fields) for incident in in_blocks(Incident.objects.all())]) == count


def test_api_speaks_the_fields_of_the_list(full, officer):
    request = APIRequestFactory().get("/")
    request.user = officer
    serializer = IncidentSerializer(full, context={"request": request})
    names = set(INCIDENT.names(Face.API))
    assert set(serializer.data) == names | {"id"}
    writable = {name for name, field in serializer.fields.items() if not field.read_only} - {"new_source_kind"}
    assert writable == {field.name for field in INCIDENT.on(Face.API) if not field.locked} == set(NAMES)


def test_import_template_means_the_same_by_the_same_name():
    """What both know by one name carries one tag in the measures that people add up."""
    tags = {field.name: field.hxl for field in INCIDENT.on(Face.EXPORT)}
    shared = [column for column in TEMPLATE if column.name in tags and column.hxl.startswith("#affected")]
    assert len(shared) >= 13
    assert {column.name: column.hxl for column in shared} == {column.name: tags[column.name] for column in shared}


def test_places_above_come_in_one_query(mission, full, ouaka, hq, django_assert_num_queries):
    make_incident(mission, ouaka)
    rows = list(Incident.objects.select_related("area"))
    with django_assert_num_queries(1):
        levels = [sorted(incident.places) for incident in with_places(rows)]
    assert sorted(levels) == [[0, 1], [0, 1, 2, 3]]


def test_unknown_is_written_never_zero(mission, ouaka, hq):
    incident = make_incident(mission, ouaka)
    assert words("killed_best", incident.killed_best) == "not recorded"
    assert words("killed_best", 0) == "0"
    assert exported(incident, INCIDENT.on(Face.EXPORT))["killed_best"] is None
