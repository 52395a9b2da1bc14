"""The form that brings a sheet of the matrix back."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.errors import RuleError
from threats.offline.reading import MAX_BYTES

LIMIT = {"limit": MAX_BYTES // 1024 // 1024}


class SheetForm(forms.Form):
    """An XLSX file that was taken out of the matrix and edited."""

    file = forms.FileField(
        label=gettext_lazy("The edited sheet"),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["file"]
        field.help_text = _("XLSX, at most %(limit)s MB. You see every change before it is stored.") % LIMIT
        field.widget.attrs |= {
            "accept": ".xlsx",
            "data-max-bytes": str(MAX_BYTES),
            "data-too-large": _("The file is larger than %(limit)s MB.") % LIMIT,
        }

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than %(limit)s MB.") % LIMIT)
        return file

    def refuse(self, error: RuleError) -> None:
        """Show the refusal of a service at its field."""
        self.add_error(error.field if error.field in self.fields else None, error.message)
