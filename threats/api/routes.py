"""Addresses of the threats app in the API."""

from rest_framework.routers import SimpleRouter

from threats.api.editions import EditionViewSet
from threats.api.gaps import GapViewSet
from threats.api.incidents import IncidentViewSet
from threats.api.presences import PresenceViewSet
from threats.api.threats import ActorViewSet, ThreatViewSet
from threats.api.watch import TriggerViewSet, WatchViewSet

router = SimpleRouter()
router.register("incidents", IncidentViewSet, basename="api-incident")
router.register("threats", ThreatViewSet, basename="api-threat")
router.register("actors", ActorViewSet, basename="api-actor")
router.register("editions", EditionViewSet, basename="api-edition")
router.register("presences", PresenceViewSet, basename="api-presence")
router.register("gaps", GapViewSet, basename="api-gap")
router.register("watch", WatchViewSet, basename="api-watch")
router.register("triggers", TriggerViewSet, basename="api-trigger")
urlpatterns = router.urls
