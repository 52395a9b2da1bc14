"""Addresses of communities: networks and assistants; plans and engagement."""

from django.urls import include, path

urlpatterns = [
    path("", include("coordination.communities.urls_networks")),
    path("", include("coordination.communities.urls_plans")),
]
