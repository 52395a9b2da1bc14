"""Table of contents of the reporting app."""

from django.urls import path

from reporting import views

app_name = "reporting"
urlpatterns = [
    path("", views.report_list, name="report-list"),
    path("new/", views.report_create, name="report-create"),
    path("<int:pk>/", views.report_detail, name="report-detail"),
    path("<int:pk>/head/", views.report_head, name="report-head"),
    path("<int:pk>/sections/<str:code>/", views.section_update, name="section-update"),
    path("<int:pk>/figures/<str:code>/", views.figure_detail, name="figure-detail"),
    path("<int:pk>/acts/<str:act>/", views.report_act, name="report-act"),
    path("<int:pk>/correct/", views.report_correct, name="report-correct"),
    path("<int:pk>/pdf/", views.report_pdf, name="report-pdf"),
    path("<int:pk>/files/<int:file_pk>/", views.report_file, name="report-file"),
    path("<int:pk>/preview/", views.report_preview, name="report-preview"),
]
