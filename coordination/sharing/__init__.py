"""Contacts of an area, and sharing with others: agreements, shares, blocks on sharing with host authorities."""
