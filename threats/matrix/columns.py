"""The ten columns of the Handbook's matrix, each with the text that page, sheets and PDF show alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from pocweb.fieldlist import for_people
from pocweb.wording import gettext as _
from threats.matrix.row import MatrixRow, RowActivity


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `text(row)` is what people read, `fields` are the threat's fields that a cell edit opens."""

    key: str
    label: str | Promise
    text: Callable[[MatrixRow], str]
    fields: tuple[str, ...] = ()


def unknown() -> str:
    """Return the words for what nobody has written: unknown is never left blank."""
    return _("not recorded")


def sentences(*parts: str) -> str:
    """Join the parts that are there with a full stop between them."""
    return ". ".join(part.rstrip(". \n") if part is not parts[-1] else part for part in parts if part)


def _join(items: Iterable[str], empty: str = "") -> str:
    return ", ".join(item for item in items if item) or empty


def priority_text(row: MatrixRow) -> str:
    return f"{row.priority} {row.priority_label}" if row.priority else _("Not rated")


def rating_text(row: MatrixRow) -> str:
    """Return likelihood by impact in the scheme's words, empty without a rating."""
    return f"{row.likelihood_label} × {row.impact_label}".lower() if row.likelihood else ""


def risk_text(row: MatrixRow) -> str:
    if not row.risk:
        return _("Not rated")
    return f"{row.risk_label} ({rating_text(row)}), {row.trend_label}"


def area_text(row: MatrixRow) -> str:
    """Return the names of the areas that the exact place does not name already."""
    return _join(area.name for area in row.areas if area.name not in row.location)


def location_text(row: MatrixRow) -> str:
    return _join((row.location, area_text(row)), unknown())


def violence_text(row: MatrixRow) -> str:
    """Return the forms of violence as one phrase: only the first word keeps its capital letter."""
    return _join(name if index == 0 else name[:1].lower() + name[1:] for index, name in enumerate(row.violence_types))


def threat_text(row: MatrixRow) -> str:
    return sentences(violence_text(row), row.scale) or unknown()


def groups_text(row: MatrixRow) -> str:
    """Return the groups at risk with their estimated numbers, "number unknown" where nobody knows it."""
    parts = []
    for one in row.groups:
        number = for_people(one.number) if one.number is not None else _("number unknown")
        parts.append(f"{one.group} ({number})")
    return _join(parts)


def civilians_text(row: MatrixRow) -> str:
    return sentences(row.civilians, groups_text(row)) or unknown()


def source_text(row: MatrixRow) -> str:
    return sentences(_join(row.actors), row.perpetrators) or unknown()


def protection_text(row: MatrixRow) -> str:
    return _join(f"{one.name} ({one.role})" if one.role else one.name for one in row.protection_actors)


def others_text(row: MatrixRow) -> str:
    return sentences(row.other_actors, protection_text(row)) or unknown()


def capacity_text(row: MatrixRow) -> str:
    return sentences(row.capacity, _("None in reach") if row.capacity_in_reach is False else "") or unknown()


def activity_text(one: RowActivity) -> str:
    """Return an activity as `A-126 Night patrols`, with its deadline while it is open."""
    if one.due_on and one.status in ("planned", "ongoing"):
        return _("%(what)s, due %(day)s") % {"what": f"{one.ref} {one.title}", "day": for_people(one.due_on)}
    return f"{one.ref} {one.title}"


def response_text(row: MatrixRow) -> str:
    return sentences(row.response, "; ".join(activity_text(one) for one in row.response_activities)) or unknown()


def action_text(row: MatrixRow) -> str:
    return sentences(row.action, "; ".join(activity_text(one) for one in row.action_activities)) or unknown()


# Source: POC Handbook 2020, 8.3, template of the matrix.
COLUMNS: tuple[Column, ...] = (
    Column("priority", gettext_lazy("Priority"), priority_text),
    Column("risk", gettext_lazy("Risk"), risk_text),
    Column("location", gettext_lazy("Location"), location_text, ("location", "areas")),
    Column("threat", gettext_lazy("Threat and scale"), threat_text, ("scale", "violence_types")),
    Column("civilians", gettext_lazy("Civilians at risk"), civilians_text, ("civilians", "groups")),
    Column("source", gettext_lazy("Source of violence"), source_text, ("actors", "perpetrators")),
    Column("others", gettext_lazy("Other actors, role"), others_text, ("other_actors", "protection_actors")),
    Column("capacity", gettext_lazy("Mission capacity"), capacity_text, ("capacity", "capacity_in_reach")),
    Column("response", gettext_lazy("Response to date"), response_text, ("response",)),
    Column("action", gettext_lazy("Action required"), action_text, ("action",)),
)


def cell_texts(row: MatrixRow) -> dict[str, str]:
    """Return the ten cells of a row as people read them, by key of the column."""
    return {column.key: column.text(row) for column in COLUMNS}
