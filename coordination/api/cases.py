"""Early-warning cases in the API: the same services, rules and refusals as the pages.

The key of a source is never given out. Steps that need a page of their own (sending out, deciding, flash reports,
harm, telling, closing) are taken there.
"""

from collections.abc import Callable
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.models import WarningCase
from coordination.warnings import ratings
from coordination.warnings.choices import (
    AssessingBody,
    AtRisk,
    Branch,
    CaseClass,
    Channel,
    ExpectedTime,
    InformationReliability,
    SourceReliability,
    ThreatenedAct,
    Threatening,
)
from coordination.warnings.cited import incident_of, threat_of
from coordination.warnings.matrix import ordered
from coordination.warnings.matrix_cells import save_cell
from coordination.warnings.moves import move_case
from coordination.warnings.services import file_case
from pocweb.errors import RuleError
from pocweb.models import Area, Mission
from pocweb.permissions import require

TAKES: dict[str, tuple[Callable[..., WarningCase], tuple[str, ...]]] = {
    "rate-source": (ratings.rate_source, ("reliability",)),
    "rate-information": (ratings.rate_information, ("reliability", "is_triangulated", "triangulation")),
    "class": (ratings.class_case, ("case_class",)),
    "rate-impact": (ratings.rate_impact, ("civilians", "overall_level", "impact_reason")),
    "rate-likelihood": (ratings.rate_likelihood, ("level", "body")),
    "prioritise": (ratings.decide_imminence, ("branch",)),
}
"""By step the service that takes it, and the values that it takes beside reason and version."""
PLAIN = ("monitor", "update-matrix")
"""Steps that state nothing but that they were done."""


class CaseSerializer(serializers.ModelSerializer[WarningCase]):
    """A case: office by code, area by p-code, all ratings by their codes; null and empty where not rated."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")
    area = serializers.CharField(source="area.pcode", read_only=True, default=None, help_text="P-code.")
    threat = serializers.SerializerMethodField(help_text="Reference; null for none, and outside the reader's reach.")
    incident = serializers.SerializerMethodField(help_text="Reference; null for none, and outside the reader's reach.")
    at_risk = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = WarningCase
        fields = (
            "id", "version", "ref", "office", "state", "branch", "case_class", "received_at", "channel", "act", "place",
            "area", "expected", "threatening", "at_risk", "people", "un_staff", "text", "source_reliability",
            "information_reliability", "is_triangulated", "impact_civilians", "impact_children", "impact_women",
            "impact", "likelihood", "priority", "has_operation", "remarks", "partners_informed", "outcome", "killed",
            "injured", "threat", "incident", "classed_at", "disseminated_at", "decided_at", "flashed_at", "acted_at",
            "neutralised_at", "closed_at", "changed_at", "marking",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_threat(self, case: WarningCase) -> str | None:
        found = threat_of(case, self.context["request"].user)
        return found.ref if found else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_incident(self, case: WarningCase) -> str | None:
        found = incident_of(case, self.context["request"].user)
        return found.ref if found else None

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Give codes out as they are stored: their lists stand with what is written, not with what is read."""
        kind, options = super().build_standard_field(field_name, model_field)
        if "choices" not in options:
            return kind, options
        number = model_field.get_internal_type().endswith("IntegerField")
        plain: Any = serializers.IntegerField if number else serializers.CharField
        return plain, {"read_only": True}


class CaseFileSerializer(serializers.Serializer[Any]):
    """A report of a threat; the office follows from the area, else from the person's posting."""

    act = serializers.ChoiceField(choices=ThreatenedAct.choices)
    place = serializers.CharField(max_length=160)
    text = serializers.CharField(help_text="No names of sources, victims or witnesses.")
    channel = serializers.ChoiceField(choices=Channel.choices)
    expected = serializers.ChoiceField(choices=ExpectedTime.choices, default=ExpectedTime.UNKNOWN)
    threatening = serializers.ChoiceField(choices=Threatening.choices, default=Threatening.UNKNOWN)
    at_risk = serializers.ListField(child=serializers.ChoiceField(choices=AtRisk.choices), default=list)
    people = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    un_staff = serializers.BooleanField(default=False)
    area = serializers.CharField(required=False, allow_blank=True, default="", help_text="P-code.")
    received_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class CaseStepSerializer(serializers.Serializer[Any]):
    """One step of the state table, on the version that it is based on; of the values those that the step takes."""

    step = serializers.ChoiceField(choices=[(name, name) for name in (*TAKES, *PLAIN)])
    based_on = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(required=False, allow_blank=True, default="")
    reliability = serializers.ChoiceField(
        choices=[*SourceReliability.choices, *InformationReliability.choices], required=False
    )
    is_triangulated = serializers.BooleanField(required=False)
    triangulation = serializers.CharField(required=False, allow_blank=True)
    case_class = serializers.ChoiceField(choices=CaseClass.choices, required=False)
    civilians = serializers.IntegerField(min_value=1, max_value=3, required=False)
    overall_level = serializers.IntegerField(min_value=1, max_value=3, required=False)
    impact_reason = serializers.CharField(required=False, allow_blank=True)
    level = serializers.IntegerField(min_value=1, max_value=3, required=False)
    body = serializers.ChoiceField(choices=AssessingBody.choices, required=False)
    branch = serializers.ChoiceField(choices=Branch.choices, required=False)


