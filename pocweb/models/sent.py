"""Forms that were sent and done, so that the same form sent again is not done again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SentForm(models.Model):
    """One form with its content as a person sent it, and where its answer led; empty while it is done or refused."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, help_text=_("Fingerprint of address, token and content."))
    url = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("form sent")
        verbose_name_plural = _("forms sent")
        constraints = [models.UniqueConstraint(fields=("person", "digest"), name="sent_form_once")]

    def __str__(self) -> str:
        return f"{self.person} {self.at:%Y-%m-%d %H:%M} {self.url}"
