"""Alert networks in the API, for reading alone and without focal points; they are kept on the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets

from coordination.communities import rules_networks as rules
from coordination.communities.choices import AlertChannel
from coordination.models import Network
from pocweb.permissions import require


class NetworkSerializer(serializers.ModelSerializer[Network]):
    """A network: area by p-code, office and base by code, the assignment that set it up by reference."""

    ref = serializers.CharField(read_only=True)
    area = serializers.CharField(source="area.pcode", read_only=True, help_text="P-code.")
    area_name = serializers.CharField(source="area.name", read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")
    base = serializers.SerializerMethodField(help_text="Code of the base that it calls.")
    channels = serializers.ListField(child=serializers.ChoiceField(choices=AlertChannel.choices), read_only=True)
    women_percent = serializers.SerializerMethodField(help_text="Women among the active members, in whole per cent.")
    counts_for_3_2_2 = serializers.SerializerMethodField(help_text="Whether 30 per cent or more are women.")

    class Meta:
        model = Network
        fields = (
            "id", "version", "ref", "name", "state", "area", "area_name", "communities", "office", "base", "channels",
            "equipment", "checked_on", "contacted_on", "threat_types", "response_time", "responder", "limits",
            "members", "women_members", "women_percent", "counts_for_3_2_2", "has_crsv_signs", "set_up_on", "marking",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_base(self, network: Network) -> str | None:
        return network.base.code if network.base else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_women_percent(self, network: Network) -> int | None:
        return rules.women_percent(network.members, network.women_members)

    @extend_schema_field(serializers.BooleanField(allow_null=True))
    def get_counts_for_3_2_2(self, network: Network) -> bool | None:
        return rules.reaches_line(network.members, network.women_members)


class NetworkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Network]):
    """Alert networks that the person may see."""

    serializer_class = NetworkSerializer
    filterset_fields = ("state",)
    queryset = Network.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_community")
        rows = Network.objects.visible_to(self.request.user).select_related("office", "area", "base")
        return rows.defer("area__shape")
