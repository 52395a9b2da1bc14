"""Editions of an office's POC Threat Matrix: what people endorse, approve and keep."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Role
from pocweb.frozen import FrozenJSONField
from pocweb.models import MissionRecord
from threats.choices import ApprovalSlot, EditionState
from threats.querysets import EditionQuerySet


class MatrixEdition(MissionRecord):
    """One edition of an office's matrix. `number` counts per office.

    The rows are frozen when the forum endorses: what is approved is byte for byte what was endorsed, and its SHA-256
    is on every approval. Source: POC Handbook 2020, 8.3.
    """

    KIND = "edition"
    LETTER = "E"

    state = models.CharField(_("state"), max_length=12, choices=EditionState, default=EditionState.DRAFT)
    starts_on = models.DateField(_("covers from"), null=True, blank=True)
    horizon_on = models.DateField(_("horizon"), null=True, blank=True)
    carried_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="carried_to", null=True, blank=True, editable=False
    )
    snapshot = FrozenJSONField(null=True, encoder=DjangoJSONEncoder, editable=False)
    sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)
    frozen_at = models.DateTimeField(_("frozen"), null=True, editable=False)
    consulted_at = models.DateTimeField(_("consultation opened"), null=True, editable=False)
    endorsed_at = models.DateTimeField(_("endorsed"), null=True, editable=False)
    endorsed_by = models.CharField(_("endorsed by"), max_length=120, blank=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    in_force_at = models.DateTimeField(_("in force from"), null=True, editable=False)
    superseded_at = models.DateTimeField(_("superseded"), null=True, editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("matrix edition")
        verbose_name_plural = _("matrix editions")
        ordering = ("office", "-number")
        constraints = [
            models.UniqueConstraint(fields=("office", "number"), name="edition_number_once_per_office"),
            models.UniqueConstraint(
                fields=("office",), condition=Q(state="in_force"), name="edition_one_in_force_per_office"
            ),
            models.UniqueConstraint(
                fields=("office",),
                condition=Q(state__in=("draft", "consultation", "endorsed", "approved")),
                name="edition_one_open_per_office",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "consultation")) | ~Q(sha256=""), name="edition_frozen_when_endorsed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office} edition {self.number}"

    @property
    def ref(self) -> str:
        return f"{self.office.code}-{self.number}"


class EditionApproval(models.Model):
    """One approval of one edition, for one of the three heads; once per slot."""

    edition = models.ForeignKey(MatrixEdition, on_delete=models.CASCADE, related_name="approvals")
    slot = models.CharField(_("as"), max_length=20, choices=ApprovalSlot)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=4, choices=Role)
    sha256 = models.CharField(_("fingerprint that was approved"), max_length=64)
    at = models.DateTimeField(_("when"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("approval of an edition")
        verbose_name_plural = _("approvals of editions")
        ordering = ("at",)
        constraints = [models.UniqueConstraint(fields=("edition", "slot"), name="edition_approval_once_per_slot")]

    def __str__(self) -> str:
        return f"{self.edition}: {self.get_slot_display()}"
