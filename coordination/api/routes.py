"""Addresses of the coordination app in the API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from coordination.api.cases import CaseViewSet
from coordination.api.flashes import FlashViewSet, TrailView
from coordination.api.forums import ForumViewSet, MechanismViewSet
from coordination.api.meetings import ActionPointViewSet, ContactViewSet, MeetingViewSet
from coordination.api.networks import NetworkViewSet

router = SimpleRouter()
router.register("forums", ForumViewSet, basename="api-forum")
router.register("mechanisms", MechanismViewSet, basename="api-mechanism")
router.register("meetings", MeetingViewSet, basename="api-meeting")
router.register("actions", ActionPointViewSet, basename="api-action")
router.register("contacts", ContactViewSet, basename="api-contact")
router.register("networks", NetworkViewSet, basename="api-network")
router.register("cases", CaseViewSet, basename="api-case")
router.register("flashes", FlashViewSet, basename="api-flash")
urlpatterns = [path("cases/<int:pk>/trail/", TrailView.as_view(), name="api-case-trail"), *router.urls]
