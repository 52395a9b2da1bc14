"""The state table of issues. Plain values in, plain values out. Source: POC Handbook 2020, 6.1.1 to 6.1.3, diagram."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.choices import IssueState as S
from pocweb.choices import Level
from pocweb.errors import RuleError

DECIDE, REFER, IMPLEMENT, REPORT, CLOSE = "decide", "refer", "implement", "report", "close"


@dataclass(frozen=True)
class Step:
    """One line of the table; `level` is that of the forum above to which the issue goes, empty where it stays."""

    before: str
    act: str
    after: str
    label: str | Promise
    level: str = ""

    @property
    def needs_decision(self) -> bool:
        """Whether a decision of a forum must stand behind the step; senior leadership decides without a forum."""
        return self.act == DECIDE and self.after != S.DECIDED_LEADERSHIP

    @property
    def is_down(self) -> bool:
        """Whether the step belongs to those who carry the decision out."""
        return self.act in (IMPLEMENT, REPORT, CLOSE)


_DECIDE, _REFER = gettext_lazy("Record the decision"), gettext_lazy("Refer it up")
STEPS: tuple[Step, ...] = (
    Step(S.RAISED, DECIDE, S.DECIDED_LOCAL, _DECIDE),
    Step(S.RAISED, REFER, S.REFERRED_OPERATIONAL, _REFER, Level.OPERATIONAL),
    Step(S.REFERRED_OPERATIONAL, DECIDE, S.DECIDED_OPERATIONAL, _DECIDE),
    Step(S.REFERRED_OPERATIONAL, REFER, S.REFERRED_STRATEGIC, _REFER, Level.STRATEGIC),
    Step(S.REFERRED_STRATEGIC, DECIDE, S.DECIDED_STRATEGIC, _DECIDE),
    Step(S.REFERRED_STRATEGIC, REFER, S.REFERRED_LEADERSHIP, _REFER),
    Step(S.REFERRED_LEADERSHIP, DECIDE, S.DECIDED_LEADERSHIP, _DECIDE),
    *(Step(state, IMPLEMENT, S.IMPLEMENTING, gettext_lazy("It is being carried out")) for state in S.DECIDED),
    Step(S.IMPLEMENTING, REPORT, S.REPORTED, gettext_lazy("Report back")),
    Step(S.REPORTED, CLOSE, S.CLOSED, gettext_lazy("Close it")),
)
_RAISED_AT = {Level.OPERATIONAL.value: S.REFERRED_OPERATIONAL, Level.STRATEGIC.value: S.REFERRED_STRATEGIC}


def steps_from(state: str, *, level: str) -> tuple[Step, ...]:
    """Return what may come next, rights aside; `level` is that of the forum that the issue lies with.

    An issue that an operational or strategic forum raised itself goes on from there.
    """
    stands = _RAISED_AT.get(level, state) if state == S.RAISED else state
    return tuple(step for step in STEPS if step.before == stands)


def step_for(state: str, act: str, *, level: str) -> Step:
    """Return the line of the table. Raises `RuleError` where it has none."""
    for step in steps_from(state, level=level):
        if step.act == act:
            return step
    raise RuleError(
        "illegal_move", _("This is not open in the state: %(state)s.") % {"state": str(S(state).label).lower()}
    )
