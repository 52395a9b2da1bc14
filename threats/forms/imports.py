"""The form that uploads a file of incidents."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pocweb.errors import RuleError
from threats.imports import LAYOUTS
from threats.services.import_files import limit_words

LAYOUT_CHOICES = [
    ("", _("Recognise it from the columns")),
    *((code, layout.name if code != "pocweb" else _("pocweb template")) for code, layout in LAYOUTS.items()),
]


class ImportForm(forms.Form):
    """A file and, where it is not to be recognised, its layout."""

    file = forms.FileField(
        label=_("File"), error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")}
    )
    layout = forms.ChoiceField(label=_("Layout"), choices=LAYOUT_CHOICES, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field, limit = self.fields["file"], {"limit": limit_words()}
        field.help_text = _("CSV in UTF-8, or XLSX. At most %(limit)s; split larger files by year.") % limit
        field.widget.attrs |= {
            "accept": ".csv,.tsv,.txt,.xlsx",
            "data-max-bytes": str(settings.IMPORT_MAX_BYTES),
            "data-too-large": _("The file is larger than %(limit)s. Split it by year.") % limit,
        }

    def refuse(self, error: RuleError) -> None:
        """Show the refusal of a service at its field."""
        field = error.field if error.field in self.fields else None
        self.errors.pop(field or "__all__", None)
        self.add_error(field, error.message)
