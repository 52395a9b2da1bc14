"""Addresses of rating schemes, of the lists that a mission may extend, and of the register of protection actors."""

from django.urls import URLPattern, path

from threats.views import protection_actors, schemes, vocabulary

urlpatterns: list[URLPattern] = [
    path("words/", vocabulary.vocabulary, name="vocabulary"),
    path("words/<slug:kind>/new/", vocabulary.entry_create, name="vocabulary-create"),
    path("words/<slug:kind>/<int:pk>/edit/", vocabulary.entry_rename, name="vocabulary-update"),
    path("schemes/", schemes.scheme_list, name="scheme-list"),
    path("schemes/<int:pk>/", schemes.scheme_detail, name="scheme-detail"),
    path("schemes/<int:pk>/new-version/", schemes.scheme_create, name="scheme-create"),
    path("protection-actors/", protection_actors.protection_actor_list, name="protection-actor-list"),
    path("protection-actors/new/", protection_actors.protection_actor_create, name="protection-actor-create"),
    path("protection-actors/<int:pk>/", protection_actors.protection_actor_detail, name="protection-actor-detail"),
    path("protection-actors/<int:pk>/edit/", protection_actors.protection_actor_update, name="protection-actor-update"),
]
