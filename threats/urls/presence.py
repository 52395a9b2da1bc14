"""Addresses of the map of hotspots and blind spots, and of presences."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
