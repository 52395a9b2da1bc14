"""The glossary as a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pocweb.glossary import acronyms
from pocweb.permissions import require


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """Show the acronyms, or those whose letters or words hold what was asked for."""
    require(request.user, "pocweb.view_desk")
    query = request.GET.get("q", "").strip()[:60]
    wanted = query.casefold()
    rows = [(name, words) for name, words in acronyms().items() if wanted in f"{name} {words}".casefold()]
    return render(request, "pocweb/glossary.html", {"query": query, "rows": rows, "count": len(acronyms())})
