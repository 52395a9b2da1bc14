"""Addresses of the coordination app in the API."""

from rest_framework.routers import SimpleRouter

from coordination.api.forums import ForumViewSet, MechanismViewSet

router = SimpleRouter()
router.register("forums", ForumViewSet, basename="api-forum")
router.register("mechanisms", MechanismViewSet, basename="api-mechanism")
urlpatterns = router.urls
