"""The refusal of a rule, and how it reaches a page and the API."""

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler


class RuleError(Exception):
    """A rule of the domain or of the house says no.

    `code` is stable for programs, `message` is for people, `field` names the form field that it belongs to.
    """

    status: int = status.HTTP_400_BAD_REQUEST

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = str(message)
        self.field = field


class Forbidden(RuleError):
    """The person sees the record but may not do this to it."""

    status = status.HTTP_403_FORBIDDEN


class Conflict(RuleError):
    """Somebody else was first: the record moved on, or the act is already done."""

    status = status.HTTP_409_CONFLICT


def api_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a `RuleError` with its code and status; leave the rest to the framework."""
    if isinstance(exc, RuleError):
        body: dict[str, Any] = {"code": exc.code, "message": exc.message}
        if exc.field:
            body["field"] = exc.field
        details = getattr(exc, "details", None)
        if details is not None:
            body["conflict"] = details
        return Response(body, status=exc.status)
    return exception_handler(exc, context)
