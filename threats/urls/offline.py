"""Addresses of sheets of the matrix that come back."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
