"""Pages of what all apps share, one module per noun."""
