"""Addresses of cases."""

from django.urls import path

from coordination.warnings import views

urlpatterns = [
    path("alerts/", views.case_list, name="case-list"),
    path("alerts/<int:pk>/", views.case_detail, name="case-detail"),
]
