"""Addresses of outcome scoring."""

from django.urls import URLPattern, path, re_path

from threats.views import lessons, outcomes

urlpatterns: list[URLPattern] = [
    path("matrix/<slug:code>/outcomes/", outcomes.outcomes, name="outcomes"),
    path("matrix/<slug:code>/outcomes/export.csv", outcomes.outcomes_export, name="outcomes-export"),
    re_path(
        r"^matrix/(?P<code>[-\w]+)/outcomes/(?P<period>\d{4}-Q[1-4])/lesson/$",
        lessons.lesson_write,
        name="lesson-write",
    ),
    path("matrix/lessons/<int:pk>/", lessons.lesson_detail, name="lesson-detail"),
]
"""`outcomes-export` takes the quarter as `?period=2020-Q3`, like the page."""
