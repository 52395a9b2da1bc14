"""Pages of reports, one module per noun: reports, sections, figures, files."""
