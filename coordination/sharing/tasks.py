"""The background job that draws a contact list as PDF and hands it over."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.models import Contact
from coordination.sharing.contacts import hand_over
from coordination.sharing.sheet import PDF
from pocweb import clock
from pocweb.audit import fingerprint
from pocweb.jobs import Progress, ask, job_kind
from pocweb.models import Job, Office
from threats.services.matrix_files import write_private

CONTACTS_PDF = "contacts_pdf"
FOLDER = "contacts"


def ask_for_list(office: Office, *, recipient: str, by: Any) -> Job:
    """Queue the drawing of an office's list for a recipient; the handing over is recorded when the file is there."""
    recipient = " ".join(recipient.split())
    return ask(
        CONTACTS_PDF,
        mission=office.mission,
        by=by,
        title=_("Contact list of %(office)s as PDF") % {"office": office},
        arguments={"office": office.pk, "recipient": recipient, "asked_at": clock.now(office.mission).isoformat()},
        marking=office.mission.default_marking,
        key=f"{CONTACTS_PDF}:{by.pk}:{fingerprint([office.pk, recipient])}",
    )


@job_kind(CONTACTS_PDF)
def draw_list(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the list with what its asker may see now, record to whom it goes, and keep the file out of the web's reach.

    A second run of the same job finds the handing over recorded and writes the same file again.
    """
    progress(1, 2, _("Drawing the pages"))
    office = Office.objects.select_related("mission").get(pk=job.arguments["office"])
    asked_at = datetime.fromisoformat(job.arguments["asked_at"])
    made = hand_over(
        office, recipient=job.arguments["recipient"], form=PDF, by=job.asked_by, now=asked_at, same_since=asked_at
    )
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, made.content)
    Job.objects.filter(pk=job.pk).update(marking=made.marking)
    return {
        "file": name,
        "filename": made.filename,
        "marking": int(made.marking),
        "contacts": list(made.keys),
        "link": reverse("coordination:contact-file", args=[job.pk]),
    }


def present_marking(job: Job) -> int:
    """Return the marking that a finished job's file has now: of its drawing, or what its contacts rose to since."""
    risen = Contact.objects.filter(pk__in=job.result.get("contacts", [])).aggregate(highest=Max("marking"))["highest"]
    return max(int(job.result.get("marking", 0)), risen or 0)
