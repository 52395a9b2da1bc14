"""Tables that all apps share."""

from pocweb.models.access import RoleGrant
from pocweb.models.audit import AuditEvent, AuditHead
from pocweb.models.base import Counter, MissionRecord
from pocweb.models.job import Job
from pocweb.models.mission import Area, AreaAlias, Component, Mission, Office
from pocweb.models.notice import Notice, NoticeChoice, Tick
from pocweb.models.people import Person, Posting
from pocweb.models.sent import SentForm

__all__ = [
    "Area",
    "AreaAlias",
    "AuditEvent",
    "AuditHead",
    "Component",
    "Counter",
    "Job",
    "Mission",
    "MissionRecord",
    "Notice",
    "NoticeChoice",
    "Office",
    "Person",
    "Posting",
    "RoleGrant",
    "SentForm",
    "Tick",
]
