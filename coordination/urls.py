"""Table of contents of the coordination app."""

from django.urls import include, path, re_path

from coordination import meeting_urls, views
from coordination.mechanisms import urls as mechanisms

app_name = "coordination"
urlpatterns = [
    path("", include("coordination.sharing_urls")),
    *mechanisms.urlpatterns,
    path("forums/", views.forum_list, name="forum-list"),
    path("forums/new/", views.forum_create, name="forum-create"),
    path("forums/set-up/", views.forum_set_up, name="forum-set-up"),
    re_path(r"^forums/export\.(?P<kind>csv|xlsx)$", views.forum_export, name="forum-export"),
    path("forums/<int:pk>/", views.forum_detail, name="forum-detail"),
    path("forums/<int:pk>/edit/", views.forum_update, name="forum-update"),
    path("editions/<int:pk>/endorse/", views.edition_endorse, name="edition-endorse"),
    *meeting_urls.urlpatterns,
    path("", include("coordination.warnings.urls")),
    path("", include("coordination.communities.urls")),
]
