"""Addresses of the threats app in the API."""

from rest_framework.routers import SimpleRouter

from threats.api.editions import EditionViewSet
from threats.api.incidents import IncidentViewSet
from threats.api.threats import ActorViewSet, ThreatViewSet

router = SimpleRouter()
router.register("incidents", IncidentViewSet, basename="api-incident")
router.register("threats", ThreatViewSet, basename="api-threat")
router.register("actors", ActorViewSet, basename="api-actor")
router.register("editions", EditionViewSet, basename="api-edition")
urlpatterns = router.urls
