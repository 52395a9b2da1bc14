"""Addresses of the map of hotspots and blind spots, and of presences."""

from django.urls import URLPattern, path

from threats.views import hotspots, presences

urlpatterns: list[URLPattern] = [
    path("hotspots/", hotspots.hotspot_map, name="hotspots"),
    path("hotspots/export.csv", hotspots.hotspot_export, name="hotspot-export"),
    path("hotspots/map.svg", hotspots.hotspot_svg, name="hotspot-svg"),
    path("presences/", presences.presence_list, name="presence-list"),
    path("presences/export.csv", presences.presence_export, {"form": "csv"}, name="presence-export-csv"),
    path("presences/export.xlsx", presences.presence_export, {"form": "xlsx"}, name="presence-export-xlsx"),
    path("presences/new/", presences.presence_create, name="presence-create"),
    path("presences/<int:pk>/", presences.presence_detail, name="presence-detail"),
    path("presences/<int:pk>/edit/", presences.presence_update, name="presence-update"),
    path("presences/<int:pk>/end/", presences.presence_end, name="presence-end"),
]
