"""CM-08, CM-09, CM-10, CM-12: engagement records, what is kept of persons, figures, photographs."""

import io
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from openpyxl import load_workbook
from PIL import Image
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from coordination.communities import engagement_rules as rules
from coordination.communities import engagements, photos
from coordination.communities.engagement_fields import ENGAGEMENT
from coordination.communities.engagement_figures import figures_of, narrowed
from coordination.models import Engagement, EngagementPhoto
from pocweb.audit import history_of, verify
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, AuditEvent, Office, Person
from tests.factories.coordination_plans import DAY, NOW, keep_persons, make_engagement, make_picture

SECRET = "KEYW3SELLSSALT"
FORM = {
    "held_on": "2020-12-30", "place": "Market", "risk": "safe", "purposes": ["threat"], "groups": ["women"],
    "tier": "1", "phase": "prevention", "findings": "Checkpoints after dark.", "marking": "2",
    "count_female_adult": "4", "count_unknown_unknown": "2",
}  # fmt: skip


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(officer: Person) -> Client:
    return as_person(officer)


@pytest.mark.parametrize(
    ("risk", "withdrawn", "consent_on", "scope", "field"),
    [
        ("cannot_ensure", None, DAY, ["record"], "personal_details"),  # Handbook 10.2
        ("insufficient", None, DAY, ["record"], "personal_details"),  # Handbook 10.2
        ("", None, DAY, ["record"], "risk"),  # Handbook 10.2
        ("safe", None, DAY, ["share"], "consent_scope"),  # Handbook 10.1
        ("safe", None, None, ["record"], "consent_on"),  # Handbook 10.1
        ("safe", None, date(2021, 1, 1), ["record"], "consent_on"),
        ("safe", DAY, DAY, ["record"], "personal_details"),
        ("safe", None, DAY, ["record"], ""),
        ("conditions", None, DAY, ["record", "act"], ""),
    ],
)
def test_when_details_of_persons_may_be_kept(
    risk: str, withdrawn: date | None, consent_on: date | None, scope: list[str], field: str
) -> None:
    """CM-08, CM-09."""
    given: dict[str, Any] = {"risk": risk, "withdrawn_on": withdrawn, "consent_on": consent_on, "scope": scope}
    if not field:
        rules.check_persons(**given, today=NOW.date())
        return
    with pytest.raises(RuleError) as refused:
        rules.check_persons(**given, today=NOW.date())
    assert refused.value.field == field


