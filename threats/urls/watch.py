"""Addresses of the atrocity watch and the trigger calendar."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
