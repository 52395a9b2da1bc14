"""Who may do what in the coordination app; the letters stand in `pocweb/reference/permissions.yaml`."""

from typing import Any

import rules

from coordination.choices import MeetingKind
from pocweb.choices import Role, Verb
from pocweb.permissions import allows, has_role

CALL = "coordination.call_emergency"


@rules.predicate
def is_head_of_emergency(user: Any, meeting: Any = None) -> bool:
    """Say whether a person called this emergency meeting or chairs its forum; without a meeting: ever may.

    Who was posted elsewhere since no longer does: the right to call one at the office is asked anew.
    """
    if meeting is None:
        return bool(user.has_perm(CALL))
    if meeting.kind != MeetingKind.EMERGENCY:
        return False
    may_call = meeting.created_by_id == user.pk and user.has_perm(CALL, meeting)
    return may_call or (meeting.forum.chair_id == user.pk and bool(user.has_perm("coordination.view_meeting", meeting)))


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

# early warning (Handbook, Annex V). Any staff member may report; those who keep the case rate it; the operations centre
# or early-warning cell, the Head of Office and the POC officers steer it; imminence is a human decision
_steer = allows("case", Verb.DRAFT) | allows("case", Verb.APPROVE)
_steer |= allows("case", Verb.EDIT) & has_role(Role.POCA, Role.POCF)
rules.add_perm("coordination.view_case", allows("case", Verb.VIEW))
rules.add_perm("coordination.file_case", allows("case", Verb.VIEW))
rules.add_perm("coordination.rate_case", allows("case", Verb.EDIT))
rules.add_perm("coordination.steer_case", _steer)
rules.add_perm("coordination.decide_case_imminence", _steer)
# focal points and the early-warning cell both keep the matrix (Annex V, steps N10, I14; EW-14)
rules.add_perm("coordination.edit_warning_matrix", _steer)
# 7A and 7B belong to the Child and Women Protection Units
rules.add_perm("coordination.rate_special_impact", allows("case", Verb.EDIT) & has_role(Role.PROT))
# the Head of Office calls the emergency meeting (step I11); at headquarters senior leadership does
rules.add_perm(
    "coordination.call_emergency",
    allows("case", Verb.APPROVE) | allows("case", Verb.VIEW) & has_role(Role.SML, Role.LEAD),
)
# who called an emergency meeting, or chairs the forum, runs it too: its decision cannot wait for a secretary (step I11)
rules.add_perm("coordination.run_meeting", allows("forum", Verb.DRAFT) | is_head_of_emergency)
rules.add_perm("coordination.respond_to_case", allows("case", Verb.EDIT) | allows("case", Verb.APPROVE))
# step 16: the Head of Office through the local forum
rules.add_perm("coordination.assess_harm", _steer)
rules.add_perm("coordination.send_flash", allows("case", Verb.DRAFT) | allows("case", Verb.APPROVE))
rules.add_perm("coordination.request_resources", allows("case", Verb.COMMENT))
rules.add_perm("coordination.answer_request", allows("case", Verb.VIEW) & has_role(Role.DMS, Role.LEAD, Role.SML))
rules.add_perm("coordination.set_warning_defaults", allows("mandate", Verb.EDIT))

# communities (Handbook 9.2, 10)
rules.add_perm("coordination.view_community", allows("community", Verb.VIEW))
rules.add_perm("coordination.change_community", allows("community", Verb.EDIT) | allows("community", Verb.APPROVE))
rules.add_perm("coordination.set_community_periods", allows("mandate", Verb.EDIT))
# only the Head of Office adopts a community protection plan (Annex V, para. 8.3)
rules.add_perm("coordination.adopt_community_plan", allows("community", Verb.APPROVE) & has_role(Role.HOO))
rules.add_perm("coordination.view_engagement", allows("engagement", Verb.VIEW))
rules.add_perm("coordination.change_engagement", allows("engagement", Verb.EDIT))
rules.add_perm("coordination.file_reprisal", allows("case", Verb.VIEW))
rules.add_perm("coordination.view_reprisal", allows("reprisal", Verb.VIEW))
rules.add_perm("coordination.change_reprisal", allows("reprisal", Verb.EDIT))
rules.add_perm("coordination.view_local_plan", allows("forum", Verb.VIEW))
rules.add_perm("coordination.change_local_plan", allows("forum", Verb.DRAFT))
