"""Enumerations of early warning. Labels follow POC Handbook 2020, Annex V; definitions are put in our own words."""

from enum import nonmember
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseState(models.TextChoices):
    """Where a case stands. Source: POC Handbook 2020, Annex V, steps 2 to 16 (EW-07)."""

    RECEIVED = "received", _("Received")
    SOURCE_RATED = "source_rated", _("Source rated")
    INFO_RATED = "info_rated", _("Information rated")
    CLASSED = "classed", _("Classed")
    IMPACT_RATED = "impact_rated", _("Impact rated")
    LIKELIHOOD_RATED = "likelihood_rated", _("Likelihood rated")
    PRIORITISED = "prioritised", _("Prioritised")
    TABLED = "tabled", _("Tabled for the local forum")
    DECIDED = "decided", _("Decided")
    DISSEMINATED = "disseminated", _("Sent out")
    EMERGENCY_DECIDED = "emergency_decided", _("Decided in emergency")
    FLASH_SENT = "flash_sent", _("Flash report sent")
    PARTNERS_TOLD = "partners_told", _("Partners told")
    MATRIX_UPDATED = "matrix_updated", _("Matrix updated")
    HARM_ASSESSED = "harm_assessed", _("Harm assessed")
    IMPLEMENTING = "implementing", _("Response under way")
    MONITORED = "monitored", _("Watched")
    CLOSED = "closed", _("Closed")

    ASSESSING = nonmember(
        ("received", "source_rated", "info_rated", "classed", "impact_rated", "likelihood_rated", "prioritised")
    )


class Branch(models.TextChoices):
    """The two ways after step 9. Imminence is a human decision, never computed (Annex V, step 9; 8.2.5; EW-06)."""

    NON_IMMINENT = "non_imminent", _("Not imminent")
    IMMINENT = "imminent", _("Imminent")


class CaseClass(models.TextChoices):
    """An alert is not confirmed; an early warning is triangulated and validated. Source: Annex V, step 5, para. 20."""

    ALERT = "alert", _("Alert")
    WARNING = "warning", _("Early warning")


class SourceReliability(models.TextChoices):
    """Source: POC Handbook 2020, Annex V, annex 2 (EW-02); `meaning` is in our words."""

    A = "A", _("A Totally reliable")
    B = "B", _("B Usually reliable")
    C = "C", _("C Rather reliable")
    D = "D", _("D Rarely reliable")
    E = "E", _("E Non-reliable")
    F = "F", _("F The reliability cannot be estimated")

    @property
    def meaning(self) -> Any:
        return _SOURCE_MEANINGS[self.value]


_SOURCE_MEANINGS = {
    "A": _("No doubt: a consistent record and a relationship of trust."),
    "B": _("Slight doubt: what it told before held up."),
    "C": _("Frequent doubt: it was right in a fair share of cases."),
    "D": _("Serious doubt: most of what it told before proved wrong."),
    "E": _("Great doubt: proven unreliable, though it may be right at times."),
    "F": _("There is no ground to judge by."),
}


class InformationReliability(models.TextChoices):
    """Source: POC Handbook 2020, Annex V, annex 3, which gives no letters (EW-02); `meaning` is in our words."""

    SURE = "sure", _("Sure accuracy")
    CONFIRMED = "confirmed", _("Confirmed-coherent")
    PROBABLE = "probable", _("Probable-relevant")
    DOUBTFUL = "doubtful", _("Doubtful")
    IMPROBABLE = "improbable", _("Non-probable")
    UNKNOWN = "unknown", _("The truthfulness cannot be estimated")

    @property
    def meaning(self) -> Any:
        return _INFORMATION_MEANINGS[self.value]


_INFORMATION_MEANINGS = {
    "sure": _("Independent sources bear it out, and it fits what is known."),
    "confirmed": _("It shows signs of accuracy and fits other information."),
    "probable": _("Neither confirmed nor contradicted; nothing speaks against it."),
    "doubtful": _("Possible but thought unlikely; nothing contradicts it."),
    "improbable": _("It is contradicted, does not hold together, or conflicts with the rest."),
    "unknown": _("Too little is known to judge."),
}


class ImpactLevel(models.IntegerChoices):
    """Impact if it happens, and likelihood. Source: POC Handbook 2020, Annex V, annexes 4 and 5."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")


class CasePriority(models.IntegerChoices):
    """Source: POC Handbook 2020, Annex V, annex 6: the 3x3 grid (EW-05). Not the priority of the Threat Matrix."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    TOP = 4, _("Top")


class UnitRating(models.TextChoices):
    """Whether a specialized unit's rating (7A children, 7B women and girls) is asked, given or not relevant (EW-04)."""

    ASKED = "asked", _("Asked")
    RATED = "rated", _("Rated")
    NOT_RELEVANT = "not_relevant", _("Not relevant")


class AssessingBody(models.TextChoices):
    """Who gave the likelihood: Annex V, step 8 names both; the cell proposes, the local forum confirms."""

    CELL = "cell", _("Operations centre or early-warning cell")
    FORUM = "forum", _("Local senior management group on protection")


class ThreatenedAct(models.TextChoices):
    """What may happen, in the words of the intake page; ours after POC Handbook 2020, 8.1."""

    ATTACK = "attack", _("Attack on people")
    ABDUCTION = "abduction", _("Abduction")
    SEXUAL_VIOLENCE = "sexual_violence", _("Sexual violence")
    DISPLACEMENT = "displacement", _("People flee")
    ARREST = "arrest", _("Arrests, beating")
    OTHER = "other", _("Something else")


