"""Table of contents of the strategy app."""

from django.urls import URLPattern, URLResolver

app_name = "strategy"
urlpatterns: list[URLPattern | URLResolver] = []
