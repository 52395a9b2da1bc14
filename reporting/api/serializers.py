"""Reports as the API speaks of them: head, sections, figures with their questions, kept files."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from reporting.choices import SectionState
from reporting.forms import TEXT_LIMIT
from reporting.models import Figure, Report, ReportFile, ReportSection


class ReportSerializer(serializers.ModelSerializer[Report]):
    """The head of a report. People stand by name; `version` is that of the head."""

    ref = serializers.CharField(read_only=True)
    drafter = serializers.StringRelatedField[Any]()
    submitted_by = serializers.StringRelatedField[Any]()
    cleared_by = serializers.StringRelatedField[Any]()
    approved_by = serializers.StringRelatedField[Any]()
    sent_by = serializers.StringRelatedField[Any]()

    class Meta:
        model = Report
        fields: tuple[str, ...] = (
            "id",
            "version",
            "ref",
            "kind",
            "period",
            "starts_on",
            "ends_on",
            "due_on",
            "state",
            "marking",
            "precedence",
            "cable_number",
            "corrects",
            "drafter",
            "submitted_at",
            "submitted_by",
            "cleared_at",
            "cleared_by",
            "approved_at",
            "approved_by",
            "sent_at",
            "sent_by",
            "frozen_at",
            "sha256",
        )
        read_only_fields = fields


class SectionSerializer(serializers.ModelSerializer[ReportSection]):
    """One narrative section; figures stand in the text as [F-07]."""

    changed_by = serializers.StringRelatedField[Any]()

    class Meta:
        model = ReportSection
        fields = ("code", "version", "title", "text", "state", "changed_at", "changed_by")
        read_only_fields = fields


class FigureSerializer(serializers.ModelSerializer[Figure]):
    """A number with its question; `answer` is null where nothing was recorded."""

    class Meta:
        model = Figure
        fields = ("code", "label", "question", "answer", "previous", "asked_at", "verified_only")
        read_only_fields = fields


class FileSerializer(serializers.ModelSerializer[ReportFile]):
    """A kept PDF; `url` gives it out to whoever is cleared for it."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = ReportFile
        fields = ("id", "sha256", "content_sha256", "pages", "bytes", "marking", "is_archived", "rendered_at", "url")
        read_only_fields = fields

    def get_url(self, kept: ReportFile) -> str:
        return reverse("reporting:report-file", args=[kept.report_id, kept.pk])


class ReportDetailSerializer(ReportSerializer):
    """A whole report: head, lead summary, sections, figures."""

    sections = SectionSerializer(many=True, read_only=True)
    figures = FigureSerializer(many=True, read_only=True)

    class Meta(ReportSerializer.Meta):
        fields = (*ReportSerializer.Meta.fields, "lead", "sections", "figures")
        read_only_fields = fields


class SectionEditSerializer(serializers.Serializer[Any]):
    """The changed fields of a section, and the version that they start from."""

    based_on = serializers.IntegerField(min_value=1)
    text = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LIMIT)
    state = serializers.ChoiceField(
        required=False, choices=[(state.value, state.label) for state in (SectionState.DRAFT, SectionState.READY)]
    )