class ExpectedTime(models.TextChoices):
    NOW = "now", _("Now")
    DAY = "day", _("Within 24 hours")
    DAYS = "days", _("Within days")
    UNKNOWN = "unknown", _("Not known")


class Threatening(models.TextChoices):
    """Who threatens, as the person who reports can tell; ours after Annex V, step 2."""

    ARMED_GROUP = "armed_group", _("Armed group")
    STATE = "state", _("State forces")
    INTERNATIONAL = "international", _("International forces")
    COMMUNITY = "community", _("A community")
    CRIME = "crime", _("Criminals")
    OTHER = "other", _("Others")
    UNKNOWN = "unknown", _("Not known")


class AtRisk(models.TextChoices):
    """Who is at risk, to tick on the intake page (Annex V, step 2: group, sex, age)."""

    WOMEN = "women", _("Women")
    MEN = "men", _("Men")
    GIRLS = "girls", _("Girls")
    BOYS = "boys", _("Boys")
    OLDER = "older", _("Older persons")
    DISABILITIES = "disabilities", _("Persons with disabilities")
    DISPLACED = "displaced", _("Displaced people")
    MINORITY = "minority", _("A minority")
    HUMANITARIAN = "humanitarian", _("Humanitarian staff")

    CHILDREN = nonmember(("girls", "boys"))
    WOMEN_AND_GIRLS = nonmember(("women", "girls"))


class Channel(models.TextChoices):
    """How the report came."""

    SEEN = "seen", _("I saw it")
    NETWORK = "network", _("Alert network")
    LIAISON = "liaison", _("Liaison assistant")
    PATROL = "patrol", _("A patrol")
    PERSONNEL = "personnel", _("Other mission staff")
    PARTNER = "partner", _("A partner")
    AUTHORITY = "authority", _("Authorities")
    MEDIA = "media", _("Media")
    TECHNOLOGY = "technology", _("Aerial pictures, technology")


class Outcome(models.TextChoices):
    """What became of the threat when the case closes; a false alarm is told from one that was averted."""

    AVERTED = "averted", _("Averted")
    HAPPENED = "happened", _("It happened")
    FALSE = "false", _("False alarm")
    UNKNOWN = "unknown", _("Not known")


class ResponseKind(models.TextChoices):
    """Rapid responses; the list is open. Source: POC Handbook 2020, Annex V, para. 14, notes 5 and 6, para. 24."""

    PATROL = "patrol", _("Patrolling")
    ROBUST_PATROL = "robust_patrol", _("Robust patrolling")
    CHECKPOINT = "checkpoint", _("UN checkpoint")
    BUFFER = "buffer", _("Buffer zone")
    DIALOGUE = "dialogue", _("Political dialogue")
    CEASEFIRE = "ceasefire", _("Ceasefire negotiation")
    PEACE_AGREEMENT = "peace_agreement", _("Local peace agreement")
    URGENT_MEASURES = "urgent_measures", _("Urgent Temporary Measures")
    FORCE = "force", _("Use of force beyond self-defence")
    OTHER = "other", _("Something else")

    OPERATIONS = nonmember(("robust_patrol", "buffer", "force", "urgent_measures"))


class ResponseState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    UNDER_WAY = "under_way", _("Under way")
    DONE = "done", _("Done")
    HINDERED = "hindered", _("Met an obstacle")


class ReviewState(models.TextChoices):
    """Whether a case is evaluated: step 17 asks, the forum decides (EW-20)."""

    OPEN = "open", _("Not decided")
    NONE = "none", _("No evaluation")
    UNDER_REVIEW = "under_review", _("Under evaluation")
    REVIEWED = "reviewed", _("Evaluated")


class EvaluationTool(models.TextChoices):
    """Source: POC Handbook 2020, Annex V, step 17."""

    AFTER_ACTION = "after_action", _("After Action Review")
    IMPACT = "impact", _("Impact evaluation")
    JAM = "jam", _("Joint Assessment Mission")


class TaskKind(models.TextChoices):
    """What a case asks of a unit."""

    CHILDREN = "children", _("Rate the impact on children (7A)")
    WOMEN = "women", _("Rate the impact on women and girls (7B)")
    EVALUATION = "evaluation", _("Evaluate the case (17)")


class FlashKind(models.TextChoices):
    """Kept apart: a past event, and a threat with its response (Annex V, para. 23, step 12; EW-21)."""

    INCIDENT = "incident", _("Incident flash")
    WARNING = "warning", _("Early warning flash")


class Audience(models.TextChoices):
    """Whom step 13 may tell (EW-12)."""

    PARTNERS = "partners", _("Protection partners")
    STRUCTURES = "structures", _("Other structures")
    POPULATION = "population", _("The exposed population")


class RequestKind(models.TextChoices):
    """What a request is for; the rank follows. Source: Annex V, para. 19, step 5; Annex VI, para. 9 (EW-19)."""

    MEDEVAC = "medevac", _("MEDEVAC")
    CASEVAC = "casevac", _("CASEVAC")
    OPERATION = "operation", _("Military operation")
    RESPONSE = "response", _("Response to an early warning or alert")
    JPT = "jpt", _("Joint Protection Team")
    OTHER = "other", _("Other")


class RequestState(models.TextChoices):
    ASKED = "asked", _("Asked")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Measure(models.TextChoices):
    """Times of the alert clock, all from the moment the report was received (EW-15; Annex III, 2.2.3)."""

    CLASSED = "classed", _("To class")
    DECIDED = "decided", _("To decision")
    FLASHED = "flashed", _("To flash report")
    ACTED = "acted", _("To action taken")
    NEUTRALISED = "neutralised", _("To threat neutralised")
    ACKNOWLEDGED = "acknowledged", _("To acknowledgement, from sending out")
