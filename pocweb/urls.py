"""The site's table of contents."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("pocweb.urls_accounts")),
    path("", include("pocweb.urls_site")),
    path("", include("threats.urls")),
    path("", include("strategy.urls")),
    path("", include("coordination.urls")),
    path("reports/", include("reporting.urls")),
    path("api/v1/", include("pocweb.urls_api")),
]
