"""Addresses of flash reports, the trail, evaluations."""

from django.urls import path

from coordination.warnings import evaluation_views, flash_files, flash_views, trail_files, trail_views

urlpatterns = [
    path("flashes/", flash_views.flash_list, name="flash-list"),
    path("flashes/<int:pk>/", flash_views.flash_detail, name="flash-detail"),
    path("flashes/<int:pk>/pdf/", flash_files.flash_pdf, name="flash-pdf"),
    path("flashes/files/<int:job>/", flash_files.flash_file, name="flash-file"),
    path("alerts/<int:pk>/flash/", flash_views.flash_create, name="flash-create"),
    path("incidents/<int:pk>/flash/", flash_views.flash_incident, name="flash-incident"),
    path("alerts/<int:pk>/trail/", trail_views.case_trail, name="case-trail"),
    path("alerts/<int:pk>/trail/pdf/", trail_files.trail_pdf, name="case-trail-pdf"),
    path("alerts/trail-files/<int:job>/", trail_files.trail_file, name="case-trail-file"),
    path("alerts/<int:pk>/evaluation/", evaluation_views.case_evaluation, name="case-evaluation"),
    path("alerts/<int:pk>/evaluation/finish/", evaluation_views.evaluation_finish, name="evaluation-finish"),
]
