"""The API of reports: reading all, writing a section through the same service and guard as the pages."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pocweb.permissions import require
from reporting import services
from reporting.api.serializers import (
    FileSerializer,
    ReportDetailSerializer,
    ReportSerializer,
    SectionEditSerializer,
    SectionSerializer,
)
from reporting.models import Report, ReportSection

PEOPLE = ("drafter", "submitted_by", "cleared_by", "approved_by", "sent_by")


class ReportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Report]):
    """Reports that the person may see."""

    queryset = Report.objects.none()
    serializer_class = ReportSerializer

    def get_serializer_class(self) -> Any:
        return ReportDetailSerializer if self.action == "retrieve" else ReportSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "reporting.view_report")
        rows = Report.objects.visible_to(self.request.user).select_related("mission", "office", *PEOPLE)
        rows = rows.defer("snapshot")
        if self.action == "retrieve":
            sections = ReportSection.objects.select_related("changed_by")
            rows = rows.prefetch_related(Prefetch("sections", queryset=sections), "figures")
        return rows

    @extend_schema(
        request=SectionEditSerializer,
        responses=SectionSerializer,
        parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["patch"], url_path=r"sections/(?P<code>[A-Za-z.]{1,12})")
    def sections(self, request: Request, pk: str | None = None, code: str = "") -> Response:
        """Save changed fields of a section. Answers 409 with both texts when another person wrote it first."""
        report = self.get_object()
        section = get_object_or_404(ReportSection.objects.select_related("report__mission"), report=report, code=code)
        given = SectionEditSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        based_on = changes.pop("based_on")
        section.report = report
        saved = services.write_section(section, based_on=based_on, changes=changes, by=request.user)
        return Response(SectionSerializer(saved.record).data)

    @extend_schema(responses=FileSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def files(self, request: Request, pk: str | None = None) -> Response:
        """The kept PDFs of a report that the person is cleared for, newest first."""
        user: Any = request.user
        rows = self.get_object().files.filter(marking__lte=user.clearance)
        return Response(FileSerializer(rows, many=True).data)
