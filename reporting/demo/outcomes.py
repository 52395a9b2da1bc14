"""What an office of the demo mission wrote down after the third quarter was scored. The words are invented."""

from datetime import date, datetime

from pocweb.models import Office
from reporting.demo.diary import Diary, person
from threats.services.lessons import write_lesson

LESSON = (
    "Both fights between State forces and an armed group that we warned of came, and civilians died in them: the "
    "warning was right, the shelter plan came late. Two other warnings saw no incident. On one of those roads patrols "
    "had begun in June; on the other nothing was done, so we cannot say that it was our work. The next edition says "
    "for each high row what we expect to see by when."
)


def write_lessons(diary: Diary) -> None:
    """Let the POC officer of Bambari write the lesson of the third quarter a week after it ended."""

    def write(now: datetime) -> None:
        office = Office.objects.select_related("mission").get(mission=diary.mission, code="BAMBARI")
        values = {"text": LESSON, "marking": office.mission.default_marking}
        write_lesson(office, period="2020-Q3", values=values, by=person("bellin"), now=now)

    diary.put(date(2020, 10, 8), write)
