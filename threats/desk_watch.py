"""What of the trigger calendar waits on a person's desk, and what the trail tells of the atrocity watch."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.together import Part
from pocweb.trail import register_record, register_verbs
from threats.models import FactorReading, FactorWatch, TriggerEvent
from threats.triggers import Entry, entries_for

MOST = 6


def ask_areas(visit: Visit) -> Part | None:
    """Ask for the areas that the person's office answers for."""
    if visit.user.office is None or not visit.user.has_perm("threats.view_watch"):
        return None
    return Part(visit.user.office.areas.order_by("path"), ("path",))


def coming_triggers(visit: Visit) -> Content | None:
    """Return the events whose watch has begun, and those over without a word on their effect. Three queries."""
    if not visit.user.has_perm("threats.view_watch"):
        return None
    paths = [area.path for area in visit.rows_of(ask_areas)]
    found = entries_for(visit.user, visit.mission, today=visit.today, paths=paths)
    may_write = visit.user.has_perm("threats.change_trigger")
    watched = [one for one in found if one.is_on]
    to_write = [one for one in found if one.is_prompted] if may_write else []
    mine = sum(one.trigger.action_owner_id == visit.user.pk for one in watched)
    words = ngettext("%(n)s trigger that you act on is near", "%(n)s triggers that you act on are near", mine)
    items = [_watched(one, visit) for one in watched[:MOST]] + [_to_write(one) for one in to_write[:MOST]]
    return Content(
        items=tuple(items),
        empty=_("No event of the calendar is being watched today."),
        more_url=reverse("threats:trigger-list"),
        more_label=_("The trigger calendar"),
        waiting=((mine, words % {"n": mine}),),
    )


def _watched(one: Entry, visit: Visit) -> Item:
    note = f"{one.days}, {one.place}."
    if one.trigger.action_owner_id == visit.user.pk and one.trigger.planned_action:
        note += " " + _("You act: %(plan)s") % {"plan": one.trigger.planned_action}
    url = reverse("threats:trigger-detail", args=[one.trigger.pk])
    return Item(text=str(one.trigger), url=url, tone=one.tone, state=one.words, note=note)


def _to_write(one: Entry) -> Item:
    url = reverse("threats:trigger-effect", args=[one.trigger.pk])
    return Item(
        text=str(one.trigger),
        url=reverse("threats:trigger-detail", args=[one.trigger.pk]),
        tone="warn",
        state=_("over"),
        note=_("Write down what it did this time, so that next year's watch knows."),
        act=_("Write down the effect"),
        act_url=url,
    )


def register() -> None:
    """Add the panel, the records of the trail and the words of their acts."""
    register_panel(45, gettext_lazy("Coming triggers"), coming_triggers, ask_areas)
    register_record(
        FactorWatch,
        lambda watch: reverse("threats:factor-detail", args=[watch.factor.number]),
        needs=("factor__number",),
    )
    register_record(
        FactorReading,
        lambda one: reverse("threats:factor-detail", args=[one.watch.factor.number]),
        needs=("watch__factor__number",),
    )
    register_record(TriggerEvent, lambda trigger: reverse("threats:trigger-detail", args=[trigger.pk]))
    register_verbs(
        {
            "set the baseline": gettext_lazy("set the baseline"),
            "set the baseline anew": gettext_lazy("set the baseline anew"),
            "added a reading": gettext_lazy("added a reading"),
            "recorded the effect": gettext_lazy("wrote down the effect"),
            "called off": gettext_lazy("called off"),
            "put back": gettext_lazy("put back"),
        }
    )
