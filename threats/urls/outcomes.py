"""Addresses of outcome scoring."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
