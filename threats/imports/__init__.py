"""Reading incidents from files: layouts, cells, drafts. Nothing here touches the database.

`open_incidents` opens a file and finds its layout; `read_drafts` runs through its rows and yields for each either an
`IncidentDraft` of plain values or the problems of its cells.
"""

from .drafts import ActorRef, CountRow, IncidentDraft, ParsedRow
from .layouts import LAYOUTS, Layout, find_layout, open_incidents, read_drafts, template_layout

__all__ = [
    "LAYOUTS",
    "ActorRef",
    "CountRow",
    "IncidentDraft",
    "Layout",
    "ParsedRow",
    "find_layout",
    "open_incidents",
    "read_drafts",
    "template_layout",
]