@pytest.mark.parametrize("risk", ["cannot_ensure", "insufficient"])
def test_what_is_unsafe_is_stored_nowhere_and_stays_on_the_page(
    client: Client, bambari: Office, ouaka: Area, officer: Person, risk: str
) -> None:
    """CM-08: refused by rule, form and database; the typed text is in the answer and in no table or event."""
    engagement = make_engagement(ouaka, officer, risk=risk)
    posted = {"consent_scope": ["record"], "consent_on": "2020-12-30", "personal_details": SECRET, "based_on": "1"}
    answer = client.post(f"/engagements/{engagement.pk}/persons/", posted)
    assert (answer.status_code, SECRET in answer.content.decode()) == (422, True)
    engagement.refresh_from_db()
    assert (engagement.personal_details, engagement.consent_on, engagement.version) == ("", None, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Engagement.objects.filter(pk=engagement.pk).update(personal_details=SECRET)
    assert not any(SECRET in str((event.changes, event.note)) for event in AuditEvent.objects.all())


def test_without_a_risk_assessment_nothing_is_recorded(
    client: Client, bambari: Office, ouaka: Area, officer: Person
) -> None:
    """CM-08: the form keeps what was typed; the service refuses as well."""
    answer = client.post("/engagements/new/", {**FORM, "area": ouaka.pk, "risk": ""})
    page = answer.content.decode()
    assert (answer.status_code, "Assess the risk" in page, "Checkpoints after dark." in page) == (422, True, True)
    with pytest.raises(RuleError, match="Assess the risk"):
        make_engagement(ouaka, officer, risk="")
    assert not Engagement.objects.exists()


def test_an_engagement_is_recorded_once_and_edited_under_the_guard(
    client: Client, bambari: Office, bria: Office, ouaka: Area, haute_kotto: Area, officer: Person, colleague: Person
) -> None:
    """CM-10: the office follows from the area; two editors are told; another branch is refused."""
    for _turn in range(2):
        client.post("/engagements/new/", {**FORM, "area": ouaka.pk, "once": "token"})
    engagement = Engagement.objects.get()
    assert (engagement.office, engagements.counts_of(engagement)) == (
        bambari,
        {"female:adult": 4, "unknown:unknown": 2},
    )
    engagements.edit_engagement(engagement, changes={"findings": "Two"}, based_on=1, by=colleague, now=NOW)
    counts = {"female:adult": 5}
    saved = engagements.edit_engagement(engagement, changes={"counts": counts}, based_on=1, by=officer, now=NOW)
    assert (saved.record.findings, engagements.counts_of(saved.record)) == ("Two", counts)
    with pytest.raises(EditConflict):
        engagements.edit_engagement(engagement, changes={"findings": "Three"}, based_on=1, by=officer, now=NOW)
    posted = {**FORM, "findings": "Three of mine", "area": ouaka.pk, "based_on": "1"}
    answer = client.post(f"/engagements/{engagement.pk}/edit/", posted)
    assert (answer.status_code, "Three of mine" in answer.content.decode()) == (409, True)
    with pytest.raises(Forbidden):
        make_engagement(haute_kotto, officer)
    assert list(verify(bambari.mission)) == []


def test_withdrawal_removes_persons_from_the_record_and_every_use(
    bambari: Office,
    ouaka: Area,
    officer: Person,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """CM-09: nothing of persons stays in row, trail, history page, exports or files; none can be added again."""
    client, engagement = as_person(officer), make_engagement(ouaka, officer)
    keep_persons(engagement, officer, SECRET)
    keep_persons(engagement, officer, f"{SECRET} and more")
    photo = photos.add_photo(engagement, content=make_picture(), caption="Market", by=officer, now=NOW)
    path = photos.path_of(photo)
    assert (SECRET in client.get(f"/engagements/{engagement.pk}/persons/").content.decode(), path.is_file()) == (
        True,
        True,
    )
    pages = [f"/engagements/{engagement.pk}/", "/engagements/", "/engagements/figures/", "/engagements/export.csv"]
    for page in pages:
        assert SECRET not in client.get(page).content.decode()
    book = load_workbook(io.BytesIO(client.get("/engagements/export.xlsx").content))
    assert not any(SECRET in str(row) for row in book.active.iter_rows(values_only=True))
    assert "personal_details" not in [field.name for field in ENGAGEMENT.fields]
    with django_capture_on_commit_callbacks(execute=True):
        engagements.withdraw_consent(engagement, by=officer, now=NOW)
    engagement.refresh_from_db()
    assert (engagement.personal_details, engagement.consent_scope, engagement.withdrawn_on) == ("", [], NOW.date())
    assert (path.exists(), EngagementPhoto.objects.exists()) == (False, False)
    events = list(history_of(engagement))
    assert not any(SECRET in str((event.changes, event.note)) for event in events)
    assert events[0].changes["personal_details"] == ["recorded", "removed"]
    assert "read the details of persons in" in [event.verb for event in events]
    with pytest.raises(RuleError, match="withdrawn"):
        keep_persons(engagement, officer)
    with pytest.raises(RuleError):
        photos.add_photo(engagement, content=make_picture(), caption="Market", by=officer, now=NOW)
    with pytest.raises(Conflict):
        engagements.withdraw_consent(engagement, by=officer, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Engagement.objects.filter(pk=engagement.pk).update(personal_details=SECRET)


def test_persons_are_open_to_keepers_alone_and_two_of_them_are_told(
    bambari: Office, ouaka: Area, officer: Person, colleague: Person, head_of_police: Person, stranger: Person
) -> None:
    """CM-09: who only sees the record opens no details; a save over another's is refused with theirs beside it."""
    engagement = keep_persons(make_engagement(ouaka, officer), officer, SECRET)
    address = f"/engagements/{engagement.pk}/persons/"
    assert [as_person(one).get(address).status_code for one in (head_of_police, stranger)] == [403, 404]
    posted = {"consent_scope": ["record"], "consent_on": "2020-12-30", "personal_details": "MINE", "based_on": "1"}
    answer = as_person(colleague).post(address, posted)
    page = answer.content.decode()
    assert (answer.status_code, "MINE" in page, SECRET in page) == (409, True, True)
    assert engagements.remove_persons(engagement, by=colleague, now=NOW).personal_details == ""


def test_a_worse_risk_or_a_child_victim_waits_until_what_it_forbids_is_gone(
    bambari: Office, ouaka: Area, officer: Person
) -> None:
    """CM-08, CM-12."""
    engagement = keep_persons(make_engagement(ouaka, officer), officer)
    photo = photos.add_photo(engagement, content=make_picture(), caption="Market", by=officer, now=NOW)
    engagement.refresh_from_db()
    version = engagement.version
    for change in ({"risk": "cannot_ensure"}, {"concerns_child_victim": True}):
        with pytest.raises(RuleError, match="Remove"):
            engagements.edit_engagement(engagement, changes=change, based_on=version, by=officer, now=NOW)
    photos.remove_photo(photo, by=officer, now=NOW)
    change = {"concerns_child_victim": True}
    engagements.edit_engagement(engagement, changes=change, based_on=version, by=officer, now=NOW)
    with pytest.raises(RuleError, match="child victim"):
        photos.add_photo(engagement, content=make_picture(), caption="Market", by=officer, now=NOW)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_stored_pictures_tell_neither_place_nor_time(
    bambari: Office, ouaka: Area, officer: Person, head_of_police: Person, stranger: Person, kind: str
) -> None:
    """CM-12: a real picture with GPS in EXIF, XMP and comment; the stored bytes carry none and are private."""
    content = make_picture(kind)
    before = Image.open(io.BytesIO(content)).getexif()
    assert (before.get_ifd(0x8825) != {}, b"SpyCam" in content) == (True, True)
    engagement = keep_persons(make_engagement(ouaka, officer), officer)
    address = f"/engagements/{engagement.pk}/photos/"
    upload = io.BytesIO(content)
    upload.name = "market.jpg"
    assert as_person(officer).post(address, {"photo": upload, "caption": "Market"}).status_code == 302
    photo = EngagementPhoto.objects.get()
    stored = photos.path_of(photo).read_bytes()
    image = Image.open(io.BytesIO(stored))
    assert (
        dict(image.getexif()),
        image.size,
        set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"},
    ) == (
        {},
        (64, 48),
        True,
    )
    marks = (b"Exif", b"SpyCam", b"GPS", b"adobe", b"xmp", b"8BIM", b"ICC_PROFILE", b"2020:12:30")
    assert [mark for mark in marks if mark in stored] == []
    assert not str(photos.path_of(photo)).startswith(str(Path(settings.STATIC_ROOT or "/nowhere")))
    answer = as_person(head_of_police).get(f"{address}{photo.pk}/")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, stored)  # type: ignore[attr-defined]
    assert (answer["X-Content-Type-Options"], answer["Content-Disposition"], answer["Cache-Control"]) == (
        "nosniff",
        f'attachment; filename="{engagement.ref}-{photo.pk}.jpg"',
        "no-store, private",
    )
    assert history_of(engagement)[0].verb == "looked at a photograph of"
    assert as_person(stranger).get(f"{address}{photo.pk}/").status_code == 404
    Engagement.objects.filter(pk=engagement.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert as_person(head_of_police).get(f"{address}{photo.pk}/").status_code == 404


def _bomb(side: int) -> bytes:
    """Return a small PNG whose header, with its right checksum, promises a square of this many pixels a side."""
    content = make_picture("PNG", (1, 1))
    head = b"IHDR" + side.to_bytes(4, "big") * 2 + content[24:29]
    return content[:12] + head + zlib.crc32(head).to_bytes(4, "big") + content[33:]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GIF89a" + b"\0" * 40, "no JPEG or PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG or PNG"),
        (make_picture()[:300], "no JPEG or PNG"),
        (b"\xff\xd8" + b"\0" * (photos.MOST_BYTES + 1), "larger than 12 MB"),
        (_bomb(50_000), "40 million pixels"),
        (_bomb(7_000), "40 million pixels"),
    ],
    ids=["gif", "svg", "cut", "bytes", "bomb", "large"],
)
def test_other_files_and_bombs_are_refused(content: bytes, said: str) -> None:
    """CM-12: by what they are, not by their name; a bomb by its header, before it is decoded."""
    with pytest.raises(RuleError, match=said) as refused:
        photos.stripped(content)
    assert refused.value.field == "photo"


def test_a_large_picture_is_made_small_and_upright() -> None:
    """CM-12."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: turn a quarter
    Image.new("RGB", (3000, 1500)).save(out, "JPEG", exif=exif)
    assert Image.open(io.BytesIO(photos.stripped(out.getvalue()))).size == (1200, 2400)


def test_figures_agree_with_the_lists_that_they_open(
    client: Client, bambari: Office, bria: Office, ouaka: Area, haute_kotto: Area, officer: Person, adviser: Person
) -> None:
    """CM-10: by sex, age, group, purpose, area, month; not known apart; separate consultations flagged and counted."""
    make_engagement(ouaka, officer, was_separate=True)
    make_engagement(ouaka, officer, groups=["youth"], counts={}, held_on=date(2020, 11, 3), purposes=["policing"])
    make_engagement(haute_kotto, adviser)
    hidden = make_engagement(ouaka, officer)
    Engagement.objects.filter(pk=hidden.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    rows = Engagement.objects.visible_to(officer)
    figures = figures_of(narrowed(rows, {}), {})
    assert (figures.total.count, figures.people, figures.uncounted, figures.separate.count, figures.share) == (
        2,
        12,
        1,
        1,
        "50 of 100",
    )
    assert [(row.label, [cell.count for cell in row.cells]) for row in figures.grid] == [
        ("Female", [0, 7, 0, 2, 9]),
        ("Male", [0, 0, 3, 0, 3]),
        ("Not known", [0, 0, 0, 0, 0]),
    ]
    assert [(one.label, one.count) for one in figures.months] == [("December 2020", 1), ("November 2020", 1)]
    parts = (figures.groups, figures.purposes, figures.areas, figures.months, (figures.separate, figures.total))
    for one in [one for part in parts for one in part if one.count]:
        page = client.get(f"/engagements/?{one.query}").content.decode()
        assert f"{one.count} record{'s' if one.count > 1 else ''} in this view." in page, one
    for cell in [cell for row in figures.grid for cell in row.cells if cell.count]:
        assert "1 record in this view." in client.get(f"/engagements/?{cell.query}").content.decode()
    page = client.get("/engagements/").content.decode()
    assert page.count("Met apart</span>") == 1
    assert client.get("/engagements/?start=2021-01-02&end=2021-01-01").status_code == 422


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("address", ["/engagements/", "/engagements/figures/", "/engagements/export.csv"])
def test_lists_of_engagements_ask_the_same_whatever_their_rows(
    client: Client, bambari: Office, ouaka: Area, officer: Person, address: str, count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    """CM-10: at most 12 queries at both sizes."""
    for _turn in range(count):
        make_engagement(ouaka, officer)
    with django_assert_max_num_queries(12):
        assert client.get(address).status_code == 200
