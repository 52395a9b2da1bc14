"""Addresses of threats."""

from django.urls import URLPattern, path

from threats.views import ratings, threat_edit, threats

urlpatterns: list[URLPattern] = [
    path("threats/new/", threat_edit.threat_create, name="threat-create"),
    path("threats/<int:pk>/", threats.threat_detail, name="threat-detail"),
    path("threats/<int:pk>/edit/", threat_edit.threat_update, name="threat-update"),
    path("threats/<int:pk>/assess/", ratings.threat_assess, name="threat-assess"),
    path("threats/<int:pk>/ratings/", ratings.threat_ratings, name="threat-ratings"),
    path("threats/<int:pk>/imminence/", threats.threat_imminence, name="threat-imminence"),
    path("threats/<int:pk>/close/", threats.threat_close, name="threat-close"),
]
