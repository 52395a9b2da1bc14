"""Addresses of incidents."""

from django.urls import URLPattern, path

from threats.views import incident_acts, incidents

urlpatterns: list[URLPattern] = [
    path("incidents/", incidents.incident_list, name="incident-list"),
    path("incidents/map/", incidents.incident_map, name="incident-map"),
    path("incidents/export.csv", incidents.incident_export, {"form": "csv"}, name="incident-export-csv"),
    path("incidents/export.xlsx", incidents.incident_export, {"form": "xlsx"}, name="incident-export-xlsx"),
    path("incidents/new/", incident_acts.incident_create, name="incident-create"),
    path("incidents/areas/", incident_acts.incident_areas, name="incident-areas"),
    path("incidents/places/", incident_acts.incident_places, name="incident-places"),
    path("incidents/<int:pk>/", incidents.incident_detail, name="incident-detail"),
    path("incidents/<int:pk>/edit/", incident_acts.incident_update, name="incident-update"),
    path("incidents/<int:pk>/verify/", incident_acts.incident_verify, name="incident-verify"),
    path("incidents/<int:pk>/settle/", incident_acts.incident_settle, name="incident-settle"),
]
