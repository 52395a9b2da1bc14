"""Addresses of community protection plans, local plans, engagements, reprisals."""

from django.urls import URLPattern, path, re_path

from coordination.communities import engagement_views as engagements
from coordination.communities import local_plan_files, local_plan_views, photo_views, plan_files, plan_views
from coordination.communities import reprisal_views as reprisals

urlpatterns: list[URLPattern] = [
    path("community-plans/", plan_views.plan_list, name="plan-list"),
    path("community-plans/new/", plan_views.plan_create, name="plan-create"),
    path("community-plans/<int:pk>/", plan_views.plan_detail, name="plan-detail"),
    path("community-plans/<int:pk>/edit/<slug:section>/", plan_views.plan_update, name="plan-update"),
    path("community-plans/<int:pk>/consultations/new/", plan_views.plan_consult, name="plan-consult"),
    path("community-plans/<int:pk>/do/<slug:act>/", plan_views.plan_act, name="plan-act"),
    path("community-plans/<int:pk>/next/", plan_views.plan_next, name="plan-next"),
    path("community-plans/<int:pk>/since/<int:other>/", plan_views.plan_compare, name="plan-compare"),
    path("community-plans/<int:pk>/pdf/", plan_files.plan_pdf, name="plan-pdf"),
    path("community-plans/<int:pk>/community/", plan_files.plan_community, name="plan-community"),
    path("community-plans/files/<int:job>/", plan_files.plan_file, name="plan-file"),
    path("local-plans/", local_plan_views.local_plan_list, name="local-plan-list"),
    path("forums/<int:pk>/local-plans/new/", local_plan_views.local_plan_create, name="local-plan-create"),
    path("local-plans/<int:pk>/", local_plan_views.local_plan_detail, name="local-plan-detail"),
    path("local-plans/<int:pk>/edit/", local_plan_views.local_plan_update, name="local-plan-update"),
    path("local-plans/<int:pk>/adopt/", local_plan_views.local_plan_adopt, name="local-plan-adopt"),
    path("local-plans/<int:pk>/next/", local_plan_views.local_plan_next, name="local-plan-next"),
    path("local-plans/<int:pk>/risks/", local_plan_views.risk_create, name="local-risk-create"),
    path("local-plans/<int:pk>/risks/<int:risk>/remove/", local_plan_views.risk_remove, name="local-risk-remove"),
    path("local-plans/<int:pk>/risks/<int:risk>/lines/", local_plan_views.line_create, name="local-line-create"),
    path("local-plans/<int:pk>/lines/<int:line>/", local_plan_views.line_update, name="local-line-update"),
    path("local-plans/<int:pk>/lines/<int:line>/remove/", local_plan_views.line_remove, name="local-line-remove"),
    path("local-plans/<int:pk>/pdf/", local_plan_files.local_plan_pdf, name="local-plan-pdf"),
    path("local-plans/files/<int:job>/", local_plan_files.local_plan_file, name="local-plan-file"),
    path("engagements/", engagements.engagement_list, name="engagement-list"),
    path("engagements/new/", engagements.engagement_create, name="engagement-create"),
    path("engagements/figures/", engagements.engagement_figures, name="engagement-figures"),
    re_path(r"^engagements/export\.(?P<kind>csv|xlsx)$", engagements.engagement_export, name="engagement-export"),
    path("engagements/<int:pk>/", engagements.engagement_detail, name="engagement-detail"),
    path("engagements/<int:pk>/edit/", engagements.engagement_update, name="engagement-update"),
    path("engagements/<int:pk>/persons/", engagements.engagement_persons, name="engagement-persons"),
    path("engagements/<int:pk>/photos/", photo_views.photo_create, name="photo-create"),
    path("engagements/<int:pk>/photos/<int:photo>/", photo_views.photo_file, name="photo-file"),
    path("engagements/<int:pk>/photos/<int:photo>/remove/", photo_views.photo_remove, name="photo-remove"),
    re_path(r"^engagements/(?P<pk>\d+)/(?P<act>withdraw|remove)/$", engagements.engagement_act, name="engagement-act"),
    path("reprisals/", reprisals.reprisal_list, name="reprisal-list"),
    path("reprisals/new/", reprisals.reprisal_create, name="reprisal-create"),
    path("reprisals/filed/", reprisals.reprisal_filed, name="reprisal-filed"),
    path("reprisals/<int:pk>/", reprisals.reprisal_detail, name="reprisal-detail"),
    path("reprisals/<int:pk>/act/", reprisals.reprisal_act, name="reprisal-act"),
]
