"""Response activities as the API speaks of them; the fields are those of `strategy/fieldlists.py`."""

from typing import Any

from rest_framework import serializers

from pocweb.choices import Marking, Phase, Tier
from strategy.models import Activity


class ActivitySerializer(serializers.ModelSerializer[Activity]):
    """One activity. Links are ids with the name beside them; `version` is what an edit must say it is based on."""

    ref = serializers.CharField(read_only=True)
    phases = serializers.ListField(child=serializers.ChoiceField(choices=Phase.choices), allow_empty=False)
    tier = serializers.ChoiceField(choices=Tier.choices)
    marking = serializers.ChoiceField(choices=Marking.choices, required=False)
    component_name = serializers.CharField(source="component.name", read_only=True)
    office_name = serializers.CharField(source="office.name", read_only=True)
    owner_name = serializers.SerializerMethodField()
    area_pcode = serializers.SerializerMethodField()

    class Meta:
        model = Activity
        fields: tuple[str, ...] = (
            "id",
            "version",
            "ref",
            "title",
            "description",
            "catalogue_code",
            "tier",
            "phases",
            "component",
            "component_name",
            "supporting",
            "owner",
            "owner_name",
            "threats",
            "office",
            "office_name",
            "area",
            "area_pcode",
            "status",
            "starts_on",
            "due_on",
            "done_on",
            "result",
            "marking",
        )
        read_only_fields = ("id", "version", "status", "done_on")
        # judged by the services, with words for people; a partial edit need not name both ends of a period
        validators: tuple[Any, ...] = ()

    def get_owner_name(self, activity: Activity) -> str | None:
        return str(activity.owner) if activity.owner else None

    def get_area_pcode(self, activity: Activity) -> str | None:
        return activity.area.pcode if activity.area else None


class ActivityEditSerializer(ActivitySerializer):
    """The changed fields alone, and the version that they start from."""

    based_on = serializers.IntegerField(min_value=1, write_only=True)

    class Meta(ActivitySerializer.Meta):
        fields = (*ActivitySerializer.Meta.fields, "based_on")


class ActivityMoveSerializer(serializers.Serializer[Any]):
    """An act of the state table; `done_on` belongs to "finish"."""

    act = serializers.ChoiceField(choices=["start", "finish", "cancel", "reopen"])
    done_on = serializers.DateField(required=False, allow_null=True, default=None)
    result = serializers.CharField(required=False, allow_blank=True, default="")
