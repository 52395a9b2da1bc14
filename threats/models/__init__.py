"""Tables of incidents, threats, ratings and matrix editions."""

from threats.models.actor import Actor, AtRiskGroup, ProtectionActor, ViolenceType
from threats.models.edition import EditionApproval, MatrixEdition
from threats.models.imports import ImportProblem, ImportRun
from threats.models.incident import CasualtyCount, Incident, IncidentActor, Source
from threats.models.threat import (
    Assessment,
    ImminenceDecision,
    Scheme,
    Threat,
    ThreatGroup,
    ThreatProtectionActor,
)

__all__ = [
    "Actor",
    "Assessment",
    "AtRiskGroup",
    "CasualtyCount",
    "EditionApproval",
    "ImminenceDecision",
    "ImportProblem",
    "ImportRun",
    "Incident",
    "IncidentActor",
    "MatrixEdition",
    "ProtectionActor",
    "Scheme",
    "Source",
    "Threat",
    "ThreatGroup",
    "ThreatProtectionActor",
    "ViolenceType",
]
