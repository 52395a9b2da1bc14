"""What every request passes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pocweb.errors import RuleError


class RuleErrorMiddleware:
    """Show a refused rule that no form has caught as a page of its own, with the rule's status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RuleError):
            return None
        return render(request, "refused.html", {"error": exception}, status=exception.status)
