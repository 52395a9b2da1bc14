"""Addresses of sheets of the matrix that go out and come back."""

from django.urls import URLPattern, path

from threats.views import offline

urlpatterns: list[URLPattern] = [
    path("matrix/<slug:code>/offline/", offline.offline_list, name="offline-list"),
    path("matrix/<slug:code>/offline/sheet.xlsx", offline.offline_sheet, name="offline-sheet"),
    path("matrix/<slug:code>/offline/upload/", offline.offline_upload, name="offline-upload"),
    path("sheets/<int:pk>/", offline.offline_detail, name="offline-detail"),
    path("sheets/<int:pk>/confirm/", offline.offline_confirm, name="offline-confirm"),
    path("sheets/<int:pk>/cancel/", offline.offline_cancel, name="offline-cancel"),
    path("sheets/<int:pk>/file.xlsx", offline.offline_file, name="offline-file"),
]
