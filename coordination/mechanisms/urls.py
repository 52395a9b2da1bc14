"""Addresses of outside mechanisms."""

from django.urls import path, re_path

from coordination.mechanisms import views

urlpatterns = [
    path("mechanisms/", views.mechanism_list, name="mechanism-list"),
    path("mechanisms/new/", views.mechanism_create, name="mechanism-create"),
    re_path(r"^mechanisms/export\.(?P<kind>csv|xlsx)$", views.mechanism_export, name="mechanism-export"),
    path("mechanisms/<int:pk>/", views.mechanism_detail, name="mechanism-detail"),
    path("mechanisms/<int:pk>/edit/", views.mechanism_update, name="mechanism-update"),
]
