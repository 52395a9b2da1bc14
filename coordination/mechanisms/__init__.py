"""Mechanisms outside the mission's own forums: humanitarian, host-State, thematic (CO-07)."""
