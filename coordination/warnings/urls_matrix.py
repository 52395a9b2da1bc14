"""Addresses of the Early Warning Matrix, the alert clock, the indicators, resource requests."""

from django.urls import URLPattern, path, re_path

from coordination.warnings import clock_views, indicator_views, matrix_files, matrix_views, request_views

urlpatterns: list[URLPattern] = [
    path("alerts/matrix/", matrix_views.ew_matrix, name="ew-matrix"),
    re_path(r"^alerts/matrix/export\.(?P<kind>csv|xlsx)$", matrix_files.ew_matrix_export, name="ew-matrix-export"),
    re_path(r"^alerts/sage\.(?P<kind>csv|xlsx)$", matrix_files.ew_sage_export, name="ew-sage-export"),
    path("alerts/matrix/pdf/", matrix_files.ew_matrix_pdf, name="ew-matrix-pdf"),
    path("alerts/matrix/files/<int:job>/", matrix_files.ew_matrix_file, name="ew-matrix-file"),
    path("alerts/matrix/<int:pk>/", matrix_views.ew_matrix_row, name="ew-matrix-row"),
    path("alerts/matrix/<int:pk>/<slug:cell>/", matrix_views.ew_matrix_cell, name="ew-matrix-cell"),
    path("alerts/matrix/<int:pk>/<slug:cell>/history/", matrix_views.ew_matrix_history, name="ew-matrix-history"),
    path("alerts/clock/", clock_views.clock_page, name="clock"),
    path("alerts/clock/export.csv", clock_views.clock_export, name="clock-export"),
    path("alerts/clock/targets/", clock_views.clock_targets, name="clock-targets"),
    path("alerts/indicators/", indicator_views.indicators_page, name="indicators"),
    path("alerts/indicators/export.csv", indicator_views.indicators_export, name="indicators-export"),
    path("alerts/indicators/networks/", indicator_views.indicator_networks, name="indicator-networks"),
    path("requests/", request_views.request_list, name="request-list"),
    path("requests/new/", request_views.request_create, name="request-create"),
    path("requests/<int:pk>/", request_views.request_detail, name="request-detail"),
    path("requests/<int:pk>/answer/", request_views.request_answer, name="request-answer"),
    path("requests/<int:pk>/withdraw/", request_views.request_withdraw, name="request-withdraw"),
]
