"""Forums, editions of the matrix and quarterly reports of the demo mission, in the hands of those who may."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from coordination.services import add_forum, record_endorsement
from pocweb.models import Component, Office
from reporting.choices import SectionState
from reporting.demo.cast import DRAFTER, HEADS, MEMBERS, OFFICES, WITH_MATRIX, forum_plan
from reporting.demo.diary import Diary, person
from reporting.demo.forums import forum_of
from reporting.demo.rounds import open_next
from reporting.demo.texts import NOTHING_KNOWN, SECTIONS
from reporting.models import Report
from reporting.services import approve_report, clear_report, open_report, submit_report, write_section
from threats.choices import ApprovalSlot
from threats.models import MatrixEdition
from threats.services.editions import approve_edition, consult_edition, open_edition

FIRST_ROUND, SECOND_ROUND = date(2020, 6, 15), date(2020, 11, 24)  # the first is in force when the third quarter begins
THIRD_ROUND = date(2020, 12, 24)
LATE_OFFICE = "BOUAR"  # its second edition is older than the review period and no third is open, so that this shows
WAITING_OFFICE = "BRIA"  # its third edition waits for the heads of military and police
FIRST_HORIZON, HORIZON = date(2020, 9, 30), date(2020, 12, 31)


def write_forums(diary: Diary) -> None:
    """Found a forum for each office that keeps a matrix."""
    for office in (office for office in OFFICES if office.code in WITH_MATRIX):
        plan = forum_plan(office)

        def add(now: datetime, code: str = office.code, plan: dict[str, str] = plan) -> None:
            home = Office.objects.get(mission=diary.mission, code=code)
            members = Component.objects.filter(mission=diary.mission, code__in=MEMBERS)
            values = {**plan, "chair": person(plan["chair"])}
            add_forum(home.mission, by=person(DRAFTER[code]), now=now, office=home, members=members, **values)

        diary.put(date(2020, 6, 3), add)


def write_editions(diary: Diary) -> None:
    """Take two editions of each office into force, and roll over to a third; one office is late with it."""
    for index, code in enumerate(WITH_MATRIX):
        shift = timedelta(days=index % 3)
        late = timedelta(days=12) if code == LATE_OFFICE else timedelta()
        _approved(diary, code, FIRST_ROUND + shift, horizon_on=FIRST_HORIZON)
        _approved(diary, code, SECOND_ROUND + shift - late)
        if code == LATE_OFFICE:
            continue
        box = _rolled_over(diary, code, THIRD_ROUND + shift)
        if code == WAITING_OFFICE:
            _endorsed(diary, code, box, THIRD_ROUND + shift + timedelta(days=2))
            _signed(diary, code, box, THIRD_ROUND + shift + timedelta(days=4), slots=1)


def _opened(diary: Diary, code: str, day: date, *, horizon_on: date = HORIZON) -> list[MatrixEdition]:
    box: list[MatrixEdition] = []

    def begin(now: datetime) -> None:
        office = Office.objects.select_related("mission").get(mission=diary.mission, code=code)
        by = person(DRAFTER[code])
        box.append(open_edition(office, by=by, starts_on=day, horizon_on=horizon_on, now=now))

    diary.put(day, begin)
    return box


def _rolled_over(diary: Diary, code: str, day: date) -> list[MatrixEdition]:
    box: list[MatrixEdition] = []

    def begin(now: datetime) -> None:
        office = Office.objects.select_related("mission").get(mission=diary.mission, code=code)
        box.append(open_next(office, now))

    diary.put(day, begin)
    return box


def _endorsed(diary: Diary, code: str, box: list[MatrixEdition], day: date) -> None:
    def endorse(now: datetime) -> None:
        forum = forum_of(diary, code)
        by = person(DRAFTER[code])
        record_endorsement(box[0], forum=forum, decided_on=now.date(), note="Agreed without a vote.", by=by, now=now)

    diary.put(day - timedelta(days=1), lambda now: consult_edition(box[0], by=person(DRAFTER[code]), now=now))
    diary.put(day, endorse)


def _signed(diary: Diary, code: str, box: list[MatrixEdition], day: date, *, slots: int = 3) -> None:
    for offset, (slot, account) in enumerate(zip(ApprovalSlot.values[:slots], HEADS[code], strict=False)):

        def sign(now: datetime, slot: str = slot, account: str = account) -> None:
            edition = MatrixEdition.objects.get(pk=box[0].pk)
            approve_edition(edition, slot=slot, by=person(account), sha256=edition.sha256, now=now)

        diary.put(day + timedelta(days=offset // 2), sign)


def _approved(diary: Diary, code: str, day: date, *, horizon_on: date = HORIZON) -> None:
    box = _opened(diary, code, day, horizon_on=horizon_on)
    _endorsed(diary, code, box, day + timedelta(days=7))
    _signed(diary, code, box, day + timedelta(days=9))


def write_reports(diary: Diary) -> None:
    """Bring the third quarter's assessment to approval, and the fourth's to the eve of its submission."""
    third = _written(diary, "2020-Q3", date(2020, 10, 1))
    by: tuple[tuple[date, str, Callable[..., Report]], ...] = (
        (date(2020, 10, 3), "castell", submit_report),
        (date(2020, 10, 4), "vey", clear_report),
        (date(2020, 10, 5), "morrow", approve_report),
    )
    for day, account, act in by:

        def do(now: datetime, account: str = account, act: Callable[..., Report] = act) -> None:
            act(Report.objects.select_related("mission", "office").get(pk=third[0].pk), by=person(account), now=now)

        diary.put(day, do)
    _written(diary, "2020-Q4", date(2020, 12, 30))


def _written(diary: Diary, period: str, day: date) -> list[Report]:
    """Open a report and fill what no record can draft; return the box that will hold it."""
    box: list[Report] = []

    def begin(now: datetime) -> None:
        box.append(open_report(diary.mission, period=period, by=person("castell"), now=now))

    def fill(now: datetime) -> None:
        sections = box[0].sections.select_related("report__mission", "report__office")
        for section in sections:
            text = section.text or SECTIONS[period].get(section.code, NOTHING_KNOWN)
            changes = {"text": text, "state": SectionState.READY.value}
            write_section(section, based_on=section.version, changes=changes, by=person("castell"), now=now)

    diary.put(day, begin)
    diary.put(day, fill)
    return box
