"""Addresses of the quality page."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
