"""Lists of forums and outside mechanisms as files for people: CSV with HXL tags, XLSX."""

import io
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpResponse

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.fieldlist import FieldList
from pocweb.models import Mission
from pocweb.tabular import Column, write_csv, write_xlsx

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def sheet(
    by: Any,
    mission: Mission,
    records: Sequence[Any],
    fields: FieldList,
    columns: list[Column],
    *,
    kind: str,
    verb: str,
    name: str,
) -> HttpResponse:
    """Return the records as a file of the kind, "csv" or "xlsx", and record the export in the audit trail.

    The file's name tells mission, day and the highest marking in it.
    """
    out = io.BytesIO()
    if kind == "csv":
        write_csv(columns, fields.rows(records), out)
    else:
        write_xlsx(columns, fields.rows(records), out, title=name.capitalize())
    changes: dict[str, list[Any]] = {"count": [None, len(records)], "format": [None, kind]}
    with transaction.atomic():
        record_event(by, verb, mission, changes=changes)
    marking = Marking(max((row.marking for row in records), default=Marking.UNCLASSIFIED))
    filename = f"{name}-{mission.code}-{clock.today(mission)}-{marking.name.lower().replace('_', '-')}.{kind}"
    response = HttpResponse(out.getvalue(), content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
