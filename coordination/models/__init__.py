"""Tables of forums, meetings, decisions, action points, referrals, contacts and sharing agreements."""

from coordination.models.forum import Forum, ForumAct, ForumSeat, Mechanism
from coordination.models.meeting import (
    ActionPoint,
    AgendaItem,
    Attendance,
    Decision,
    Issue,
    IssueMove,
    Meeting,
)
from coordination.models.sharing import Contact, ContactShare, Share, ShareBlock, SharingAgreement

__all__ = [
    "ActionPoint",
    "AgendaItem",
    "Attendance",
    "Contact",
    "ContactShare",
    "Decision",
    "Forum",
    "ForumAct",
    "ForumSeat",
    "Issue",
    "IssueMove",
    "Mechanism",
    "Meeting",
    "Share",
    "ShareBlock",
    "SharingAgreement",
]
