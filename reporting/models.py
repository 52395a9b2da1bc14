"""Reports, their sections, the figures in them, and the archived files."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.models import Job, Mission, MissionRecord
from reporting.choices import ReportKind, ReportState, SectionState
from reporting.querysets import ReportQuerySet


class Report(MissionRecord):
    """A report of one kind for one period, from drafting to sent. Source: POC Handbook 2020, 8.4.

    `snapshot` is what was frozen on submission: every figure, table and chart value that the document shows.
    A correction is a new report that names the old one.
    """

    KIND = "quarterly"
    LETTER = "R"

    kind = models.CharField(_("kind"), max_length=12, choices=ReportKind, default=ReportKind.QUARTERLY)
    period = models.CharField(_("period"), max_length=7, help_text=_("For quarters: 2020-Q4."))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ReportState, default=ReportState.DRAFTING)
    lead = models.TextField(_("lead summary"), blank=True)
    cable_number = models.CharField(_("number of the cable"), max_length=30, blank=True)
    precedence = models.CharField(_("precedence"), max_length=20, default="Routine")
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by", verbose_name=_("corrects")
    )
    snapshot = models.JSONField(null=True, encoder=DjangoJSONEncoder, editable=False)
    sha256 = models.CharField(_("fingerprint of the content"), max_length=64, blank=True, editable=False)
    frozen_at = models.DateTimeField(_("figures frozen"), null=True, editable=False)
    drafter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    cleared_at = models.DateTimeField(_("cleared"), null=True, editable=False)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ("-starts_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="report_number_once_per_mission"),
            models.UniqueConstraint(
                fields=("mission", "kind", "period"),
                condition=Q(corrects=None),
                name="report_once_per_period",
            ),
            models.CheckConstraint(condition=Q(state="drafting") | ~Q(sha256=""), name="report_frozen_when_submitted"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period}"


class ReportSection(models.Model):
    """One narrative section, edited by people; figures stand in its text as [F-07]."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="sections")
    code = models.CharField(_("section"), max_length=12)
    order = models.PositiveSmallIntegerField()
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=6, choices=SectionState, default=SectionState.EMPTY)
    writer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ("order",)
        constraints = [models.UniqueConstraint(fields=("report", "code"), name="report_section_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def ref(self) -> str:
        """The reference in histories: that of the report and the section."""
        return f"{self.report.ref} {self.code}"

    @property
    def mission(self) -> Mission:
        return self.report.mission

    @property
    def marking(self) -> int:
        return self.report.marking


class Figure(models.Model):
    """A number in a report with its question, so that it can be asked again and clicked.

    `question` holds measure, filters and period; `answer` is the value at `asked_at`, `previous` the one before it.
    """

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="figures")
    code = models.CharField(_("figure"), max_length=8)
    label = models.CharField(_("question"), max_length=200)
    question = models.JSONField(encoder=DjangoJSONEncoder)
    answer = models.BigIntegerField(_("value"), null=True)
    previous = models.BigIntegerField(_("value before"), null=True)
    asked_at = models.DateTimeField(_("as of"))
    verified_only = models.BooleanField(_("verified only"), default=False)
    marking = models.IntegerField(choices=Marking, default=Marking.CONFIDENTIAL)

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        ordering = ("code",)
        constraints = [models.UniqueConstraint(fields=("report", "code"), name="figure_code_once_per_report")]

    def __str__(self) -> str:
        return f"{self.code}: {self.label}"


class ReportFile(models.Model):
    """A rendered file of a report, kept with its SHA-256 and never overwritten."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="files")
    content_sha256 = models.CharField(_("fingerprint of the content"), max_length=64)
    sha256 = models.CharField(_("fingerprint of the file"), max_length=64)
    file = models.FileField(_("file"), upload_to="reports/%Y/", max_length=200)
    pages = models.PositiveSmallIntegerField(_("pages"))
    bytes = models.PositiveIntegerField(_("bytes"))
    marking = models.IntegerField(choices=Marking, default=Marking.CONFIDENTIAL)
    is_archived = models.BooleanField(_("archived as approved"), default=False)
    rendered_at = models.DateTimeField(_("made"))
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("file of a report")
        verbose_name_plural = _("files of reports")
        ordering = ("-rendered_at",)
        constraints = [
            models.UniqueConstraint(fields=("report", "content_sha256"), name="report_file_once_per_content")
        ]

    def __str__(self) -> str:
        return f"{self.report}: {self.pages} pages"
