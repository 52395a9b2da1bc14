"""Addresses of the list of gaps."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
