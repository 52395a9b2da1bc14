"""The page on which a person chooses when somebody else saved the same threat first."""

from typing import Any

from django.http import HttpRequest

from pocweb.guard import EditConflict
from pocweb.pages import conflict_context
from threats.fieldlists.threat import LABELS
from threats.models import Threat
from threats.services.threat_values import TEXTS
from threats.wording import Wording


def conflict(request: HttpRequest, threat: Threat, error: EditConflict) -> dict[str, Any]:
    """Return what the page of a conflict needs: the opposed fields in words, and what is kept without a question."""
    values = [(item.name, value) for item in error.opposed for value in (item.base, item.mine, item.theirs)]
    values += [(item.name, value) for item in error.kept for value in (item.before, item.now)]
    show = Wording(values, request.user)
    context = conflict_context(error, record_label=threat.ref, labels=LABELS, show=show, texts=TEXTS)
    return context | {"action": request.path, "threat": threat, "marking": threat.marking}
