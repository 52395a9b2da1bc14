"""The board on which measurements are written down, and the table that comes of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger("bench")

HOLDS, MISSED, NOT_MEASURED, NOT_BUILT, INFORMATION = "holds", "MISSED", "NOT MEASURED", "not built yet", "-"


@dataclass(frozen=True)
class Line:
    """One budget: what was measured, in the limit's unit, and how. `state` is one of the words above."""

    budget: str
    limit: str
    measured: str
    state: str
    how: str


@dataclass
class Board:
    """All lines of a run, printed as they come."""

    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.lines.append(line)
        print(f"{line.state:>13}  {line.budget}: {line.measured} (limit {line.limit})", flush=True)

    def at_most(self, budget: str, limit: float, measured: float, unit: str = "", how: str = "") -> None:
        """Write down a measurement that must not exceed its limit."""
        state = HOLDS if measured <= limit else MISSED
        self.add(Line(budget, f"<= {_number(limit)}{unit}", f"{_number(measured)}{unit}", state, how))

    def at_least(self, budget: str, limit: float, measured: float, unit: str = "", how: str = "") -> None:
        """Write down a measurement that must reach its limit."""
        state = HOLDS if measured >= limit else MISSED
        self.add(Line(budget, f">= {_number(limit)}{unit}", f"{_number(measured)}{unit}", state, how))

    def note(self, what: str, measured: str, how: str = "") -> None:
        """Write down a measurement that no budget limits."""
        self.add(Line(what, "-", measured, INFORMATION, how))

    def not_built(self, budget: str, limit: str) -> None:
        """Write down a budget of a part that does not exist yet."""
        self.add(Line(budget, limit, "-", NOT_BUILT, ""))

    def part(self, name: str, measure: Callable[..., None], *arguments: Any) -> None:
        """Run a part of the bench; where it breaks off, say so in the table and go on with the others."""
        try:
            measure(*arguments)
        except Exception as error:  # whatever breaks one measurement must not hide the others
            log.exception("The part %s of the bench broke off", name)
            words = f"{type(error).__name__}: {error}".splitlines()[0][:120]
            self.add(Line(name, "-", words, NOT_MEASURED, "the log above says where"))

    def count(self, state: str) -> int:
        return sum(line.state == state for line in self.lines)

    def table(self) -> str:
        """Return the lines as a table in Markdown."""
        heads = ("Budget", "Limit", "Measured", "State", "How measured")
        rows = [heads, tuple("---" for _head in heads)]
        rows += [(line.budget, line.limit, line.measured, line.state, line.how) for line in self.lines]
        return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
