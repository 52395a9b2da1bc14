"""Contacts, sharing agreements and what was shared in the demo mission. Partners, functions and lines are invented."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from coordination.models import SharingAgreement
from coordination.sharing.contacts import add_contact, hand_over
from coordination.sharing.services import add_agreement, lift_block, record_share
from pocweb.choices import Marking
from pocweb.models import Office
from reporting.demo.diary import Diary, person
from threats.choices import SourceOfViolence
from threats.models import Threat

# office, who records it, day of the last check, function, organization, kind, lines, languages
CONTACTS: tuple[tuple[str, str, date, str, str, str, str, str], ...] = (
    ("BAMBARI", "orlo", date(2020, 11, 16), "Duty officer", "Prefecture of Ouaka", "host_state",
     "HF channel 12", "French"),
    ("BAMBARI", "orlo", date(2020, 11, 16), "Field security desk", "Convoy and access forum", "ingo", "HF channel 31",
     "English, French"),
    ("BAMBARI", "orlo", date(2020, 7, 7), "Chair, market committee", "Ippy market", "traditional",
     "HF channel 44", "Sango"),
    ("BAMBARI", "bellin", date(2020, 6, 19), "Focal point, Ippy road", "Community alert network", "network",
     "HF channel 40", "Sango"),
    ("BRIA", "adair", date(2020, 10, 12), "Night desk", "Displaced persons' site office", "ngo", "HF channel 22",
     "French, Sango"),
)  # fmt: skip
FORUM, GENDARMERIE = "Convoy and access forum", "Prefecture security committee"


def write_sharing(diary: Diary) -> None:
    """Put contacts, two agreements, a share, a lifted block and a handing over into the diary."""
    for office, by, day, name, organization, kind, phone, languages in CONTACTS:
        values = {"name": name, "organization": organization, "kind": kind, "phone": phone, "languages": languages}
        diary.put(day, _contact(diary, office, by, values))
    diary.put(date(2020, 7, 1), _agreement(diary, FORUM, "ingo", "2020-07-01", None))
    diary.put(date(2020, 7, 1), _agreement(diary, GENDARMERIE, "host_state", "2020-07-01", "2020-11-30"))
    diary.put(date(2020, 12, 14), lambda now: _share(diary, now))
    diary.put(date(2020, 12, 15), lambda now: _lift(diary, now))
    diary.put(date(2020, 12, 17), lambda now: _hand_over(diary, now))


def _contact(diary: Diary, code: str, by: str, values: dict[str, Any]) -> Callable[[datetime], Any]:
    def add(now: datetime) -> None:
        add_contact(diary.mission, by=person(by), now=now, office=code, marking=Marking.UNCLASSIFIED, **values)

    return add


def _agreement(diary: Diary, partner: str, kind: str, first: str, last: str | None) -> Callable[[datetime], Any]:
    values: dict[str, Any] = {
        "what": "Where violence is likely in the coming days, by road and village; no numbers of people, no sources.",
        "use": "Safety of staff, of convoys and of the people whom the partner serves; not for publication.",
        "how": "The POC Adviser or the Head of Office, by voice at the weekly meeting, at once when it is urgent.",
        "storage": "The partner keeps no list; notes are destroyed after a month.",
        "highest_marking": Marking.CONFIDENTIAL,
        "individual_cases": False,
        "marking": Marking.UNCLASSIFIED,
    }

    def add(now: datetime) -> None:
        by = person("castell")
        add_agreement(
            diary.mission, by=by, now=now, partner=partner, kind=kind, valid_from=first, valid_to=last, **values
        )

    return add


def _share(diary: Diary, now: datetime) -> None:
    threats = Threat.objects.filter(mission=diary.mission, office__code="BAMBARI", status="active")
    threats = threats.filter(marking__lte=Marking.CONFIDENTIAL).order_by("number")
    record_share(
        SharingAgreement.objects.get(mission=diary.mission, partner=FORUM),
        what="Roads on which convoys should not move until the end of the week, and the hours of greatest risk.",
        recipient="Field security desk, convoy and access forum",
        how="By voice, at the weekly meeting in Bambari",
        marking=Marking.UNCLASSIFIED,
        threats=threats[:1],
        shared_at=now,
        by=person("marrow"),
        now=now,
    )


def _lift(diary: Diary, now: datetime) -> None:
    """Let the POC lead open one threat of a State actor to the authorities whom it concerns."""
    of_state = Threat.objects.filter(mission=diary.mission, actors__source_of_violence=SourceOfViolence.STATE)
    threat = of_state.filter(status="active").order_by("number").distinct().first()
    if threat is not None:
        reason = "The new commander asked for it and has begun inquiries; the units named are no longer in the area."
        lift_block(threat, reason=reason, by=person("vey"), now=now)


def _hand_over(diary: Diary, now: datetime) -> None:
    office = Office.objects.select_related("mission").get(mission=diary.mission, code="BAMBARI")
    recipient = "Field security desk, convoy and access forum"
    hand_over(office, recipient=recipient, form="csv", by=person("marrow"), now=now)
