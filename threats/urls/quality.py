"""Addresses of the quality page."""

from django.urls import URLPattern, path, re_path

from threats.views import quality

urlpatterns: list[URLPattern] = [
    path("matrix/<slug:code>/quality/", quality.quality, name="quality"),
    re_path(
        r"^matrix/(?P<code>[-\w]+)/quality/export\.(?P<kind>csv|xlsx)$", quality.quality_export, name="quality-export"
    ),
]
