"""My desk and the page about the application."""

import tomllib
from datetime import datetime
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pocweb import clock
from pocweb.desk import Visit, panels_for, waiting_in
from pocweb.permissions import require
from pocweb.sign_in_trail import SESSION_KEY


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show what waits for the person, from every app's panels."""
    require(request.user, "pocweb.view_desk")
    mission = getattr(request.user, "mission", None)
    seen = request.session.get(SESSION_KEY) or {}
    visit = Visit(
        user=request.user,
        mission=mission,
        now=clock.now(mission),
        since=seen.get("seq"),
        since_at=datetime.fromisoformat(seen["at"]) if seen else None,
    )
    panels = panels_for(visit) if mission else []
    waiting = waiting_in(panels)
    context = {"visit": visit, "panels": panels, "waiting": waiting, "total": sum(count for count, _words in waiting)}
    return render(request, "pocweb/desk.html", context)


@cache
def version() -> str:
    """Return the version of the application."""
    content = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(content["project"]["version"])


@require_GET
def about(request: HttpRequest) -> HttpResponse:
    """Show version, licences and attributions."""
    return render(request, "pocweb/about.html", {"version": version()})
