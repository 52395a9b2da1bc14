"""Table of contents of the strategy app."""

from django.urls import path, re_path

from strategy import views

app_name = "strategy"
urlpatterns = [
    path("activities/", views.activity_list, name="activity-list"),
    path("activities/new/", views.activity_create, name="activity-create"),
    re_path(r"^activities/export\.(?P<kind>csv|xlsx)$", views.activity_export, name="activity-export"),
    path("activities/<int:pk>/", views.activity_detail, name="activity-detail"),
    path("activities/<int:pk>/edit/", views.activity_update, name="activity-update"),
    re_path(
        r"^activities/(?P<pk>[0-9]+)/(?P<act>start|finish|cancel|reopen)/$", views.activity_move, name="activity-move"
    ),
]
