"""Addresses of rating schemes and of the lists that a mission may extend."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
