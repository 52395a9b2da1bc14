"""Pages of contacts, agreements, shares and blocks."""
