"""Addresses of perpetrator profiles."""

from django.urls import URLPattern, path

from threats.views import actors

urlpatterns: list[URLPattern] = [
    path("actors/", actors.actor_list, name="actor-list"),
    path("actors/new/", actors.actor_create, name="actor-create"),
    path("actors/<int:pk>/", actors.actor_detail, name="actor-detail"),
    path("actors/<int:pk>/edit/", actors.actor_update, name="actor-update"),
]
