"""Who may do what in the strategy app; the letters stand in `pocweb/reference/permissions.yaml`."""

import rules

from pocweb.choices import Verb
from pocweb.permissions import allows

rules.add_perm("strategy.view_activity", allows("activity", Verb.VIEW))
rules.add_perm("strategy.add_activity", allows("activity", Verb.EDIT))
rules.add_perm("strategy.change_activity", allows("activity", Verb.EDIT))
