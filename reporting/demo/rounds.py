"""What moves in the demo mission between its second editions and the end of the year, and the round that follows.

Invented: reasons, reinforcements, reviews. One threat per larger office is closed, columns are rewritten, ratings
confirmed, so that the pages on what changed since the last edition have something to tell.
"""

from datetime import date, datetime
from functools import partial

from pocweb.models import Office
from reporting.demo.cast import DRAFTER, WITH_MATRIX
from reporting.demo.diary import Diary, person
from threats.models import MatrixEdition, Threat
from threats.services.rounds import confirm_rating, roll_over
from threats.services.threats import close_threat, edit_threat

CHANGED_ON, CLOSED_ON, CONFIRMED_ON, BROUGHT_FORWARD_ON = (
    date(2020, 12, 18), date(2020, 12, 29), date(2020, 12, 28), date(2020, 12, 27),
)  # fmt: skip
NEW_PERIOD = {"starts_on": date(2021, 1, 1), "horizon_on": date(2021, 3, 31), "review_on": date(2021, 1, 29)}
CAPACITY = "One company and a temporary base since mid-December; patrols by day, one by night; no helicopter at night."
ACTION = "Escort market days, hold talks with both communities, ask the prefect for a joint patrol each week."
CLOSED = "No event for eight weeks, the group has left the axis, and the local committee reports free movement."
CONFIRMED = "Read again with the alert network's lists of the week and the patrol reports: likelihood and impact hold."


def write_rounds(diary: Diary) -> None:
    """Put the changes of December into the diary, office by office."""
    for code in WITH_MATRIX:
        diary.put(CHANGED_ON, partial(_rewrite, diary, code))
        diary.put(CLOSED_ON, partial(_close_one, diary, code))
        diary.put(BROUGHT_FORWARD_ON, partial(_bring_forward, diary, code))
        diary.put(CONFIRMED_ON, partial(_confirm, diary, code))


def open_next(office: Office, now: datetime) -> MatrixEdition:
    """Roll the office's matrix over to the first quarter of 2021, as its drafter does."""
    return roll_over(office, by=person(DRAFTER[office.code]), now=now, **NEW_PERIOD)


def _threats(diary: Diary, code: str) -> list[Threat]:
    rows = Threat.objects.active().filter(mission=diary.mission, office__code=code).exclude(risk=None)
    return list(rows.select_related("mission", "office", "lead").order_by("priority", "-risk", "number"))


def _rewrite(diary: Diary, code: str, now: datetime) -> None:
    """Rewrite two columns of the first threat and one of the second, each with the reason."""
    found = _threats(diary, code)[:2]
    texts = ({"capacity": CAPACITY, "action": ACTION}, {"action": ACTION})
    notes = ("A company was moved here after the December attacks.", "Asked for by the local committee.")
    for threat, changes, note in zip(found, texts, notes, strict=False):
        by = person(DRAFTER[code])
        edit_threat(threat, changes=changes, based_on=threat.version, by=by, note=note, now=now)


def _close_one(diary: Diary, code: str, now: datetime) -> None:
    """Close the last threat of an office that has four or more, of those whose ratings are all made."""
    threats = _threats(diary, code)
    found = [one for one in threats if not one.imminent and one.assessments.count() > 2]
    if found and len(threats) > 3:
        close_threat(found[-1], reason=CLOSED, by=person(DRAFTER[code]), now=now)


def _bring_forward(diary: Diary, code: str, now: datetime) -> None:
    """Set the review of one threat to a day that then passes without it."""
    for threat in _threats(diary, code)[1:2]:
        by, note = person(DRAFTER[code]), "Review brought forward for the new year."
        edit_threat(threat, changes={"review_on": "2020-12-30"}, based_on=threat.version, by=by, note=note, now=now)


def _confirm(diary: Diary, code: str, now: datetime) -> None:
    """Confirm the ratings of half of the threats."""
    found = _threats(diary, code)
    for threat in found[: (len(found) + 1) // 2]:
        last = threat.assessments.first()
        if last is not None:
            confirm_rating(threat, based_on=last.pk, reason=CONFIRMED, by=person(DRAFTER[code]), now=now)
