"""The desk's panels and menu entries of the shared app: files being made, and what others did meanwhile."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb import navigation
from pocweb.choices import JobState
from pocweb.desk import Content, Visit, register_panel
from pocweb.models import Job
from pocweb.trail import lines_since

MOST_JOBS = 6
JOBS_FOR_DAYS = 3


def files_being_made(visit: Visit) -> Content:
    """Show the person's open jobs, and those that ended in the last days. One query."""
    since = timezone.now() - timedelta(days=JOBS_FOR_DAYS)
    rows = Job.objects.visible_to(visit.user).filter(Q(state__in=JobState.OPEN_STATES) | Q(ended_at__gte=since))
    jobs = list(rows[:MOST_JOBS])
    failed = sum(job.state == JobState.FAILED for job in jobs)
    words = ngettext("%(n)s file failed", "%(n)s files failed", failed) % {"n": failed}
    return Content(
        template="pocweb/_desk_jobs.html",
        context={"jobs": jobs},
        waiting=((failed, words),),
        empty=_("No files are being made. What you ask for shows here while it is made."),
    )


def since_last_visit(visit: Visit) -> Content | None:
    """Show what others did to records that the person may see; two queries."""
    if visit.since is None:
        return None
    return Content(
        template="pocweb/_desk_since.html",
        context={"lines": lines_since(visit.user, visit.since)},
        empty=_("Nothing has changed in what you can see."),
    )


def register() -> None:
    """Put the panels on the desk and the shared pages into the menus."""
    register_panel(30, gettext_lazy("Since your last visit"), since_last_visit)
    register_panel(80, gettext_lazy("Files being made"), files_being_made)
    navigation.register(10, "pocweb:desk", gettext_lazy("My desk"), "pocweb.view_desk")
    navigation.register(70, "pocweb:place-list", gettext_lazy("Places"), "pocweb.view_places")
    notices = (78, "pocweb:notice-choices", gettext_lazy("What I am told"), "pocweb.view_notices")
    navigation.register(*notices, in_account_menu=True)
    people = (80, "pocweb:person-list", gettext_lazy("People"), "pocweb.view_people")
    navigation.register(*people, in_account_menu=True)
    navigation.register(
        85, "pocweb:access-table", gettext_lazy("Who may do what"), "pocweb.view_access_table", in_account_menu=True
    )
    navigation.register(90, "pocweb:audit-list", gettext_lazy("Audit trail"), "pocweb.view_audit", in_account_menu=True)
    navigation.register(93, "pocweb:glossary", gettext_lazy("Glossary"), None, in_account_menu=True)
    navigation.register(95, "pocweb:about", gettext_lazy("About pocweb"), None, in_account_menu=True)
