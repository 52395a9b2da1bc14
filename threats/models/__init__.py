"""Tables of incidents, threats, ratings and matrix editions."""

from threats.models.actor import Actor, AtRiskGroup, ProtectionActor, ViolenceType
from threats.models.edition import EditionApproval, MatrixEdition
from threats.models.imports import ImportProblem, ImportRun
from threats.models.incident import CasualtyCount, Incident, IncidentActor, Source
from threats.models.lesson import OutcomeLesson
from threats.models.offline import MatrixImport
from threats.models.presence import Presence
from threats.models.threat import (
    Assessment,
    ImminenceDecision,
    Scheme,
    Threat,
    ThreatGroup,
    ThreatProtectionActor,
)
from threats.models.watch import AtrocityFactor, FactorReading, FactorWatch, TriggerEvent

__all__ = [
    "Actor",
    "Assessment",
    "AtRiskGroup",
    "AtrocityFactor",
    "CasualtyCount",
    "EditionApproval",
    "FactorReading",
    "FactorWatch",
    "ImminenceDecision",
    "ImportProblem",
    "ImportRun",
    "Incident",
    "IncidentActor",
    "MatrixEdition",
    "MatrixImport",
    "OutcomeLesson",
    "Presence",
    "ProtectionActor",
    "Scheme",
    "Source",
    "Threat",
    "ThreatGroup",
    "ThreatProtectionActor",
    "TriggerEvent",
    "ViolenceType",
]
