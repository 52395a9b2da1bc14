"""Table of contents of the threats app."""

from threats.urls import actors, editions, imports, incidents, matrix, threats

app_name = "threats"
urlpatterns = [
    *incidents.urlpatterns,
    *imports.urlpatterns,
    *actors.urlpatterns,
    *threats.urlpatterns,
    *matrix.urlpatterns,
    *editions.urlpatterns,
]
