"""Addresses of the leadership's view of the matrix."""

from django.urls import URLPattern, path

from threats.views import leadership

urlpatterns: list[URLPattern] = [path("matrix/<slug:code>/leadership/", leadership.leadership, name="leadership")]
