"""Plain factories: each makes one record with fictional names and only what it needs."""
