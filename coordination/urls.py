"""Table of contents of the coordination app."""

from django.urls import path

from coordination import views

app_name = "coordination"
urlpatterns = [
    path("forums/", views.forum_list, name="forum-list"),
    path("forums/new/", views.forum_create, name="forum-create"),
    path("forums/<int:pk>/", views.forum_detail, name="forum-detail"),
    path("forums/<int:pk>/edit/", views.forum_update, name="forum-update"),
    path("editions/<int:pk>/endorse/", views.edition_endorse, name="edition-endorse"),
]
