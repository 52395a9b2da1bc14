"""What other pages tell of the matrix, the clock and requests: panels of a case, the desk, notices, the audit trail."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from coordination.models import ResourceRequest
from coordination.warnings import clock_views, matrix_files, request_views  # noqa: F401  matrix_files registers its job
from coordination.warnings.case_panels import register_case_panel
from coordination.warnings.requests import TOPIC
from pocweb.choices import NoticeMode
from pocweb.desk import register_panel
from pocweb.notices import register_topic
from pocweb.trail import register_record, register_verbs


def register() -> None:
    """Called once, when the app is ready."""
    register_case_panel(20, "clock", gettext_lazy("Alert clock"), "coordination/_clock_panel.html", clock_views.panel)
    register_case_panel(
        70, "requests", gettext_lazy("Requests for means"), "coordination/_request_panel.html", request_views.panel
    )
    register_panel(27, gettext_lazy("Requests for means to answer"), request_views.requests_to_answer)
    register_topic(TOPIC, gettext_lazy("Request for means"), NoticeMode.AT_ONCE)
    register_record(ResourceRequest, lambda one: reverse("coordination:request-detail", args=[one.pk]))
    register_verbs(
        {
            "wrote in the matrix of": gettext_lazy("wrote in the Early Warning Matrix"),
            "set the targets of the alert clock": gettext_lazy("set the targets of the alert clock"),
            "asked for means": gettext_lazy("asked for means"),
            "granted means": gettext_lazy("granted it"),
            "refused means": gettext_lazy("refused it"),
            "withdrew the request": gettext_lazy("withdrew it"),
        }
    )
