"""Addresses of the threats app in the API."""

from rest_framework.routers import SimpleRouter

from threats.api.incidents import IncidentViewSet

router = SimpleRouter()
router.register("incidents", IncidentViewSet, basename="api-incident")
urlpatterns = router.urls
