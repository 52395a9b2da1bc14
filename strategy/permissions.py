"""Who may do what in the strategy app; the letters stand in `pocweb/reference/permissions.yaml`."""

from typing import Any

import rules

from pocweb.choices import Verb
from pocweb.permissions import allows

rules.add_perm("strategy.view_activity", allows("activity", Verb.VIEW))
rules.add_perm("strategy.add_activity", allows("activity", Verb.EDIT))
rules.add_perm("strategy.change_activity", allows("activity", Verb.EDIT))


@rules.predicate
def owns(user: Any, activity: Any = None) -> bool:
    """Say whether the activity is the person's own; without one: anybody may own some."""
    return activity is None or activity.owner_id == user.pk


# who owns an action says that it began or is done, also where their role edits no activities (heads of office, leads);
# POC Handbook 2020, 8.3: every activity is listed and followed. The rule is ours.
rules.add_perm("strategy.report_activity", allows("activity", Verb.EDIT) | (allows("activity", Verb.VIEW) & owns))
