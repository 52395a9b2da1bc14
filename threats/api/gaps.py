"""Gaps of the matrix in the API: the lines of the page, read-only."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from pocweb import clock
from pocweb.permissions import require
from threats.consolidation import read_live
from threats.gap_list import FIELDS, GapLine, keep, lines_of


class GapSerializer(serializers.Serializer[Any]):
    """One gap: `threat` and `activity` are ids, `days` for how long it stands; null where unknown or not meant."""

    kind = serializers.CharField(source="gap.code")
    message = serializers.CharField(source="gap.message")
    threat = serializers.IntegerField(source="row.pk")
    ref = serializers.CharField(source="row.ref")
    office = serializers.CharField(source="row.office_code")
    priority = serializers.IntegerField(source="row.priority", allow_null=True)
    risk = serializers.IntegerField(source="row.risk", allow_null=True)
    tier = serializers.IntegerField(allow_null=True)
    activity = serializers.IntegerField(source="gap.about", allow_null=True)
    who = serializers.CharField(help_text="Owner of the activity, else lead of the threat; empty for nobody.")
    days = serializers.IntegerField(source="gap.days", allow_null=True)


class GapViewSet(viewsets.GenericViewSet[Any]):
    """Gaps of the threats of one's own office and of all below it, as the rows stand now."""

    serializer_class = GapSerializer
    filter_backends: tuple[Any, ...] = ()

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in FIELDS], responses=GapSerializer(many=True), filters=False
    )
    def list(self, request: Request) -> Response:
        """List gaps in the order of the matrix. Narrowed by code of kind, priority, tier, and code of the office."""
        user: Any = request.user
        require(user, "threats.view_threat")
        wanted = {name: value for name in FIELDS if (value := request.query_params.get(name, ""))}
        lines: list[GapLine] = []
        if office := user.office:
            lines = keep(lines_of(read_live(office, user=user, now=clock.now(user.mission)), user), wanted)
        page: Any = self.paginate_queryset(lines)
        return self.get_paginated_response(GapSerializer(page, many=True).data)
