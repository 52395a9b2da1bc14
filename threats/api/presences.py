"""Presences in the API: the same services, rules and refusals as the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.permissions import require
from threats.models import Presence
from threats.services import presences as services


class PresenceSerializer(serializers.ModelSerializer[Presence]):
    """A presence: area by p-code, office by code; `version` is what an edit must say it is based on."""

    ref = serializers.CharField(read_only=True)
    area = serializers.CharField(source="area.pcode", help_text="P-code.")
    area_name = serializers.CharField(source="area.name", read_only=True)
    office = serializers.CharField(source="office.code", help_text="Code of the office.")
    marking = serializers.ChoiceField(choices=Marking.choices, required=False)

    class Meta:
        model = Presence
        fields: tuple[str, ...] = (
            "id", "version", "ref", "kind", "area", "area_name", "place", "starts_on", "ends_on", "note", "office",
            "marking",
        )  # fmt: skip
        read_only_fields = ("id", "version")
        validators: tuple[Any, ...] = ()


class PresenceEditSerializer(PresenceSerializer):
    """The changed fields alone, and the version that they start from."""

    based_on = serializers.IntegerField(min_value=1, write_only=True)

    class Meta(PresenceSerializer.Meta):
        fields = (*PresenceSerializer.Meta.fields, "based_on")


class PresenceEndSerializer(serializers.Serializer[Any]):
    """The day on which a presence ended."""

    ended_on = serializers.DateField()


class PresenceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Presence]):
    """Presences that the person may see."""

    serializer_class = PresenceSerializer
    filterset_fields = ("kind",)
    queryset = Presence.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "threats.view_presence")
        rows = Presence.objects.visible_to(self.request.user).select_related("mission", "office", "area")
        return rows.defer("area__shape")

    @extend_schema(responses={201: PresenceSerializer})
    def create(self, request: Request) -> Response:
        """Record a presence in the mission of the person's posting."""
        require(request.user, "threats.change_presence")
        given = PresenceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user: Any = request.user
        presence = services.add_presence(user.mission, by=user, **_plain(given.validated_data))
        return Response(PresenceSerializer(presence).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=PresenceEditSerializer, responses=PresenceSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Save changed fields. Answers 409 with both texts when another person changed the same field first."""
        presence = self.get_object()
        given = PresenceEditSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        if "based_on" not in changes:
            raise RuleError("version_missing", "Say which version the change is based on.", "based_on")
        based_on = changes.pop("based_on")
        services.edit_presence(presence, changes=_plain(changes), based_on=based_on, by=request.user)
        return Response(PresenceSerializer(self.get_object()).data)

    @extend_schema(request=PresenceEndSerializer, responses=PresenceSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str | None = None) -> Response:
        """Say on which day the presence ended."""
        presence = self.get_object()
        given = PresenceEndSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ended = services.end_presence(presence, ended_on=given.validated_data["ended_on"], by=request.user)
        return Response(PresenceSerializer(ended).data)


def _plain(values: Any) -> dict[str, Any]:
    """Return validated input with the codes that the service knows."""
    plain = dict(values)
    if "area" in plain:
        plain["area"] = plain["area"]["pcode"]
    if "office" in plain:
        plain["office"] = plain["office"]["code"]
    return plain