class CaseCellSerializer(serializers.Serializer[Any]):
    """What is written in a cell of the Early Warning Matrix, on the version that it is based on."""

    based_on = serializers.IntegerField(min_value=1)
    remarks = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    partners_informed = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    has_operation = serializers.BooleanField(required=False)


READ = ("mission", "office", "area", "threat__office", "incident__office")
CELL_OF = {"remarks": "remarks", "partners_informed": "partners", "has_operation": "actions"}


class CaseFilter(filters.FilterSet):
    """Narrows the list; `open` leaves out closed cases."""

    state = filters.CharFilter()
    branch = filters.CharFilter()
    case_class = filters.CharFilter()
    priority = filters.NumberFilter()
    outcome = filters.CharFilter()
    office = filters.CharFilter(field_name="office__code")
    open = filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull")
    received_from = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    received_until = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lte")

    class Meta:
        model = WarningCase
        fields: tuple[str, ...] = ()


class CaseViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[WarningCase]):
    """Cases that the person may see, in the order of the Early Warning Matrix."""

    serializer_class = CaseSerializer
    filterset_class = CaseFilter
    queryset = WarningCase.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_case")
        rows = WarningCase.objects.visible_to(self.request.user)
        return ordered(rows).select_related(*READ).defer("area__shape")

    @extend_schema(request=CaseFileSerializer, responses={201: CaseSerializer})
    def create(self, request: Request) -> Response:
        """Report a threat. Who must know is told at once."""
        person: Any = request.user
        require(person, "coordination.file_case")
        given = CaseFileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(given.validated_data)
        values["area"] = _area(values["area"], person.mission)
        made = file_case(person.mission, by=person, **values)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=CaseStepSerializer, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def step(self, request: Request, pk: str | None = None) -> Response:
        """Take a step. Answers 409 when the case moved on since `based_on`, 400 with the code for a refused rule."""
        case = self.get_object()
        given = CaseStepSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(given.validated_data)
        name = values.pop("step")
        common: dict[str, Any] = {
            "by": request.user,
            "based_on": values.pop("based_on"),
            "reason": values.pop("reason"),
        }
        if name in PLAIN:
            _refuse_extra(values, ())
            move_case(case, name, **common)
        else:
            service, takes = TAKES[name]
            _refuse_extra(values, takes)
            _require_first(values, takes[0])
            service(case, **values, **common)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=CaseCellSerializer, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def cell(self, request: Request, pk: str | None = None) -> Response:
        """Write in one cell of the matrix. Answers 409 with both texts when another person wrote in it first."""
        case = self.get_object()
        given = CaseCellSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(given.validated_data)
        based_on = values.pop("based_on")
        if len(values) != 1:
            raise RuleError("one_cell", "Write in one cell at a time: remarks, partners_informed or has_operation.")
        save_cell(case, CELL_OF[next(iter(values))], changes=values, based_on=based_on, by=request.user)
        return Response(self.get_serializer(self.get_object()).data)


def _area(pcode: str, mission: Mission) -> Area | None:
    if not pcode:
        return None
    area = Area.objects.filter(pcode=pcode, valid_to=None).first()
    if area is None:
        raise RuleError("unknown_area", "No area has this p-code.", "area")
    return area


def _refuse_extra(values: dict[str, Any], takes: tuple[str, ...]) -> None:
    for name in values:
        if name not in takes:
            raise RuleError("unknown_field", "This step does not take this value.", name)


def _require_first(values: dict[str, Any], name: str) -> None:
    if name not in values:
        raise RuleError(f"{name}_missing", "This step needs this value.", name)
