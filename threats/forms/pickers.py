"""Choosing from hundreds: boxes to tick in headed groups, a search that works without script, codes shown."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.models import Area, Office
from threats.choices import SourceOfViolence
from threats.models import Actor, Threat
from threats.services.incident_places import STEP

FIND = "find"
"""What a search adds to the name of its field: `areas_find` holds the words."""
MOST_FOUND, SHORTEST = 24, 2
LEVELS = ("", "", "– ", "– – ")  # how far an area is set in below its prefecture


@dataclass(frozen=True, slots=True)
class Pick:
    """One box: the code that is stored, what people read, whether it is ticked, and a line below the label."""

    value: str
    label: str
    is_chosen: bool = False
    note: str = ""


@dataclass(slots=True)
class PickGroup:
    """Boxes under one heading, folded away where `is_open` is False."""

    heading: str
    picks: list[Pick] = field(default_factory=list)
    is_open: bool = False
    is_found: bool = False

    @property
    def summary(self) -> str:
        """Return the heading with the number of boxes and of those ticked."""
        chosen = sum(pick.is_chosen for pick in self.picks)
        words = {"heading": self.heading, "chosen": chosen, "all": len(self.picks)}
        return (_("%(heading)s: %(chosen)d of %(all)d chosen") if chosen else _("%(heading)s: %(all)d")) % words


Groups = Callable[[str, Collection[str]], list[PickGroup]]


class GroupedPicker(forms.Widget):
    """Boxes in groups with a search. `groups(words, chosen)` returns what to show; `action` is the form's address."""

    use_fieldset = True

    def __init__(self, groups: Groups, *, action: str = "", searched: str = "") -> None:
        super().__init__()
        self.groups, self.action, self.searched = groups, action, searched
        self.words = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        self.words = (data.get(f"{name}_{FIND}") or "").strip()
        values = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or []
        return [str(value) for value in ([values] if isinstance(values, str) else values)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        chosen = {str(one) for one in value or ()}
        groups = self.groups(self.words, chosen)
        context = {
            "name": name,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "groups": groups,
            "words": self.words,
            "action": self.action,
            "searched": self.searched,
            "too_short": 0 < len(self.words) < SHORTEST,
            "nothing": len(self.words) >= SHORTEST and not any(group.is_found for group in groups),
        }
        return render_to_string("threats/_picker.html", context)


class CodesField(forms.Field):
    """Several codes; `known(codes)` returns those that may be stored."""

    def __init__(self, known: Callable[[Collection[str]], Collection[str]], *, unknown: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.known, self.unknown = known, unknown

    def clean(self, value: Any) -> list[str]:
        """Return the codes in order. Raises `ValidationError` for none where one is needed, and for unknown ones."""
        codes = {str(one) for one in value or ()}
        if self.required and not codes:
            raise ValidationError(self.error_messages["required"], code="required")
        if codes and (missing := sorted(codes - set(self.known(codes)))):
            raise ValidationError(self.unknown % {"codes": ", ".join(missing)}, code="unknown")
        return sorted(codes)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(data or ())


class AreaSource:
    """The areas that a threat of an office may name: all in force, and what it names already.

    Those of the office stand first, in groups by prefecture; others are found by name or p-code. A threat may reach
    beyond the office's own areas, since armed groups and displaced people cross them (ours; the Handbook is silent).
    """

    def __init__(self, office: Office, threat: Threat | None = None) -> None:
        self.office = office
        self.day = clock.today(office.mission)
        self.held = threat.pk if threat is not None else None

    def allowed(self) -> Any:
        """Return the areas that may be stored, without their shapes."""
        rows: Any = Area.objects.defer("shape")
        where = Q(pk__in=Area.objects.valid_on(self.day).values("pk"))
        if self.held:
            where |= Q(pk__in=Threat.areas.through.objects.filter(threat=self.held).values("area"))
        return rows.filter(where)

    def known(self, codes: Collection[str]) -> set[str]:
        return set(self.allowed().filter(pcode__in=codes).values_list("pcode", flat=True))

    def own(self) -> list[tuple[str, str, int, str]]:
        """Return (p-code, name, level, tree path) of the office's areas and of all below; without any, of all."""
        paths = list(self.office.areas.values_list("path", flat=True))
        where = Q(pk__in=[]) if paths else Q()
        for path in paths:
            where |= Q(path__startswith=path)
        rows = Area.objects.valid_on(self.day).filter(where)
        return list(rows.order_by("path").values_list("pcode", "name", "level", "path"))

    def groups(self, words: str, chosen: Collection[str]) -> list[PickGroup]:
        """Return what was found, what is chosen elsewhere, then the office's own areas by prefecture."""
        found = self._found(words)
        hits = {pick.value for pick in found}
        shown = set(hits)
        own: list[PickGroup] = []
        names: dict[str, str] = {}
        for pcode, name, level, path in self.own():
            names[path] = name
            if level <= 1 or not own:
                own.append(PickGroup(f"{name} {pcode}"))
            shown.add(pcode)
            if pcode not in hits:
                above = names.get(path[:-STEP], "") if level > 2 else ""
                note = _("%(pcode)s, in %(above)s") % {"pcode": pcode, "above": above} if above else pcode
                own[-1].picks.append(Pick(pcode, name, pcode in chosen, note))
        for group in own:
            group.is_open = len(own) == 1 or any(pick.is_chosen for pick in group.picks)
        elsewhere = [Pick(pcode, text, True) for pcode, text in self._named(set(chosen) - shown)]
        groups = [PickGroup(_("Found"), [Pick(one.value, one.label, one.value in chosen) for one in found], True, True)]
        groups.append(PickGroup(_("Chosen outside the area of responsibility"), elsewhere, True))
        return [group for group in (*groups, *own) if group.picks]

    def choices(self, named: Collection[str]) -> list[Any]:
        """Return the office's areas as groups of a selection list, with those in `named` that lie elsewhere."""
        groups: list[tuple[str, list[tuple[str, str]]]] = []
        shown = set()
        for pcode, name, level, _path in self.own():
            if level <= 1 or not groups:
                groups.append((f"{name} {pcode}", []))
            groups[-1][1].append((pcode, _label(pcode, name, level)))
            shown.add(pcode)
        if elsewhere := [(pcode, text) for pcode, text in self._named(set(named) - shown)]:
            groups.insert(0, (_("Elsewhere"), elsewhere))
        return groups

    def _found(self, words: str) -> list[Pick]:
        if len(words) < SHORTEST:
            return []
        where = Q(name__icontains=words) | Q(pcode__istartswith=words)
        rows = Area.objects.valid_on(self.day).filter(where).order_by("level", "name")
        return [Pick(pcode, text) for pcode, text in _with_parents(rows[:MOST_FOUND])]

    def _named(self, codes: Collection[str]) -> Iterable[tuple[str, str]]:
        return _with_parents(self.allowed().filter(pcode__in=codes).order_by("name")) if codes else ()


def _label(pcode: str, name: str, level: int) -> str:
    return f"{LEVELS[min(level, 3)]}{name} ({pcode})"


def _with_parents(rows: Any) -> list[tuple[str, str]]:
    """Return (p-code, "Grimari, Ouaka (CF4301)") of areas, in one query more for their parents."""
    found = list(rows.values_list("pcode", "name", "level", "path"))
    above = dict(Area.objects.filter(path__in={path[:-STEP] for *_rest, path in found}).values_list("path", "name"))
    texts = []
    for pcode, name, level, path in found:
        parent = above.get(path[:-STEP], "") if level > 1 else ""
        texts.append((pcode, f"{name}, {parent} ({pcode})" if parent else f"{name} ({pcode})"))
    return texts


class ActorSource:
    """The perpetrator profiles that a person may name: those they see; those chosen stand first."""

    def __init__(self, office: Office, user: Any, threat: Threat | None = None) -> None:
        self.rows: Any = Actor.objects.visible_to(user).filter(mission=office.mission)
        self.threat = threat

    def known(self, codes: Collection[str]) -> set[str]:
        return set(self.rows.filter(code__in=codes).values_list("code", flat=True))

    def hidden(self) -> set[str]:
        """Return the codes of profiles that the threat cites and this person may not see: an edit keeps them."""
        if self.threat is None or not self.threat.pk:
            return set()
        return set(self.threat.actors.exclude(pk__in=self.rows.values("pk")).values_list("code", flat=True))

    def groups(self, words: str, chosen: Collection[str]) -> list[PickGroup]:
        """Return what was found, what is chosen, then the other profiles by source of violence."""
        found, picked = PickGroup(_("Found"), is_open=True, is_found=True), PickGroup(_("Chosen"), is_open=True)
        by_source: Mapping[str, PickGroup] = {str(one): PickGroup(str(one.label)) for one in SourceOfViolence}
        for code, name, short_name, source in self.rows.values_list("code", "name", "short_name", "source_of_violence"):
            pick = Pick(code, f"{short_name}, {name}" if short_name and short_name != name else name, code in chosen)
            if len(words) >= SHORTEST and words.casefold() in pick.label.casefold():
                found.picks.append(pick)
            elif pick.is_chosen:
                picked.picks.append(pick)
            else:
                by_source[source].picks.append(pick)
        return [group for group in (found, picked, *by_source.values()) if group.picks]
