"""The answer to a form that arrives without its valid token."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page that says how to send the form again; Django calls it with the reason, which only logs show."""
    return render(request, "403_csrf.html", status=403)
