"""Flash reports and the trail of a case in the API, for reading alone; they are sent on the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coordination.models import FlashReport
from coordination.warnings.flash_content import read_flash
from coordination.warnings.trail_build import build_trail
from coordination.warnings.trail_files import load_case
from pocweb import clock
from pocweb.permissions import require


class FlashSerializer(serializers.ModelSerializer[FlashReport]):
    """A flash report as it was sent, without its text."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")
    kind = serializers.CharField(read_only=True, help_text="warning: of a case; incident: of a past event.")
    case = serializers.CharField(source="case.ref", read_only=True, default=None)
    subject = serializers.CharField(source="content.subject", read_only=True)

    class Meta:
        model = FlashReport
        fields = ("id", "ref", "kind", "office", "case", "subject", "sent_at", "sha256", "marking")


class FlashParagraphSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()


class FlashSectionSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    paragraphs = FlashParagraphSerializer(many=True)


class FlashTextSerializer(FlashSerializer):
    """A flash report with what its reader may see of the text."""

    sender = serializers.SerializerMethodField()
    to = serializers.SerializerMethodField()
    assessment = serializers.SerializerMethodField()
    sections = serializers.SerializerMethodField()

    class Meta(FlashSerializer.Meta):
        fields = (*FlashSerializer.Meta.fields, "sender", "to", "assessment", "sections")  # type: ignore[assignment]

    def _read(self, flash: FlashReport) -> Any:
        if not hasattr(self, "_document"):
            self._document = read_flash(flash, self.context["request"].user)
        return self._document

    def get_sender(self, flash: FlashReport) -> str:
        return str(self._read(flash).sender)

    def get_to(self, flash: FlashReport) -> list[str]:
        return list(self._read(flash).to)

    def get_assessment(self, flash: FlashReport) -> str:
        return str(self._read(flash).assessment)

    @extend_schema(responses=FlashSectionSerializer(many=True))
    def get_sections(self, flash: FlashReport) -> list[dict[str, Any]]:
        return [
            {"title": one.title, "paragraphs": [{"text": line.text} for line in one.paragraphs]}
            for one in self._read(flash).sections
        ]


class FlashViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[FlashReport]):
    """Flash reports that the person may see."""

    serializer_class = FlashSerializer
    filterset_fields = ("kind",)
    queryset = FlashReport.objects.none()

    def get_serializer_class(self) -> Any:
        return FlashTextSerializer if self.action == "retrieve" else FlashSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_case")
        return FlashReport.objects.visible_to(self.request.user).select_related("office", "case")


class TrailClockSerializer(serializers.Serializer[Any]):
    words = serializers.CharField()
    is_late = serializers.BooleanField()


class TrailEntrySerializer(serializers.Serializer[Any]):
    """One thing that was known or done; `is_day`: the hour is not recorded."""

    at = serializers.DateTimeField()
    is_day = serializers.BooleanField()
    side = serializers.CharField(help_text="knew or did")
    title = serializers.CharField()
    who = serializers.CharField()
    ref = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())
    changes = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    reason = serializers.CharField()
    is_out_of_order = serializers.BooleanField()
    clocks = TrailClockSerializer(many=True)


class TrailSerializer(serializers.Serializer[Any]):
    """What was known and what was done on a case, in time, as its reader may see it."""

    ref = serializers.CharField()
    title = serializers.CharField()
    office = serializers.CharField()
    state = serializers.CharField()
    case_class = serializers.CharField()
    branch = serializers.CharField()
    outcome = serializers.CharField()
    as_of = serializers.DateTimeField()
    marking = serializers.IntegerField()
    entries = TrailEntrySerializer(many=True)
    waiting = TrailClockSerializer(many=True)


class TrailView(APIView):
    """The trail of a case."""

    @extend_schema(responses=TrailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        require(request.user, "coordination.view_case")
        case = load_case(request.user, pk)
        if case is None:
            raise NotFound
        return Response(TrailSerializer(build_trail(case, request.user, now=clock.now(case.mission))).data)
