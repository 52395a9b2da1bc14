"""Addresses of early warning, by topic: cases, responses, flash reports and the trail, the matrix and the clock."""

from django.urls import include, path

urlpatterns = [
    path("", include("coordination.warnings.urls_matrix")),
    path("", include("coordination.warnings.urls_flash")),
    path("", include("coordination.warnings.urls_response")),
    path("", include("coordination.warnings.urls_cases")),
]
