"""Threats of the demo mission with their ratings and activities, drawn from clusters of real events."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from pocweb.models import Component, Office
from reporting.demo.cast import DRAFTER, HEADS
from reporting.demo.clusters import Cluster
from reporting.demo.diary import Diary, person
from reporting.demo.texts import ACTIVITIES, IMMINENCE_REASON, KINDS, RATING_REASONS
from strategy.models import Activity
from strategy.services import add_activity, set_status
from threats.choices import Confidence
from threats.models import Threat
from threats.services.threats import add_threat, assess_threat, decide_imminence, edit_threat

OPENING = date(2020, 6, 5)
RATED_ON = (date(2020, 6, 10), date(2020, 11, 16), date(2020, 12, 21))
LAST_DAY = date(2020, 12, 31)
CRITERIA = {
    "criterion_nature": "Recent, repeated, and against people who cannot leave.",
    "criterion_host_state": "Authorities are willing but hardly present; in part they are themselves the source.",
    "criterion_mission": "The mission can act with partners; it cannot hold all roads at once.",
    "criterion_advantage": "Presence and good offices together have lowered attacks here before.",
    "criterion_consequences": "Acting may move the violence to the next axis; not acting costs lives and trust.",
}


def scale_of(cluster: Cluster, day: date) -> str:
    """Return the text on threat and scale as it could be written on a day."""
    place = cluster.places.most_common(1)[0][0] if cluster.places else cluster.area.name
    text = KINDS[cluster.kind]["scale"].format(area=cluster.area.name, place=place, who=" and ".join(cluster.names))
    events, killed = cluster.known(day)
    since = f"{events} event{'' if events == 1 else 's'} known by {day.day} {day:%B %Y}"
    return f"{text}. {since}, {killed} killed (best estimate)"


class ThreatWriter:
    """Puts one cluster's threat, ratings and activities into the diary. The same seed gives the same mission."""

    def __init__(self, diary: Diary, chance: random.Random) -> None:
        self.diary, self.chance = diary, chance
        self.components = {row.code: row for row in Component.objects.filter(mission=diary.mission)}
        self.count = 0

    def write(self, cluster: Cluster) -> None:
        """Put the threat of a cluster into the diary; every seventh or so lacks something on purpose."""
        self.count += 1
        number = self.count
        begins = min(LAST_DAY, max(OPENING, min(cluster.days) + timedelta(days=2)))
        drafter = DRAFTER.get(cluster.office, "castell")
        made: list[Threat] = []

        def add(now: datetime) -> None:
            office = Office.objects.select_related("mission").get(mission=self.diary.mission, code=cluster.office)
            values = self._values(cluster, number, begins)
            made.append(add_threat(office=office, values=values, by=person(drafter), now=now))

        self.diary.put(begins, add)
        self._rate(cluster, made, begins, drafter)
        if number % 8 != 0:
            self._act(cluster, made, begins, drafter, number)

    def _values(self, cluster: Cluster, number: int, day: date) -> dict[str, Any]:
        words = KINDS[cluster.kind]
        place = cluster.places.most_common(1)[0][0] if cluster.places else cluster.area.name
        names = cluster.names
        who = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        said = {
            key: value.format(area=cluster.area.name, place=place, who=who)
            for key, value in words.items()
            if isinstance(value, str)
        }
        texts = ("title", "location", "scale", "civilians", "perpetrators", "other_actors", "capacity", "triggers")
        values: dict[str, Any] = {key: said[key] for key in texts}
        return {
            **values,
            "scale": scale_of(cluster, day),
            "response": "" if number % 9 == 0 else said["response"],
            "action": said["action"],
            "objective": "" if number % 6 == 0 else said["objective"],
            "areas": [cluster.area.pcode],
            "violence_types": list(words["violence_types"]),
            "actors": [actor.code for actor in cluster.actors],
            "components": list(words["components"]),
            "groups": [
                {"group": group, "number": size, "exposure": exposure, "vulnerability": level, "reason": exposure,
                 "as_of": OPENING.isoformat()}
                for group, size, exposure, level in words["groups"]
            ],
            "protection_actors": [
                {"name": name, "role": role, "acceptance": "accepted by most", "coordination": "meets monthly"}
                for name, role in words["protection"]
            ],
            "lead": "" if number % 7 == 0 else HEADS.get(cluster.office, HEADS["HQ"])[number % 3],
            "capacity_in_reach": {0: False, 1: None}.get(number % 11, True),
            "near_mission_presence": number % 5 == 0,
            "horizon_on": "2021-03-31",
            "review_on": "2021-01-15",
            "red_lines": "Attack on a displacement site, a hospital or a school.",
            **CRITERIA,
        }  # fmt: skip

    def _rate(self, cluster: Cluster, made: list[Threat], begins: date, drafter: str) -> None:
        """Rate from the opening on, from what was known on the day; later ratings bring the scale up to date.

        The last events raise likelihood, many killed raise impact.
        """
        for index, fixed in enumerate(RATED_ON):
            day = max(fixed, begins + timedelta(days=2 * index))
            if day > LAST_DAY:
                continue
            recent = sum(day - timedelta(days=90) <= one <= day for one in cluster.days)
            known, killed = cluster.known(day)
            last = max(one for one in cluster.days if one <= day)
            impact = next(level for level, least in ((5, 30), (4, 7), (3, 2), (2, 0)) if killed >= least)
            likelihood = min(5, 2 + min(recent, 2) + (known > 1) + (day - last < timedelta(days=45)))
            if index and self.chance.random() < 0.2:
                likelihood = max(1, likelihood - 1)

            self.diary.put(day, self._rater(cluster, made, likelihood, impact, index, drafter))
        if cluster.kind == "state_operation" and max(cluster.days) >= date(2020, 12, 10) and cluster.killed >= 3:
            self.diary.put(
                max(date(2020, 12, 23), begins + timedelta(days=1)),
                lambda now: decide_imminence(
                    made[0], imminent=True, reason=IMMINENCE_REASON, by=person(drafter), now=now
                ),
            )

    def _rater(
        self, cluster: Cluster, made: list[Threat], likelihood: int, impact: int, index: int, drafter: str
    ) -> Callable[[datetime], None]:
        """Return the act of rating: more events known, more sure; most high threats say what is expected."""
        expected: dict[str, int] = {}
        if max(likelihood, impact) >= 4 and self.count % 6:
            expected = {"expected_likelihood": max(1, likelihood - 2), "expected_impact": impact - (impact > 3)}

        def rate(now: datetime) -> None:
            changes = {"scale": scale_of(cluster, now.date())}
            edit_threat(made[0], changes=changes, based_on=made[0].version, by=person(drafter), now=now)
            made[0].refresh_from_db()
            known, _killed = cluster.known(now.date())
            confidence = Confidence.HIGH if known > 3 else Confidence.MEDIUM if known > 1 else Confidence.LOW
            assess_threat(
                made[0], likelihood=likelihood, impact=impact, reason=RATING_REASONS[index],
                inputs=KINDS[cluster.kind]["inputs"], confidence=confidence, by=person(drafter), now=now, **expected,
            )  # fmt: skip

        return rate

    def _act(self, cluster: Cluster, made: list[Threat], begins: date, drafter: str, number: int) -> None:
        """Plan two to all activities of the kind, then start and finish some; a few run late or have no owner."""
        place = cluster.places.most_common(1)[0][0] if cluster.places else cluster.area.name
        plans = list(ACTIVITIES[cluster.kind])
        for index, (words, tier, phases, code) in enumerate(plans[: 2 + (number % (len(plans) - 1))]):
            day = begins + timedelta(days=3 + 2 * index)
            due = max(day, date(2020, 11, 5)) + timedelta(days=self.chance.randrange(10, 75))
            is_early = index == 0 and begins == OPENING
            if is_early:  # the work of the summer is done, so that a warning may have been heeded
                due = begins + timedelta(days=70 + number % 40)
            owner = None if self.chance.random() < 0.1 else self._owner(cluster.office, code, drafter)
            box: list[Activity] = []
            if day > LAST_DAY:
                continue
            title = words.format(place=place)
            self.diary.put(day, self._adder(made, box, title, tier, phases, code, due, owner, drafter))
            self._move_on(box, day, due, drafter, is_done=is_early)

    def _adder(
        self, made: list[Threat], box: list[Activity], title: str, tier: int, phases: tuple[str, ...], code: str,
        due: date, owner: str | None, drafter: str,
    ) -> Callable[[datetime], None]:  # fmt: skip
        def add(now: datetime) -> None:
            threat = made[0]
            activity = add_activity(
                threat.mission, by=person(drafter), now=now, title=title, tier=tier, phases=list(phases),
                component=self.components[code], owner=person(owner) if owner else None, threats=[threat],
                office=threat.office, area=threat.areas.first(), starts_on=now.date(), due_on=due,
                supporting=[self.components["poc"]] if code != "poc" else [],
            )  # fmt: skip
            box.append(activity)

        return add

    def _move_on(self, box: list[Activity], day: date, due: date, drafter: str, *, is_done: bool) -> None:
        """Let most activities begin, and half of those that are due end; with `is_done`, this one does."""
        fate = self.chance.random()
        if is_done:
            fate = 1.0
        start = day + timedelta(days=4)
        if fate < 0.25 or start > LAST_DAY:
            return
        self.diary.put(start, lambda now: set_status(box[0], act="start", by=person(drafter), now=now))
        end = due - timedelta(days=2)
        if fate > 0.6 and start < end <= LAST_DAY:
            result = "Done as planned; fewer complaints reached the alert network in the weeks after."
            self.diary.put(
                end,
                lambda now: set_status(
                    box[0], act="finish", by=person(drafter), done_on=now.date(), result=result, now=now
                ),
            )

    def _owner(self, office: str, component: str, drafter: str) -> str:
        head, military, police = HEADS.get(office, HEADS["HQ"])
        return {"force": military, "police": police, "political": head}.get(component, drafter)
