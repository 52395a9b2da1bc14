"""A contact list as a file: CSV with HXL tags, XLSX, PDF."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from coordination.models import Contact
from coordination.sharing.fieldlists import CONTACT, columns
from pocweb.choices import Marking
from pocweb.models import Office
from pocweb.pdf import render_pdf
from pocweb.tabular import write_csv, write_xlsx

CSV, XLSX, PDF = "csv", "xlsx", "pdf"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    PDF: "application/pdf",
}


def render_contacts(office: Office, contacts: Sequence[Contact], *, form: str, day: date, marking: Marking) -> bytes:
    """Return the file of a contact list in one of the forms of `TYPES`; PDF takes seconds and belongs in a job."""
    out = io.BytesIO()
    if form == PDF:
        context: dict[str, Any] = {"office": office, "contacts": contacts, "day": day, "marking": marking.label}
        return render_pdf("coordination/pdf/contacts.html", context)
    if form == CSV:
        write_csv(columns(), CONTACT.rows(contacts), out)
    else:
        write_xlsx(columns(), CONTACT.rows(contacts), out, title=_("Contacts"))
    return out.getvalue()
