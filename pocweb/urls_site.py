"""Table of contents of what all apps share."""

from django.urls import URLPattern, URLResolver

app_name = "pocweb"
urlpatterns: list[URLPattern | URLResolver] = []
