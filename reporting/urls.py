"""Table of contents of the reporting app."""

from django.urls import path

from reporting.views import figures, files, reports, sections

app_name = "reporting"
urlpatterns = [
    path("", reports.report_list, name="report-list"),
    path("new/", reports.report_create, name="report-create"),
    path("<int:pk>/", reports.report_detail, name="report-detail"),
    path("<int:pk>/preview/", reports.report_preview, name="report-preview"),
    path("<int:pk>/acts/<str:act>/", reports.report_act, name="report-act"),
    path("<int:pk>/correct/", reports.report_correct, name="report-correct"),
    path("<int:pk>/head/", sections.report_head, name="report-head"),
    path("<int:pk>/sections/<str:code>/", sections.section_update, name="section-update"),
    path("<int:pk>/figures/refresh/", figures.figures_refresh, name="figures-refresh"),
    path("<int:pk>/figures/<str:code>/", figures.figure_detail, name="figure-detail"),
    path("<int:pk>/pdf/", files.report_pdf, name="report-pdf"),
    path("<int:pk>/files/<int:file_pk>/", files.report_file, name="report-file"),
]
