"""The API of response activities: the same services, filters and refusals as the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pocweb.errors import RuleError
from pocweb.permissions import require
from strategy import services
from strategy.api.serializers import ActivityEditSerializer, ActivityMoveSerializer, ActivitySerializer
from strategy.filters import ActivityFilter
from strategy.models import Activity


class ActivityViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Activity]):
    """Response activities that the person may see."""

    serializer_class = ActivitySerializer
    filterset_class = ActivityFilter
    queryset = Activity.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "strategy.view_activity")
        return Activity.objects.visible_to(self.request.user).for_lists(self.request.user, supporting=True)

    @extend_schema(responses={201: ActivitySerializer})
    def create(self, request: Request) -> Response:
        require(request.user, "strategy.add_activity")
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        activity = services.add_activity(values["office"].mission, by=request.user, **values)
        return Response(self._shown(activity), status=status.HTTP_201_CREATED)

    @extend_schema(request=ActivityEditSerializer, responses=ActivitySerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Save changed fields. Answers 409 with both texts when another person changed the same field first."""
        activity = self.get_object()
        given = ActivityEditSerializer(data=request.data, partial=True, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        if "based_on" not in changes:
            raise RuleError("version_missing", "Say which version the change is based on.", "based_on")
        based_on = changes.pop("based_on")
        saved = services.edit_activity(activity, based_on=based_on, changes=changes, by=request.user)
        return Response(self._shown(saved.record))

    @extend_schema(request=ActivityMoveSerializer, responses=ActivitySerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str | None = None) -> Response:
        """Do one act of the state table."""
        activity = self.get_object()
        given = ActivityMoveSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(self._shown(services.set_status(activity, by=request.user, **given.validated_data)))

    def _shown(self, activity: Activity) -> Any:
        return ActivitySerializer(self.get_queryset().get(pk=activity.pk)).data
