"""The yardstick of the matrix: Django's own list of threats with ten columns, beside the project's addresses."""

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

    list_display = TEN_COLUMNS
    list_per_page = 1000

    def has_module_permission(self, request: Any) -> bool:
        return True

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return True

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission  # type: ignore[assignment]


class Site(admin.AdminSite):
    """An admin site that lets everybody in."""

    def has_permission(self, request: Any) -> bool:
        return True


site = Site(name="admin")
site.register(Threat, ThreatAdmin)
urlpatterns = [path("bench-admin/", site.urls), path("", include("pocweb.urls"))]
