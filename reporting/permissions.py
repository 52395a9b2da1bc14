"""Who may do what in the reporting app; the letters stand in `pocweb/reference/permissions.yaml`."""

import rules

from pocweb.choices import Role, Verb
from pocweb.permissions import allows, has_role

rules.add_perm("reporting.view_report", allows("quarterly", Verb.VIEW))
rules.add_perm("reporting.write_section", allows("quarterly", Verb.COMMENT))
rules.add_perm("reporting.open_report", allows("quarterly", Verb.DRAFT))
rules.add_perm("reporting.submit_report", allows("quarterly", Verb.DRAFT))
# the POC lead clears within delegation, the Head of Mission's side signs; configurable later (Handbook 8.4 is silent)
rules.add_perm("reporting.clear_report", allows("quarterly", Verb.APPROVE) & has_role(Role.LEAD))
rules.add_perm("reporting.approve_report", allows("quarterly", Verb.APPROVE) & has_role(Role.SML))
rules.add_perm("reporting.send_report", allows("quarterly", Verb.DRAFT) | allows("quarterly", Verb.APPROVE))
