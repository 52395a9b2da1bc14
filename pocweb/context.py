"""What the frame of every page needs: mission, person, menu, marking, clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

from pocweb import clock
from pocweb.choices import Marking
from pocweb.navigation import Link, action_for, links_for


@dataclass(frozen=True)
class Frame:
    """The frame of a page for one user at one address. Each part is worked out only when a template asks for it."""

    user: Any
    path: str

    @cached_property
    def posting(self) -> Any:
        return getattr(self.user, "posting", None)

    @property
    def mission(self) -> Any:
        return self.posting.mission if self.posting else None

    @property
    def office(self) -> Any:
        return self.posting.office if self.posting else None

    @property
    def person(self) -> str:
        return str(self.user)

    @property
    def role(self) -> str:
        """What the person does: their function in words, else the role of their posting, else nothing."""
        if function := getattr(self.user, "function", ""):
            return function
        return self.posting.get_role_display() if self.posting else ""

    @property
    def marking(self) -> Marking | None:
        """The mission's usual marking; a page with a higher one passes its own `marking`."""
        return Marking(self.mission.default_marking) if self.mission else None

    @property
    def demo_clock(self) -> datetime | None:
        """The moment that counts as now in a demo mission, None in a real one."""
        if self.mission is None or self.mission.clock_on is None:
            return None
        return clock.now(self.mission)

    @cached_property
    def nav_entries(self) -> list[Link]:
        return links_for(self.user, self.path)

    @cached_property
    def account_entries(self) -> list[Link]:
        return links_for(self.user, self.path, in_account_menu=True)

    @cached_property
    def action(self) -> Link | None:
        return action_for(self.user)


def navigation(request: HttpRequest) -> dict[str, Frame]:
    """Return the frame for templates; it costs no query until something of it is shown."""
    return {"frame": Frame(user=getattr(request, "user", None), path=request.path)}
