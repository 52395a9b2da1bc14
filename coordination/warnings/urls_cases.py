"""Addresses of cases."""

from django.urls import path

from coordination.warnings import case_acts, case_page, views

urlpatterns = [
    path("alerts/", views.case_list, name="case-list"),
    path("alerts/new/", views.case_create, name="case-create"),
    path("alerts/<int:pk>/", case_page.case_detail, name="case-detail"),
    path("alerts/<int:pk>/sent/", views.case_filed, name="case-filed"),
    path("alerts/<int:pk>/urgent/", case_acts.case_urgent, name="case-urgent"),
    path("alerts/<int:pk>/report/", case_acts.case_report, name="case-report"),
    path("alerts/<int:pk>/place/", case_acts.case_place, name="case-place"),
    path("alerts/<int:pk>/threat/", case_acts.case_threat, name="case-threat"),
    path("alerts/<int:pk>/promote/", case_acts.case_promote, name="case-promote"),
    path("alerts/<int:pk>/incident/", case_acts.case_incident, name="case-incident"),
    path("alerts/<int:pk>/reopen/", case_acts.case_reopen, name="case-reopen"),
    path("alerts/<int:pk>/impact/<slug:kind>/", case_acts.case_special, name="case-special"),
    path("alerts/<int:pk>/do/<slug:act>/", case_acts.case_act, name="case-act"),
]
