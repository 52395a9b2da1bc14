"""Contacts of an area, and sharing with others: agreements, blocks, what was shared with whom."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from coordination.choices import PartnerKind
from coordination.querysets import AgreementQuerySet, ContactQuerySet, ShareQuerySet
from pocweb.choices import Marking
from pocweb.models import Mission, MissionRecord
from threats.models import Threat


class Contact(MissionRecord):
    """A functional contact of an area's list: a post with its lines, not a source. Source: Annex V, step 1 (EW-17)."""

    KIND = "contact"
    LETTER = "N"

    name = models.CharField(_("name or function"), max_length=120)
    organization = models.CharField(_("organization"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=PartnerKind)
    phone = models.CharField(_("telephone, radio"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    languages = models.CharField(_("languages"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    reviewed_on = models.DateField(_("last checked"))

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("organization", "name")
        constraints = [models.UniqueConstraint(fields=("mission", "number"), name="contact_number_once_per_mission")]

    def __str__(self) -> str:
        return f"{self.name}, {self.organization}"


class SharingAgreement(MissionRecord):
    """What may be shared with a partner, for which use, how and until when. Source: POC Handbook 2020, 6.2 (CO-08)."""

    KIND = "agreement"
    LETTER = "G"

    partner = models.CharField(_("partner"), max_length=120)
    kind = models.CharField(_("kind of partner"), max_length=12, choices=PartnerKind)
    what = models.TextField(_("what is shared"))
    use = models.TextField(_("for which use"))
    how = models.TextField(_("who shares, how and when"))
    storage = models.TextField(_("how it is collected and kept"), blank=True)
    highest_marking = models.IntegerField(_("shares up to"))
    individual_cases = models.BooleanField(_("covers cases of individuals, with their consent"), default=False)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid until"), null=True, blank=True)
    ended_reason = models.TextField(_("why it ended"), blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("sharing agreement")
        verbose_name_plural = _("sharing agreements")
        ordering = ("partner", "-valid_from")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="agreement_number_once_per_mission"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="agreement_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.partner}"

    @property
    def highest_marking_label(self) -> str:
        """The words of the marking that it covers."""
        return str(Marking(self.highest_marking).label)


class Share(MissionRecord):
    """One act of sharing: what, to whom, under which agreement, by whom. Never rewritten. Source: CO-08."""

    KIND = "agreement"
    LETTER = "H"

    agreement = models.ForeignKey(SharingAgreement, on_delete=models.PROTECT, related_name="shares")
    threats = models.ManyToManyField(Threat, related_name="shares", blank=True)
    what = models.TextField(_("what was shared"))
    recipient = models.CharField(_("to whom"), max_length=160)
    how = models.CharField(_("how"), max_length=120, blank=True)
    has_individuals = models.BooleanField(_("tells of individuals"), default=False)
    consent = models.TextField(_("consent: given when, for what"), blank=True)
    shared_at = models.DateTimeField(_("shared"))

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        ordering = ("-shared_at", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="share_number_once_per_mission"),
            models.CheckConstraint(condition=Q(has_individuals=False) | ~Q(consent=""), name="share_needs_consent"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.recipient}"


class ContactShare(models.Model):
    """That an office's contact list was handed to somebody, on a day. Source: Annex V, step 1 (EW-17)."""

    office = models.ForeignKey("pocweb.Office", on_delete=models.PROTECT, related_name="contact_shares")
    recipient = models.CharField(_("to whom"), max_length=160)
    contacts = models.PositiveSmallIntegerField(_("contacts on it"))
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    shared_at = models.DateTimeField(_("shared"))
    shared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("handing over of a contact list")
        verbose_name_plural = _("handings over of contact lists")
        ordering = ("-shared_at",)

    def __str__(self) -> str:
        return f"{self.office}: {self.recipient}"

    @property
    def mission(self) -> Mission:
        """The mission in whose audit trail the handing over stands."""
        return self.office.mission


class ShareBlock(models.Model):
    """That a threat may not be shared with host authorities, until a named senior person lifts the block.

    A threat of a State actor is blocked from the start, without a row. A row keeps the latest decision of a person;
    `covers` are the keys of the State actors that the lifting was decided for, so that one who is added later blocks
    again. Source: POC Handbook 2020, 6.3; the block is ours (CO-09).
    """

    threat = models.OneToOneField(Threat, on_delete=models.CASCADE, related_name="share_block")
    is_blocked = models.BooleanField(_("blocked"), default=True)
    covers = models.JSONField(_("State actors that the lifting was decided for"), default=list, blank=True)
    reason = models.TextField(_("reason"))
    decided_at = models.DateTimeField(_("decided"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = _("block on sharing with host authorities")
        verbose_name_plural = _("blocks on sharing with host authorities")

    def __str__(self) -> str:
        return f"{self.threat.ref} {self.is_blocked}"

    @property
    def mission(self) -> Mission:
        """The mission in whose audit trail the decision stands."""
        return self.threat.mission

    @property
    def ref(self) -> str:
        return self.threat.ref

    @property
    def marking(self) -> int:
        return self.threat.marking
