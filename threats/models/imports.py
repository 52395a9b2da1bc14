"""Imports of incidents: the file, what the check found, what came of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.models import Job, MissionRecord
from threats.choices import ImportState, Origin
from threats.querysets import ImportQuerySet


class ImportRun(MissionRecord):
    """One file of incidents on its way in: uploaded, checked, confirmed by a person, imported."""

    KIND = "import"
    LETTER = "IM"

    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", max_length=200)
    file_name = models.CharField(_("name of the file"), max_length=200)
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.PositiveBigIntegerField()
    layout = models.CharField(_("layout"), max_length=10, choices=Origin)
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    problem_count = models.PositiveIntegerField(_("remarks"), default=0)
    imported_through = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("The last row of the file that is stored; work taken up again goes on.")
    )
    places = models.JSONField(default=dict)
    preview = models.JSONField(default=list)
    error = models.TextField(_("what failed"), blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=("mission", "number"), name="import_number_once_per_mission")]

    def __str__(self) -> str:
        return f"{self.ref} {self.file_name}"


class ImportProblem(models.Model):
    """One cell that could not be read, or one place that a person must look at."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=80, blank=True)
    value = models.CharField(_("value"), max_length=200, blank=True)
    code = models.CharField(max_length=40)
    message = models.CharField(_("why"), max_length=300)
    rejects = models.BooleanField(_("row is left out"), default=True)

    class Meta:
        verbose_name = _("problem of an import")
        verbose_name_plural = _("problems of imports")
        ordering = ("row", "pk")

    def __str__(self) -> str:
        return f"Row {self.row}, {self.column}: {self.message}"
