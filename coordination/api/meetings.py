"""Meetings, action points and contacts in the API, for reading alone; they are kept on the pages."""

from typing import Any

from rest_framework import mixins, serializers, viewsets

from coordination.models import ActionPoint, Contact, Meeting
from pocweb.permissions import require


class MeetingSerializer(serializers.ModelSerializer[Meeting]):
    """A meeting's call and state: forum and office by code. Agenda and minutes are read on its page."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")
    forum = serializers.CharField(source="forum.code", read_only=True, help_text="Code of the forum.")

    class Meta:
        model = Meeting
        fields = (
            "id", "version", "ref", "forum", "office", "kind", "state", "starts_at", "place", "reason", "opened_at",
            "closed_at", "sha256", "marking",
        )  # fmt: skip


class MeetingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Meeting]):
    """Meetings that the person may see."""

    serializer_class = MeetingSerializer
    filterset_fields = ("state", "kind")
    queryset = Meeting.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_meeting")
        return Meeting.objects.visible_to(self.request.user).select_related("office", "forum").defer("minutes")


class ActionPointSerializer(serializers.ModelSerializer[ActionPoint]):
    """An action point: meeting by reference, owner by name, component by code."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")
    meeting = serializers.CharField(source="meeting.ref", read_only=True, help_text="Reference of the meeting.")
    owner = serializers.StringRelatedField[Any]()
    component = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)

    class Meta:
        model = ActionPoint
        fields = (
            "id", "version", "ref", "meeting", "office", "text", "owner", "component", "due_on", "state", "done_on",
            "result", "marking",
        )  # fmt: skip


class ActionPointViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ActionPoint]):
    """Action points that the person may see, with their own wherever they were decided."""

    serializer_class = ActionPointSerializer
    filterset_fields = ("state",)
    queryset = ActionPoint.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_meeting")
        rows = ActionPoint.objects.visible_to(self.request.user)
        return rows.select_related("office", "meeting", "owner", "component").defer("meeting__minutes")


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A contact of an office's list: a function with its lines."""

    ref = serializers.CharField(read_only=True)
    office = serializers.CharField(source="office.code", read_only=True, help_text="Code of the office.")

    class Meta:
        model = Contact
        fields = (
            "id", "version", "ref", "office", "name", "organization", "kind", "phone", "email", "languages", "note",
            "reviewed_on", "is_active", "marking",
        )  # fmt: skip


class ContactViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Contact]):
    """Contacts that the person may see."""

    serializer_class = ContactSerializer
    filterset_fields = ("kind", "is_active")
    queryset = Contact.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        require(self.request.user, "coordination.view_contact")
        return Contact.objects.visible_to(self.request.user).select_related("office")
