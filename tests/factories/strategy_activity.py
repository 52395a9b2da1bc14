"""Response activities of the fictional mission."""

from typing import Any

from pocweb.choices import Phase, Tier
from pocweb.models import Component, Office
from strategy import services
from strategy.models import Activity


def make_activity(
    office: Office, by: Any, title: str = "Night patrols in the market quarter", **values: Any
) -> Activity:
    """Return a planned activity of the office, added by the service; `component` may be its code."""
    component = values.pop("component", "force")
    if isinstance(component, str):
        component = Component.objects.get(mission=office.mission_id, code=component)
    values = {"tier": Tier.PHYSICAL, "phases": [Phase.RESPONSE], "office": office, "component": component, **values}
    return services.add_activity(office.mission, by=by, title=title, **values)
