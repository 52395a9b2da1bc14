"""Forums and outside mechanisms in the API, for reading alone; they are kept on the pages."""

from typing import Any

from rest_framework import mixins, serializers, viewsets

from coordination.models import Forum, ForumSeat, Mechanism
from pocweb.permissions import require


class SeatSerializer(serializers.ModelSerializer[ForumSeat]):
    """One seat: the name of a person of the mission, or of a body outside it."""

    who = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = ForumSeat
        fields = ("who", "kind")


class ForumSerializer(serializers.ModelSerializer[Forum]):
    """A forum: office by code, components by code, people by name."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")
    chair = serializers.StringRelatedField[Any]()
    parent = serializers.SlugRelatedField[Any](  # type: ignore[assignment]  # the record's, not the serializer's own
        slug_field="code", read_only=True, help_text="Code of the forum that it refers up to."
    )
    members = serializers.SlugRelatedField[Any](slug_field="code", many=True, read_only=True)
    seats = SeatSerializer(many=True, read_only=True)

    class Meta:
        model = Forum
        fields = (
            "id", "version", "ref", "name", "code", "level", "body", "office", "frequency", "chair", "secretariat",
            "parent", "members", "seats", "terms", "active_from", "active_to", "is_active", "marking",
        )  # fmt: skip


class ForumViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Forum]):
    """Forums that the person may see."""

    serializer_class = ForumSerializer
    filterset_fields = ("level", "is_active")
    queryset = Forum.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_forum")
        rows = Forum.objects.visible_to(self.request.user).select_related("office", "chair", "parent")
        return rows.prefetch_related("members", "seats__person")


class MechanismSerializer(serializers.ModelSerializer[Mechanism]):
    """An outside mechanism: office by code, the mission's representative by name."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")
    representative = serializers.StringRelatedField[Any]()

    class Meta:
        model = Mechanism
        fields = (
            "id", "version", "ref", "name", "kind", "office", "chaired_by", "representative", "uniformed_reason",
            "cadence", "purpose", "is_active", "marking",
        )  # fmt: skip


class MechanismViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Mechanism]):
    """Outside mechanisms that the person may see."""

    serializer_class = MechanismSerializer
    filterset_fields = ("kind", "is_active")
    queryset = Mechanism.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_forum")
        return Mechanism.objects.visible_to(self.request.user).select_related("office", "representative")
