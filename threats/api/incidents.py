"""The API of incidents: list, record, detail, change; its fields are those of the field list."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from pocweb.errors import RuleError
from pocweb.fieldlist import Face, Field, FieldKind
from pocweb.permissions import require
from threats.fieldlists.incident import INCIDENT, fields_for, with_places, with_related
from threats.filters import NAMES, ORDERS, IncidentFilterForm, apply_filters
from threats.models import Incident, Source
from threats.services.incident_values import NOT_EMPTY
from threats.services.incidents import edit_incident, record_incident


class ActorPartSerializer(serializers.Serializer[Any]):
    """The part of one actor: the code of its profile and the side it stood on; the name is read only."""

    code = serializers.CharField(max_length=60)
    name = serializers.CharField(read_only=True)
    side = serializers.CharField(max_length=12)


class CountSerializer(serializers.Serializer[Any]):
    """People harmed, by status, sex and age; low and high may be left out, best not."""

    harm = serializers.CharField(max_length=10)
    status = serializers.CharField(max_length=14)
    sex = serializers.CharField(max_length=8)
    age = serializers.CharField(max_length=8)
    low = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    best = serializers.IntegerField(min_value=0)
    high = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)


def api_field(field: Field) -> serializers.Field[Any, Any, Any, Any]:
    """Return the serializer's field for a field of the list."""
    how: dict[str, Any] = {"read_only": True} if field.locked else {"required": False}
    if not field.locked and field.name not in NOT_EMPTY:
        how["allow_null"] = True
    how["label"] = str(field.label)
    if field.name == "actors":
        return ActorPartSerializer(many=True, **how)
    if field.name == "counts":
        return CountSerializer(many=True, **how)
    if field.kind is FieldKind.LIST:
        return serializers.ListField(child=serializers.CharField(max_length=60), **how)
    if field.kind is FieldKind.CHOICE:
        return serializers.ChoiceField(choices=list(field.choices), **how)
    if field.kind is FieldKind.INTEGER:
        limits: dict[str, Any] = {} if field.locked else {"min_value": 0, "max_value": 100_000_000}
        return serializers.IntegerField(**how, **limits)
    if field.kind is FieldKind.DECIMAL:
        return serializers.FloatField(**how)
    if field.kind is FieldKind.DATE:
        return serializers.DateField(**how)
    blank: dict[str, Any] = {} if field.locked or field.name in NOT_EMPTY else {"allow_blank": True}
    return serializers.CharField(**how, **blank)


class IncidentSerializer(serializers.Serializer[Incident]):
    """An incident as the field list has it; source codes only for those who may see them."""

    id = serializers.IntegerField(source="pk", read_only=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        user = getattr(self.context.get("request"), "user", None)
        known = INCIDENT.on(Face.API) if user is None or not user.is_authenticated else fields_for(user, Face.API)
        fields = {**super().get_fields(), **{field.name: api_field(field) for field in known}}
        if "sources" in fields:
            kinds = Source.Kind.choices
            fields["new_source_kind"] = serializers.ChoiceField(choices=kinds, required=False, write_only=True)
        return fields

    def to_representation(self, instance: Incident) -> dict[str, Any]:
        user = self.context["request"].user
        known = {field.name: field.value(instance) for field in fields_for(user, Face.API, instance)}
        return {"id": instance.pk, **known}

    def validate(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """Return plain values as the services take them; a field that does not exist is refused, not dropped."""
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError({name: ["An incident has no such field."] for name in sorted(unknown)})
        values = dict(attrs)
        for name in ("starts_on", "ends_on"):
            if values.get(name) is not None:
                values[name] = values[name].isoformat()
        if "actors" in values:
            values["actors"] = [[part["code"], part["side"]] for part in values["actors"] or []]
        if "counts" in values:
            names = ("harm", "status", "sex", "age", "low", "best", "high")
            values["counts"] = [[row[name] for name in names] for row in values["counts"] or []]
        return values


class IncidentChangeSerializer(IncidentSerializer):
    """A change of an incident: the fields that change, and the version that the change was based on."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "version": serializers.IntegerField(min_value=1, write_only=True)}


FILTERS = [
    OpenApiParameter(name, OpenApiTypes.DATE if name in ("from", "to") else OpenApiTypes.STR)
    for name in (*NAMES, "sort")
]


class IncidentViewSet(GenericViewSet[Incident]):
    """Incidents that the person may see. A change names the version it is based on; a conflict answers 409."""

    queryset = Incident.objects.none()
    serializer_class = IncidentSerializer
    filter_backends = ()
    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_queryset(self) -> "QuerySet[Incident]":
        require(self.request.user, "threats.view_incident")
        return Incident.objects.visible_to(self.request.user)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        """Return the incidents that match the filters of the list page, 100 at a time."""
        form = IncidentFilterForm(request.query_params)
        if not form.is_valid():
            name, messages = next(iter(form.errors.items()))
            raise RuleError("bad_filter", str(messages[0]), name)
        rows: Any = apply_filters(self.get_queryset(), form.cleaned_data)  # type: ignore[arg-type]  # ours
        rows = with_related(rows).order_by(*ORDERS[form.cleaned_data["sort"]])
        page = with_places(self.paginate_queryset(rows) or [])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return one incident."""
        return Response(self.get_serializer(self._found()).data)

    def _found(self) -> Incident:
        rows: Any = self.get_queryset()
        incident: Incident = get_object_or_404(with_related(rows), pk=self.kwargs["pk"])
        return incident

    def create(self, request: Request) -> Response:
        """Record an incident in the mission of the person's posting."""
        require(request.user, "threats.add_incident")
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user: Any = request.user
        incident = record_incident(mission=user.mission, values=asked.validated_data, by=user)
        return Response(self._fresh(incident), status=status.HTTP_201_CREATED)

    @extend_schema(request=IncidentChangeSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Change the named fields; the answer holds the incident with its new version."""
        incident = self._found()
        require(request.user, "threats.change_incident", incident)
        asked = IncidentChangeSerializer(data=request.data, partial=True, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        changes = dict(asked.validated_data)
        version = changes.pop("version", None)
        if version is None:
            raise RuleError("version_missing", "Name the version that the change is based on.", "version")
        edit_incident(incident.pk, based_on=version, changes=changes, by=request.user)
        return Response(self._fresh(incident))

    def _fresh(self, incident: Incident) -> Any:
        stored = with_related(Incident.objects.filter(pk=incident.pk)).get()
        return self.get_serializer(stored).data
