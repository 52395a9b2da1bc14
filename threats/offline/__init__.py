"""The matrix as a workbook that is edited offline and brought back: columns, cells, writing, reading, comparing.

Nothing here asks the database; `services/offline*.py` gather what is written and store what came back. Source: TH-10.
"""
