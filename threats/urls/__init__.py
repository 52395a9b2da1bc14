"""Table of contents of the threats app."""

from threats.urls import (
    actors,
    editions,
    gaps,
    imports,
    incidents,
    leadership,
    matrix,
    offline,
    outcomes,
    presence,
    quality,
    threats,
    vocabulary,
    watch,
)

app_name = "threats"
urlpatterns = [
    *incidents.urlpatterns,
    *imports.urlpatterns,
    *actors.urlpatterns,
    *vocabulary.urlpatterns,
    *threats.urlpatterns,
    *presence.urlpatterns,
    *watch.urlpatterns,
    *quality.urlpatterns,
    *editions.urlpatterns,
    *offline.urlpatterns,
    *gaps.urlpatterns,
    *leadership.urlpatterns,
    *outcomes.urlpatterns,
    *matrix.urlpatterns,
]
