"""Where a mission departs from the shipped permission table."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Role
from pocweb.models.mission import Mission


class RoleGrant(models.Model):
    """One cell of the permission table that a mission has set otherwise than the shipped default."""

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=4, choices=Role)
    kind = models.CharField(_("object"), max_length=40)
    letter = models.CharField(_("letter"), max_length=1, blank=True)

    class Meta:
        verbose_name = _("local permission")
        verbose_name_plural = _("local permissions")
        constraints = [models.UniqueConstraint(fields=("mission", "role", "kind"), name="role_grant_once")]

    def __str__(self) -> str:
        return f"{self.mission}: {self.role} {self.kind} {self.letter}"
