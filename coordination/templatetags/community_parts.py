"""Parts of pages of forums that communities fill in."""

from typing import Any

from django import template

from coordination.models import Forum, LocalPlan

register = template.Library()
MOST = 10


@register.inclusion_tag("coordination/_forum_local_plans.html", takes_context=True)
def local_plans_of(context: Any, forum: Forum) -> dict[str, Any]:
    """Draw the local POC plans of a forum that the reader may see; one query."""
    user = context["request"].user
    rows = LocalPlan.objects.visible_to(user).filter(forum=forum).order_by("-starts_on")[:MOST]
    return {"forum": forum, "plans": list(rows), "can_add": user.has_perm("coordination.change_local_plan", forum)}
