"""Addresses of the Early Warning Matrix, the alert clock, resource requests."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
