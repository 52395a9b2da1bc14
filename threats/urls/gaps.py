"""Addresses of the list of gaps and of the response by tier and phase."""

from django.urls import URLPattern, path, re_path

from threats.views import gaps, response

urlpatterns: list[URLPattern] = [
    path("matrix/<slug:code>/gaps/", gaps.gap_list, name="gap-list"),
    re_path(r"^matrix/(?P<code>[-\w]+)/gaps/export\.(?P<kind>csv|xlsx)$", gaps.gap_export, name="gap-export"),
    path("matrix/<slug:code>/response/", response.response_by_tier, name="response"),
]
