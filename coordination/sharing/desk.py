"""What other pages tell of contacts and sharing: the desk, an office's page, a threat's page, the audit trail."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.models import Contact, Share, SharingAgreement
from coordination.sharing import (
    rules,
    tasks,  # noqa: F401  registers the kind of job
)
from coordination.sharing.services import block_of
from coordination.sharing.wording import block_words, review_words
from pocweb import clock
from pocweb.choices import Verb
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.fieldlist import for_people
from pocweb.models import Office
from pocweb.office_facts import OfficeFact, register_facts
from pocweb.permissions import scope_q
from pocweb.together import Part
from pocweb.trail import register_record, register_verbs
from threats import threat_panels
from threats.models import Threat
from threats.threat_panels import ThreatLine

MOST, MOST_READ = 5, 200


def ask_contacts(visit: Visit) -> Part | None:
    """Ask for the contacts that the person may change whose check is due."""
    if not visit.user.has_perm("coordination.change_contact"):
        return None
    rows = Contact.objects.filter(scope_q(visit.user, "contact", verb=Verb.EDIT), mission=visit.mission, is_active=True)
    rows = rows.filter(reviewed_on__lt=rules.soon_before(visit.today)).order_by("reviewed_on", "number")
    return Part(rows, ("name", "organization", "reviewed_on", "office__name"), MOST_READ)


def contacts_to_check(visit: Visit) -> Content | None:
    """Return the contacts that the person may change whose check is due; None where there is none to do."""
    found = visit.rows_of(ask_contacts)
    if not found:
        return None
    bound = rules.overdue_before(visit.today)
    late = sum(one.reviewed_on < bound for one in found)
    words = ngettext("%(n)d contact is past its check", "%(n)d contacts are past their check", late) % {"n": late}
    return Content(
        items=tuple(_item(one, visit) for one in found[:MOST]),
        more_url=reverse("coordination:contact-list") + "?review=soon",
        more_label=_("All contacts to check"),
        waiting=((late, words),),
    )


def _item(contact: Contact, visit: Visit) -> Item:
    tone, state = review_words(contact, visit.today)
    return Item(
        text=contact.name,
        url=reverse("coordination:contact-detail", args=[contact.pk]),
        tone=tone,
        state=state,
        note=f"{contact.organization}, {contact.office}",
        act=_("Checked today"),
        act_url=reverse("coordination:contact-check", args=[contact.pk]),
        is_post=True,
    )


def contacts_of(user: Any, office: Office) -> Iterator[OfficeFact]:
    """Yield how many contacts an office's list holds, those below it included, and how many are past their check."""
    if not user.has_perm("coordination.view_contact"):
        return
    rows = Contact.objects.visible_to(user).filter(mission=office.mission_id, is_active=True)
    checked = rows.filter(office__path__startswith=office.path).values_list("reviewed_on", flat=True)
    bound = rules.overdue_before(clock.today(office.mission))
    days = list(checked)
    url = f"{reverse('coordination:contact-list')}?office={office.code}"
    yield OfficeFact(_("Contacts"), len(days), url)
    late = sum(day < bound for day in days)
    yield OfficeFact(_("past their six-month check"), late, f"{url}&review=overdue", is_part=True)


def sharing_of(user: Any, threat: Threat) -> tuple[ThreatLine, ...] | None:
    """Return how a threat stands for host authorities, and with whom it was shared; None without the right."""
    if not user.has_perm("coordination.view_agreement", threat):
        return None
    tone, words = block_words(block_of(threat))
    lines = [ThreatLine(words, reverse("coordination:share-block", args=[threat.pk]), tone)]
    shares = Share.objects.visible_to(user).filter(threats=threat).select_related("agreement")
    for share in shares[:MOST]:
        said = {"who": share.recipient, "day": for_people(share.shared_at.date()), "ref": share.agreement.ref}
        text = _("Shared with %(who)s on %(day)s under %(ref)s") % said
        lines.append(ThreatLine(text, reverse("coordination:share-detail", args=[share.pk])))
    return tuple(lines)


def register() -> None:
    """Called once, when the app is ready."""
    register_panel(62, gettext_lazy("Contacts to check"), contacts_to_check, ask_contacts)
    register_facts(60, contacts_of)
    threat_panels.register_panel(60, gettext_lazy("Sharing"), sharing_of)
    register_record(Contact, lambda one: reverse("coordination:contact-detail", args=[one.pk]))
    register_record(SharingAgreement, lambda one: reverse("coordination:agreement-detail", args=[one.pk]))
    register_record(Share, lambda one: reverse("coordination:share-detail", args=[one.pk]))
    register_verbs(
        {
            "checked": gettext_lazy("checked"),
            "retired": gettext_lazy("took off the list"),
            "restored": gettext_lazy("brought back to the list"),
            "shared": gettext_lazy("recorded the share"),
            "handed over the contacts of": gettext_lazy("handed over the contacts of"),
            "blocked sharing of": gettext_lazy("blocked it"),
            "lifted the block on": gettext_lazy("lifted the block"),
        }
    )
