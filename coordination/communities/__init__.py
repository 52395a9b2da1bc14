"""Communities: liaison assistants, alert networks, protection plans, engagement (POC Handbook 2020, 9.2, 10)."""
