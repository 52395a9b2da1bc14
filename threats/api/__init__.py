"""Api of the threats app, one file per noun."""
