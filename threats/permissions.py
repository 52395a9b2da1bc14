"""Who may do what in the threats app; the letters stand in `pocweb/reference/permissions.yaml`."""

import rules

from pocweb.choices import Role, Verb
from pocweb.permissions import allows, has_role

rules.add_perm("threats.view_incident", allows("incident", Verb.VIEW))
rules.add_perm("threats.add_incident", allows("incident", Verb.EDIT))
rules.add_perm("threats.change_incident", allows("incident", Verb.EDIT))
# verification is the work of human rights; the Joint Operations Centre keeps the database (Handbook 4.2.5, 9.3)
rules.add_perm(
    "threats.verify_incident", allows("incident", Verb.EDIT) & has_role(Role.PROT) | allows("incident", Verb.DRAFT)
)
rules.add_perm("threats.settle_place", allows("incident", Verb.EDIT))
rules.add_perm("threats.view_source", allows("source", Verb.VIEW))
rules.add_perm("threats.view_import", allows("import", Verb.VIEW))
rules.add_perm("threats.import_incidents", allows("import", Verb.EDIT))

rules.add_perm("threats.view_actor", allows("actor", Verb.VIEW))
rules.add_perm("threats.change_actor", allows("actor", Verb.EDIT))

rules.add_perm("threats.view_threat", allows("threat", Verb.VIEW))
rules.add_perm("threats.add_threat", allows("threat", Verb.EDIT))
rules.add_perm("threats.change_threat", allows("threat", Verb.EDIT))
rules.add_perm("threats.assess_threat", allows("threat", Verb.EDIT))
# imminence is a human decision, of those who draft and of those who approve (Handbook 8.2.5)
rules.add_perm("threats.decide_imminence", allows("threat", Verb.DRAFT) | allows("threat", Verb.APPROVE))

rules.add_perm("threats.view_edition", allows("edition", Verb.VIEW))
rules.add_perm("threats.draft_edition", allows("edition", Verb.DRAFT))
rules.add_perm("threats.endorse_edition", allows("edition", Verb.DRAFT))
# back to draft: those who draft, and those who would have to approve
rules.add_perm("threats.return_edition", allows("edition", Verb.DRAFT) | allows("edition", Verb.APPROVE))
# one slot each: Head of Office, head of military, head of police; leadership stands in for the Head of Office at
# mission headquarters (Handbook 8.3)
rules.add_perm(
    "threats.approve_as_head_of_office",
    allows("edition", Verb.APPROVE) & has_role(Role.HOO, Role.SML, Role.LEAD),
)
rules.add_perm(
    "threats.approve_as_head_of_military",
    allows("edition", Verb.APPROVE) & has_role(Role.FCPC, component_kind="military"),
)
rules.add_perm(
    "threats.approve_as_head_of_police",
    allows("edition", Verb.APPROVE) & has_role(Role.FCPC, component_kind="police"),
)

# words and lists that all share: schemes, forms of violence, groups at risk
rules.add_perm("threats.view_vocabulary", allows("mandate", Verb.VIEW))
rules.add_perm("threats.change_vocabulary", allows("mandate", Verb.EDIT))
rules.add_perm("threats.view_protection_actor", allows("threat", Verb.VIEW))
rules.add_perm("threats.change_protection_actor", allows("threat", Verb.EDIT))
# a sheet edited offline stores through the same services; whoever may edit the office's threats may bring one back
rules.add_perm("threats.import_matrix", allows("threat", Verb.EDIT))
rules.add_perm("threats.view_presence", allows("presence", Verb.VIEW))
rules.add_perm("threats.change_presence", allows("presence", Verb.EDIT))
rules.add_perm("threats.view_watch", allows("watch", Verb.VIEW))
rules.add_perm("threats.read_factor", allows("watch", Verb.EDIT))
# which factors are watched, and against which baseline, is set by the POC Adviser (Handbook 8.5)
rules.add_perm("threats.set_baseline", allows("watch", Verb.DRAFT))
rules.add_perm("threats.change_trigger", allows("watch", Verb.EDIT))
rules.add_perm("threats.write_lesson", allows("edition", Verb.DRAFT))
