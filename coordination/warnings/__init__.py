"""Early warning and rapid response: cases from a report to its effect (POC Handbook 2020, Annex V)."""
