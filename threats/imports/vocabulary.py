"""Codes of the forms of violence in files; their words stand in the database. Source: POC Handbook 2020, 8.1."""

VIOLENCE_TYPES = (
    "direct_attack",
    "indiscriminate_attack",
    "killing",
    "torture",
    "maiming",
    "rape",
    "other_sexual_violence",
    "forced_displacement",
    "starvation",
    "pillage",
    "abduction",
    "arbitrary_detention",
    "kidnapping",
    "enforced_disappearance",
    "trafficking",
    "child_recruitment",
    "explosive_ordnance",
)
