"""Addresses of flash reports, the trail, evaluations."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
