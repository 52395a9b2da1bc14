"""Addresses of the strategy app in the API."""

from rest_framework.routers import SimpleRouter

from strategy.api.views import ActivityViewSet

router = SimpleRouter()
router.register("activities", ActivityViewSet, basename="api-activity")
urlpatterns = router.urls
