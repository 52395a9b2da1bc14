"""A matrix that was edited offline in XLSX, on its way back in."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.models import MissionRecord
from threats.choices import OfflineState
from threats.querysets import MatrixImportQuerySet


def matrix_import_path(record: "MatrixImport", name: str) -> str:
    return f"matrix-imports/{record.mission.code}/{record.sha256[:16]}.xlsx"


class MatrixImport(MissionRecord):
    """A sheet that came back: the file, what its rows would change, and what a person chose. Source: TH-10.

    `preview` holds one line per row of the sheet (what changes, cell by cell, with faults and opposed values) as it
    stood when the sheet was checked; the guard compares again when it is confirmed. `result` says what was stored.
    """

    KIND = "threat"
    LETTER = "X"

    file = models.FileField(_("file"), upload_to=matrix_import_path)
    file_name = models.CharField(_("file name"), max_length=160)
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=OfflineState, default=OfflineState.CHECKED)
    preview = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    result = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)

    objects = MatrixImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet of a matrix")
        verbose_name_plural = _("sheets of matrices")
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=("mission", "number"), name="matrix_import_number_once")]

    def __str__(self) -> str:
        return f"{self.ref} {self.file_name}"
