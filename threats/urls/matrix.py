"""Addresses of the POC Threat Matrix."""

from django.urls import URLPattern, path

from threats.views import matrix

urlpatterns: list[URLPattern] = [
    path("matrix/", matrix.matrix_start, name="matrix-start"),
    path("matrix/<slug:code>/", matrix.matrix, name="matrix"),
    path("matrix/<slug:code>/rows/<int:pk>/", matrix.matrix_row, name="matrix-row"),
    path("matrix/<slug:code>/rows/<int:pk>/<slug:cell>/", matrix.matrix_cell, name="matrix-cell"),
]
