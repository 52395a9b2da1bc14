"""Addresses of community protection plans, local plans, engagements, reprisals."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
