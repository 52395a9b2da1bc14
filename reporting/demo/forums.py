"""Forums of the demo mission made whole: the senior group and the planning team, chairs, seats, terms, the chain; and
three mechanisms outside the mission. People and arrangements are invented.
"""

from datetime import date, datetime
from functools import partial
from typing import Any

from coordination.choices import SeatKind
from coordination.defaults import catalogue, missing_forums, set_up_missing
from coordination.mechanisms import services as mechanisms
from coordination.models import Forum
from coordination.services import edit_forum
from pocweb.choices import Level
from pocweb.models import Office
from reporting.demo.cast import DRAFTER, HEADS, WITH_MATRIX
from reporting.demo.diary import Diary, person

SET_UP_ON, WRITTEN_ON, REPRESENTED_ON = date(2020, 6, 4), date(2020, 6, 5), date(2020, 7, 9)
BODIES = ("OCHA", "Protection Cluster")
# office, entry of the catalogue, who represents the mission, why a uniformed person does
MECHANISMS = (
    ("HQ", "protection-cluster", "castell", ""),
    ("HQ", "mara-wg", "solane", ""),
    ("BAMBARI", "cmcoord", "tamm", "Movement of convoys on the Ippy road; the civilian focal point sits in as well."),
)


def write_forums(diary: Diary) -> None:
    """Put down what the catalogue adds to the forums of the offices, and the mechanisms."""
    diary.put(SET_UP_ON, partial(_set_up, diary))
    for code in WITH_MATRIX:
        diary.put(WRITTEN_ON, partial(_write, diary, code))
    for entry in MECHANISMS:
        diary.put(REPRESENTED_ON, partial(_represent, diary, *entry))


def forum_of(diary: Diary, code: str) -> Forum:
    """Return the forum that decides on an office's matrix: the working group at headquarters, else the local one."""
    rows = Forum.objects.select_related("office", "mission").filter(mission=diary.mission, office__code=code)
    return rows.get(code="pwg") if code == "HQ" else rows.get(level=Level.TACTICAL)


def _set_up(diary: Diary, now: datetime) -> None:
    """Set up what the mission lacks; its head chairs the senior group, and the planning team awaits a chair."""
    by = person("castell")
    codes = [proposal.code for proposal in missing_forums(diary.mission, by=by, now=now)]
    for forum in set_up_missing(diary.mission, codes=codes, by=by, now=now):
        if forum.level == Level.STRATEGIC:
            edit_forum(forum, based_on=forum.version, changes={"chair": person("morrow")}, by=by, now=now)


def _write(diary: Diary, code: str, now: datetime) -> None:
    is_top = code == "HQ"
    forum = forum_of(diary, code)
    entry = next(one for one in catalogue() if one["code"] == ("pwg" if is_top else "smgp-local"))
    above = "smgp" if is_top else "pwg"
    sitting = [*HEADS[code], DRAFTER[code]]
    changes: dict[str, Any] = {
        "secretariat": entry["secretariat"],
        "terms": f"{entry['terms']}\n\nOutputs: {entry['outputs']}",
        "parent": Forum.objects.get(mission=diary.mission, code=above),
        "active_from": date(2020, 6, 3),
        "seats": [
            *({"person": person(account), "kind": SeatKind.MEMBER} for account in dict.fromkeys(sitting)),
            *({"body": body, "kind": SeatKind.INVITEE} for body in BODIES),
        ],
    }
    edit_forum(forum, based_on=forum.version, changes=changes, by=person("castell"), now=now)


def _represent(diary: Diary, code: str, name: str, account: str, reason: str, now: datetime) -> None:
    entry = next(one for one in mechanisms.catalogue() if one["code"] == name)
    values = {key: entry[key] for key in ("name", "kind", "chaired_by", "cadence", "purpose")}
    mechanisms.add_mechanism(
        diary.mission,
        by=person("castell"),
        now=now,
        office=Office.objects.get(mission=diary.mission, code=code),
        representative=person(account),
        uniformed_reason=reason,
        **values,
    )
