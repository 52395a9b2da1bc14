"""Threats and perpetrator profiles in the API: the same services, rules and refusals as the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import Face
from pocweb.permissions import require
from threats.choices import Confidence, Vulnerability
from threats.fieldlists.actor import ACTOR, EDITABLE
from threats.models import Actor, Assessment, Threat
from threats.services import actors as actor_services
from threats.services import threats as services
from threats.services.threat_values import CODED, GUARDED, VARIABLES, plain_values

READ_AHEAD = (
    *CODED,
    "threat_groups__group",
    "threat_groups__area",
    "threat_protection_actors__protection_actor",
)


class GroupSerializer(serializers.Serializer[Any]):
    """A group of civilians at risk: codes of group and area; `number` null where unknown."""

    group = serializers.CharField()
    area = serializers.CharField(required=False, allow_blank=True, default="", help_text="P-code.")
    number = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    exposure = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    vulnerability = serializers.ChoiceField(
        choices=Vulnerability.choices, required=False, allow_null=True, default=None
    )
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    as_of = serializers.CharField(required=False, allow_blank=True, default="", help_text="ISO 8601 date.")


class ProtectionActorSerializer(serializers.Serializer[Any]):
    """Another protection actor by name, with the seven variables."""

    name = serializers.CharField()
    role = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for name in VARIABLES:
            fields[name] = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
        return fields


class ThreatSerializer(serializers.ModelSerializer[Threat]):
    """A threat with its guarded fields as plain values: p-codes, codes and user names, not ids."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True)
    areas = serializers.ListField(child=serializers.CharField(), allow_empty=False, help_text="P-codes.")
    violence_types = serializers.ListField(child=serializers.CharField())
    actors = serializers.ListField(child=serializers.CharField())
    components = serializers.ListField(child=serializers.CharField())
    groups = GroupSerializer(many=True)
    protection_actors = ProtectionActorSerializer(many=True)
    lead = serializers.CharField(allow_blank=True, help_text="User name, empty for nobody.")
    horizon_on = serializers.CharField(allow_blank=True, help_text="ISO 8601 date, empty for none.")
    review_on = serializers.CharField(allow_blank=True, help_text="ISO 8601 date, empty for none.")
    marking = serializers.ChoiceField(choices=Marking.choices)

    class Meta:
        model = Threat
        fields: tuple[str, ...] = (
            "id", "ref", "version", "office", "status", "closed_reason", "priority", "risk", "likelihood", "impact",
            "trend", "confidence", "expected_risk", "assessed_on", "imminent", "imminent_since", *GUARDED,
        )  # fmt: skip
        read_only_fields = ("version", "status", "closed_reason", "trend")
        validators: tuple[Any, ...] = ()

    def to_representation(self, instance: Threat) -> dict[str, Any]:
        plain = plain_values(instance)
        data = {name: plain[name] for name in GUARDED}
        for name in self.Meta.fields:
            if name not in data and name not in ("ref", "office"):
                data[name] = getattr(instance, name)
        return data | {"ref": instance.ref, "office": instance.office.code}


class ThreatEditSerializer(ThreatSerializer):
    """The changed fields alone, and the version that they start from."""

    based_on = serializers.IntegerField(min_value=1, write_only=True)

    class Meta(ThreatSerializer.Meta):
        fields = (*ThreatSerializer.Meta.fields, "based_on")


class AssessSerializer(serializers.Serializer[Any]):
    """A rating to be made; of what is expected after the response, likelihood and impact together or neither."""

    likelihood = serializers.IntegerField(min_value=1)
    impact = serializers.IntegerField(min_value=1)
    reason = serializers.CharField()
    inputs = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    confidence = serializers.ChoiceField(choices=Confidence.choices, required=False, default=Confidence.MEDIUM)
    expected_likelihood = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    expected_impact = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """A rating as it is kept, with the scheme that it was made by."""

    scheme_code = serializers.CharField(source="scheme.code", read_only=True)
    scheme_version = serializers.IntegerField(source="scheme.edition", read_only=True)

    class Meta:
        model = Assessment
        fields = (
            "id", "threat", "scheme_code", "scheme_version", "likelihood", "impact", "risk", "priority", "trend",
            "confidence", "expected_likelihood", "expected_impact", "expected_risk", "inputs", "reason", "assessed_at",
        )  # fmt: skip


class ActorSerializer(serializers.ModelSerializer[Actor]):
    """A perpetrator profile with its seven heads."""

    class Meta:
        model = Actor
        fields = ("id", "version", *ACTOR.names(Face.API))


class ActorCreateSerializer(serializers.ModelSerializer[Actor]):
    """A new profile: what is left out is not recorded; without a marking it gets the usual one of profiles."""

    class Meta:
        model = Actor
        fields = EDITABLE


class ThreatViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Threat]):
    """Threats that the person may see."""

    serializer_class = ThreatSerializer
    filterset_fields = ("status", "priority", "risk", "imminent")
    queryset = Threat.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "threats.view_threat")
        rows = Threat.objects.visible_to(self.request.user).select_related("mission", "office", "lead")
        return rows.prefetch_related(*READ_AHEAD).order_by("priority", "-risk", "number")

    @extend_schema(request=ThreatEditSerializer, responses=ThreatSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Save changed fields. Answers 409 with both texts when another person changed the same field first."""
        threat = self.get_object()
        given = ThreatEditSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        changes = _plain(given.validated_data)
        if "based_on" not in changes:
            raise RuleError("version_missing", "Say which version the change is based on.", "based_on")
        based_on = changes.pop("based_on")
        services.edit_threat(threat, changes=changes, based_on=based_on, by=request.user)
        return Response(ThreatSerializer(self.get_object()).data)

    @extend_schema(request=AssessSerializer, responses={201: AssessmentSerializer})
    @action(detail=True, methods=["post"])
    def assess(self, request: Request, pk: str | None = None) -> Response:
        """Rate the threat with the scheme in use."""
        threat = self.get_object()
        given = AssessSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = services.assess_threat(threat, by=request.user, **given.validated_data)
        return Response(AssessmentSerializer(made).data, status=status.HTTP_201_CREATED)


class ActorViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Actor]):
    """Perpetrator profiles that the person may see."""

    serializer_class = ActorSerializer
    queryset = Actor.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "threats.view_actor")
        return Actor.objects.visible_to(self.request.user).order_by("name", "pk")

    @extend_schema(request=ActorCreateSerializer, responses={201: ActorSerializer})
    def create(self, request: Request) -> Response:
        """Add a profile to the person's mission; its code is made from the name."""
        given = ActorCreateSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        person: Any = request.user
        require(person, "threats.change_actor")
        made = actor_services.add_actor(mission=person.mission, values=given.validated_data, by=person)
        return Response(ActorSerializer(made).data, status=status.HTTP_201_CREATED)


def _plain(values: Any) -> dict[str, Any]:
    """Return validated input as the plain values that the service compares."""
    plain = dict(values)
    for name in ("groups", "protection_actors"):
        if name in plain:
            plain[name] = [dict(row) for row in plain[name]]
    for name in ("areas", "violence_types", "actors", "components"):
        if name in plain:
            plain[name] = sorted(set(plain[name]))
    return plain
