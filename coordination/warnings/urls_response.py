"""Addresses of recipients, responses, harm assessments, tellings."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
