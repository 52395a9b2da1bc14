"""Addresses of imports."""

from django.urls import URLPattern, path

from threats.views import imports

urlpatterns: list[URLPattern] = [
    path("imports/", imports.import_list, name="import-list"),
    path("imports/new/", imports.import_create, name="import-create"),
    path("imports/template.csv", imports.import_template, {"form": "csv"}, name="import-template-csv"),
    path("imports/template.xlsx", imports.import_template, {"form": "xlsx"}, name="import-template-xlsx"),
    path("imports/<int:pk>/", imports.import_detail, name="import-detail"),
    path("imports/<int:pk>/state/", imports.import_state, name="import-state"),
    path("imports/<int:pk>/confirm/", imports.import_confirm, name="import-confirm"),
    path("imports/<int:pk>/cancel/", imports.import_cancel, name="import-cancel"),
    path("imports/<int:pk>/errors.csv", imports.import_errors, name="import-errors"),
]
