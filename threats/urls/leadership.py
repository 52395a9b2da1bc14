"""Addresses of the leadership's view of the matrix."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
