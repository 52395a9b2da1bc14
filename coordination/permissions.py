"""Who may do what in the coordination app; the letters stand in `pocweb/reference/permissions.yaml`."""

import rules

from pocweb.choices import Verb
from pocweb.permissions import allows

rules.add_perm("coordination.view_forum", allows("forum", Verb.VIEW))
rules.add_perm("coordination.change_forum", allows("forum", Verb.DRAFT))
rules.add_perm("coordination.record_act", allows("forum", Verb.DRAFT))

rules.add_perm("coordination.view_meeting", allows("forum", Verb.VIEW))
# the secretariat calls, records and closes meetings (Handbook 6.1)
rules.add_perm("coordination.change_meeting", allows("forum", Verb.DRAFT))
rules.add_perm("coordination.raise_issue", allows("forum", Verb.COMMENT))
rules.add_perm("coordination.move_issue", allows("forum", Verb.DRAFT) | allows("forum", Verb.APPROVE))
# senior leadership may confirm or change a field decision at any time (Handbook, Annex V, step 11)
rules.add_perm("coordination.overrule_decision", allows("forum", Verb.APPROVE))
rules.add_perm("coordination.change_action", allows("forum", Verb.DRAFT))
rules.add_perm("coordination.view_contact", allows("contact", Verb.VIEW))
rules.add_perm("coordination.change_contact", allows("contact", Verb.EDIT))
rules.add_perm("coordination.hand_over_contacts", allows("contact", Verb.EDIT))
rules.add_perm("coordination.view_agreement", allows("agreement", Verb.VIEW))
rules.add_perm("coordination.change_agreement", allows("agreement", Verb.DRAFT))
rules.add_perm("coordination.record_share", allows("agreement", Verb.EDIT))
# a block on sharing with host authorities is lifted by senior leadership alone (Handbook 6.3; ours)
rules.add_perm("coordination.lift_share_block", allows("agreement", Verb.APPROVE))
