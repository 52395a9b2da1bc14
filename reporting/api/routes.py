"""Addresses of the reporting app in the API."""

from rest_framework.routers import SimpleRouter

from reporting.api.views import ReportViewSet

router = SimpleRouter()
router.register("reports", ReportViewSet, basename="api-report")
urlpatterns = router.urls
