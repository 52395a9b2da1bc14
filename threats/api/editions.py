"""Matrix editions in the API: read with their snapshot, as they were approved. Acts on them belong to the pages."""

from typing import Any

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets

from pocweb.permissions import require
from threats.choices import EditionState
from threats.models import EditionApproval, MatrixEdition


class ApprovalSerializer(serializers.ModelSerializer[EditionApproval]):
    """One of the three approvals, with the fingerprint that was approved."""

    person = serializers.CharField(source="person.__str__", read_only=True)

    class Meta:
        model = EditionApproval
        fields = ("slot", "person", "role", "sha256", "at", "note")


class EditionSerializer(serializers.ModelSerializer[MatrixEdition]):
    """An edition without its rows."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True)
    approvals = ApprovalSerializer(many=True, read_only=True)

    class Meta:
        model = MatrixEdition
        fields: tuple[str, ...] = (
            "id",
            "ref",
            "office",
            "number",
            "state",
            "horizon_on",
            "marking",
            "sha256",
            "frozen_at",
            "endorsed_by",
            "endorsed_at",
            "in_force_at",
            "superseded_at",
            "approvals",
        )


class EditionWithRowsSerializer(EditionSerializer):
    """An edition with its frozen snapshot, None while it is a draft. `sha256` is the fingerprint of `snapshot`."""

    snapshot = serializers.SerializerMethodField()

    class Meta(EditionSerializer.Meta):
        fields = (*EditionSerializer.Meta.fields, "snapshot")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_snapshot(self, edition: MatrixEdition) -> Any:
        return edition.snapshot


class EditionFilter(django_filters.FilterSet):
    """Narrows editions by the code of the office and by state."""

    office = django_filters.CharFilter(field_name="office__code")
    state = django_filters.ChoiceFilter(choices=EditionState.choices)

    class Meta:
        model = MatrixEdition
        fields = ("office", "state")


class EditionViewSet(viewsets.ReadOnlyModelViewSet[MatrixEdition]):
    """Matrix editions that the person may see; one edition comes with its rows."""

    queryset = MatrixEdition.objects.none()
    filterset_class = EditionFilter

    def get_serializer_class(self) -> Any:
        return EditionSerializer if self.action == "list" else EditionWithRowsSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "threats.view_edition")
        rows = MatrixEdition.objects.visible_to(self.request.user).select_related("office")
        rows = rows.prefetch_related("approvals__person").order_by("office__path", "-number")
        return rows.defer("snapshot") if self.action == "list" else rows
