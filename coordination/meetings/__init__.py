"""Meetings of forums: from the call over agenda, session and minutes to the action points that they leave."""
