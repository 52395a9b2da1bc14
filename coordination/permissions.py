"""Who may do what in the coordination app; the letters stand in `pocweb/reference/permissions.yaml`."""

import rules

from pocweb.choices import Verb
from pocweb.permissions import allows

rules.add_perm("coordination.view_forum", allows("forum", Verb.VIEW))
rules.add_perm("coordination.change_forum", allows("forum", Verb.DRAFT))
rules.add_perm("coordination.record_act", allows("forum", Verb.DRAFT))
