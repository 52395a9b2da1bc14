"""Addresses of liaison assistants, alert networks, impact assessments, gaps."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
