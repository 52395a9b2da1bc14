"""The yardsticks of the matrix: Django's own lists of threats with ten columns, beside the project's addresses.

One shows ten columns of the threat's own table. The other shows what the matrix shows in its ten columns, relations
read ahead with `prefetch_related`, as somebody would who made the matrix with the admin.
"""

from typing import Any

from django.contrib import admin
from django.urls import include, path

from threats.models import Threat

TEN_COLUMNS = (
    "priority", "risk", "location", "scale", "civilians", "perpetrators", "other_actors", "capacity", "response",
    "action",
)  # fmt: skip


class ThreatAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Ten columns of the threat's own table, no relation looked up; permissions cost nothing here."""

    list_display: Any = TEN_COLUMNS
    list_per_page = 1000

    def has_module_permission(self, request: Any) -> bool:
        return True

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return True

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission  # type: ignore[assignment]


class ThreatContentAdmin(ThreatAdmin):
    """The ten columns with what the matrix shows in them: areas, forms of violence, groups, actors, activities."""

    list_display = (
        "priority",
        "rating",
        "where",
        "threat",
        "at_risk",
        "source",
        "others",
        "capacity",
        "to_date",
        "todo",
    )

    def get_queryset(self, request: Any) -> Any:
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                "areas", "violence_types", "actors", "threat_groups__group", "activities",
                "threat_protection_actors__protection_actor",
            )
        )  # fmt: skip

    def rating(self, threat: Threat) -> str:
        return f"{threat.get_risk_display()}, {threat.likelihood} x {threat.impact}, {threat.get_trend_display()}"

    def where(self, threat: Threat) -> str:
        return _list(threat.location, threat.areas.all())

    def threat(self, threat: Threat) -> str:
        return _list(threat.scale, threat.violence_types.all())

    def at_risk(self, threat: Threat) -> str:
        groups = (f"{one.group} ({one.estimated_number})" for one in threat.threat_groups.all())
        return _list(threat.civilians, groups)

    def source(self, threat: Threat) -> str:
        return _list(threat.perpetrators, threat.actors.all())

    def others(self, threat: Threat) -> str:
        found = (f"{one.protection_actor} ({one.role})" for one in threat.threat_protection_actors.all())
        return _list(threat.other_actors, found)

    def to_date(self, threat: Any) -> str:
        return _list(threat.response, (one for one in threat.activities.all() if one.status != "planned"))

    def todo(self, threat: Any) -> str:
        return _list(threat.action, (one for one in threat.activities.all() if one.status == "planned"))


def _list(words: str, found: Any) -> str:
    return ", ".join([words, *map(str, found)])


class Site(admin.AdminSite):
    """An admin site that lets everybody in."""

    def has_permission(self, request: Any) -> bool:
        return True


site, content_site = Site(name="admin"), Site(name="content")
site.register(Threat, ThreatAdmin)
content_site.register(Threat, ThreatContentAdmin)
urlpatterns = [
    path("bench-admin/", site.urls),
    path("bench-content/", content_site.urls),
    path("", include("pocweb.urls")),
]
