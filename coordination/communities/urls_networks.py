"""Addresses of liaison assistants, alert networks, impact assessments, gaps."""

from django.urls import URLPattern, path, re_path

from coordination.communities import (
    views_alerts,
    views_assistants,
    views_focal_points,
    views_gaps,
    views_networks,
    views_pcia,
)

urlpatterns: list[URLPattern] = [
    path("communities/", views_gaps.community_overview, name="community-overview"),
    path("communities/gaps/", views_gaps.community_gaps, name="community-gaps"),
    re_path(
        r"^communities/gaps/export\.(?P<kind>csv|xlsx)$", views_gaps.community_gaps_export, name="community-gaps-export"
    ),
    path("communities/periods/", views_networks.community_periods, name="community-periods"),
    path("assistants/", views_assistants.assistant_list, name="assistant-list"),
    path("assistants/new/", views_assistants.assistant_create, name="assistant-create"),
    re_path(r"^assistants/export\.(?P<kind>csv|xlsx)$", views_assistants.assistant_export, name="assistant-export"),
    path("assistants/<int:pk>/", views_assistants.assistant_detail, name="assistant-detail"),
    path("assistants/<int:pk>/edit/", views_assistants.assistant_update, name="assistant-update"),
    path("assistants/<int:pk>/end/", views_assistants.assistant_end, name="assistant-end"),
    path("networks/", views_networks.network_list, name="network-list"),
    path("networks/new/", views_networks.network_create, name="network-create"),
    re_path(r"^networks/export\.(?P<kind>csv|xlsx)$", views_networks.network_export, name="network-export"),
    path("networks/<int:pk>/", views_networks.network_detail, name="network-detail"),
    path("networks/<int:pk>/edit/", views_networks.network_update, name="network-update"),
    re_path(r"^networks/(?P<pk>\d+)/(?P<act>contact|check)/$", views_networks.network_keep, name="network-keep"),
    path("networks/<int:pk>/moves/<slug:act>/", views_networks.network_move, name="network-move"),
    path("networks/<int:pk>/focal-points/", views_focal_points.focal_point_create, name="focal-point-create"),
    path(
        "networks/<int:pk>/focal-points/<int:point>/leave/", views_focal_points.focal_point_leave,
        name="focal-point-leave",
    ),
    path("networks/<int:pk>/alerts/new/", views_alerts.alert_create, name="network-alert-create"),
    path("network-alerts/<int:pk>/", views_alerts.alert_detail, name="network-alert"),
    path("pcia/", views_pcia.pcia_list, name="pcia-list"),
    path("pcia/new/", views_pcia.pcia_create, name="pcia-create"),
    path("pcia/files/<int:job>/", views_pcia.pcia_file, name="pcia-file"),
    path("pcia/<int:pk>/", views_pcia.pcia_detail, name="pcia-detail"),
    path("pcia/<int:pk>/edit/", views_pcia.pcia_update, name="pcia-update"),
    path("pcia/<int:pk>/complete/", views_pcia.pcia_complete, name="pcia-complete"),
    path("pcia/<int:pk>/pdf/", views_pcia.pcia_pdf, name="pcia-pdf"),
]  # fmt: skip
