"""The atrocity watch and the trigger calendar in the API: the same services, rules and refusals as the pages."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pocweb import clock
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.permissions import require
from threats.choices import SignLevel, TriggerKind
from threats.models import FactorReading, TriggerEvent
from threats.services import triggers as trigger_services
from threats.services.triggers import EDITABLE, plain_trigger
from threats.services.watch import add_reading
from threats.triggers import entry_of, read_ahead
from threats.watching import FactorLine, board_for


class ReadingSerializer(serializers.Serializer[Any]):
    """A reading of a factor: day, level, signs by code or in own words, area by p-code, evidence, marking."""

    id = serializers.IntegerField(read_only=True)
    read_on = serializers.DateField()
    level = serializers.ChoiceField(choices=SignLevel.choices)
    signs = serializers.ListField(child=serializers.CharField(max_length=160), required=False, default=list)
    area = serializers.CharField(required=False, allow_blank=True, default="", help_text="P-code; empty: the country.")
    evidence = serializers.CharField()
    marking = serializers.ChoiceField(choices=Marking.choices, required=False)
    is_background = serializers.BooleanField(
        write_only=True, required=False, default=False, help_text="Says that a day before the baseline is meant."
    )

    def to_representation(self, instance: FactorReading) -> dict[str, Any]:
        names = ("id", "read_on", "level", "signs", "evidence", "marking")
        return {name: getattr(instance, name) for name in names} | {
            "area": instance.area.pcode if instance.area else ""
        }


class FactorLineSerializer(serializers.Serializer[Any]):
    """A risk factor as the person may see it; null where nobody has judged it for them."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    is_relevant = serializers.BooleanField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    baseline_level = serializers.IntegerField(allow_null=True)
    baseline_on = serializers.DateField(allow_null=True)
    level = serializers.IntegerField(allow_null=True)
    change = serializers.IntegerField(allow_null=True, help_text="1 above the baseline, 0 at it, -1 below.")
    has_risen = serializers.BooleanField(help_text="Higher than at the end of the quarter before.")
    last_on = serializers.DateField(allow_null=True)
    is_late = serializers.BooleanField()
    readings = ReadingSerializer(many=True)


def _line(line: FactorLine) -> dict[str, Any]:
    watch = line.watch if line.is_followed else None
    return {
        "number": line.factor.number,
        "name": line.factor.name,
        "kind": line.factor.kind,
        "is_relevant": line.watch.is_relevant if line.watch else None,
        "version": line.watch.version if line.watch else None,
        "baseline_level": watch.baseline_level if watch else None,
        "baseline_on": watch.baseline_on if watch else None,
        "level": line.now.level if line.now else None,
        "change": line.change,
        "has_risen": line.has_risen,
        "last_on": line.last_on,
        "is_late": line.is_late,
        "readings": line.readings,
    }


class WatchViewSet(viewsets.GenericViewSet[Any]):
    """The atrocity watch of the person's mission, a factor at a time by its number."""

    serializer_class = FactorLineSerializer
    pagination_class = None
    filter_backends: tuple[Any, ...] = ()
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,3}"

    def _lines(self, numbers: list[int]) -> list[FactorLine]:
        user: Any = self.request.user
        require(user, "threats.view_watch")
        return board_for(user, user.mission, today=clock.today(user.mission), numbers=numbers)

    def _one(self, number: str) -> FactorLine:
        lines = self._lines([int(number)])
        if not lines:
            raise Http404
        return lines[0]

    def list(self, request: Request) -> Response:
        """All 14 factors."""
        return Response(FactorLineSerializer([_line(line) for line in self._lines([])], many=True).data)

    @extend_schema(parameters=[OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, number: str) -> Response:
        """One factor with its readings."""
        return Response(FactorLineSerializer(_line(self._one(number))).data)

    @extend_schema(
        request=ReadingSerializer,
        responses={201: ReadingSerializer},
        parameters=[OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"])
    def readings(self, request: Request, number: str) -> Response:
        """Add a reading; none is ever rewritten."""
        line = self._one(number)
        if line.watch is None:
            require(request.user, "threats.read_factor")
            raise RuleError("no_baseline", "Set a baseline first; change is read against it.")
        given = ReadingSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = add_reading(line.watch, values=given.validated_data, by=request.user)
        return Response(ReadingSerializer(made).data, status=status.HTTP_201_CREATED)


class TriggerSerializer(serializers.Serializer[Any]):
    """An event of the calendar in plain values: p-codes, codes of groups, a user name."""

    id = serializers.IntegerField(read_only=True)
    ref = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(choices=TriggerKind.choices)
    title = serializers.CharField(max_length=160)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    watch_from = serializers.DateField()
    is_yearly = serializers.BooleanField(required=False, default=False)
    areas = serializers.ListField(child=serializers.CharField(), required=False, default=list, help_text="P-codes.")
    groups = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    past_effect = serializers.CharField(required=False, allow_blank=True, default="")
    planned_action = serializers.CharField(required=False, allow_blank=True, default="")
    action_owner = serializers.CharField(required=False, allow_blank=True, default="", help_text="User name.")
    marking = serializers.ChoiceField(choices=Marking.choices, required=False)
    called_off = serializers.CharField(read_only=True)
    effect_of = serializers.CharField(read_only=True, help_text="Last day of the occurrence that past_effect tells of.")
    next_starts_on = serializers.DateField(read_only=True)
    is_watched = serializers.BooleanField(read_only=True)

    def to_representation(self, instance: TriggerEvent) -> dict[str, Any]:
        entry = entry_of(instance, clock.today(instance.mission))
        own = {name: getattr(instance, name) for name in ("id", "ref", "version", "called_off")}
        return own | plain_trigger(instance) | {"next_starts_on": entry.window.starts_on, "is_watched": entry.is_on}


class TriggerEditSerializer(TriggerSerializer):
    """The changed fields alone, and the version that they start from."""

    based_on = serializers.IntegerField(min_value=1, write_only=True)


class TriggerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[TriggerEvent]):
    """Events of the trigger calendar that the person may see."""

    serializer_class = TriggerSerializer
    filterset_fields = ("kind", "is_yearly")
    queryset = TriggerEvent.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "threats.view_watch")
        return read_ahead(TriggerEvent.objects.visible_to(self.request.user)).order_by("starts_on", "number")

    @extend_schema(request=TriggerSerializer, responses={201: TriggerSerializer})
    def create(self, request: Request) -> Response:
        """Add an event."""
        require(request.user, "threats.change_trigger")
        given = TriggerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user: Any = request.user
        made = trigger_services.add_trigger(office=user.office, values=given.validated_data, by=user)
        return Response(TriggerSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=TriggerEditSerializer, responses=TriggerSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Save changed fields. Answers 409 with both texts when another person changed the same field first."""
        trigger = self.get_object()
        given = TriggerEditSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        changes = {name: _plain(value) for name, value in given.validated_data.items() if name in EDITABLE}
        if "based_on" not in given.validated_data:
            raise RuleError("version_missing", "Say which version the change is based on.", "based_on")
        based_on = given.validated_data["based_on"]
        trigger_services.edit_trigger(trigger, changes=changes, based_on=based_on, by=request.user)
        return Response(TriggerSerializer(self.get_object()).data)


def _plain(value: Any) -> Any:
    """Return validated input as the plain value that the service compares."""
    if isinstance(value, list):
        return sorted(set(value))
    return value.isoformat() if hasattr(value, "isoformat") else value
