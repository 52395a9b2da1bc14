"""One row of the matrix, frozen, in plain values that survive JSON and come back equal."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Self

from threats.rules.gaps import Gap


@dataclass(frozen=True, slots=True)
class RowArea:
    """A p-coded place of a threat."""

    pcode: str
    name: str


@dataclass(frozen=True, slots=True)
class RowGroup:
    """A group of civilians at risk. `number` is None where nobody knows it. Source: POC Handbook 2020, 8.2.2."""

    group: str
    number: int | None
    exposure: str
    vulnerability: int | None
    vulnerability_label: str
    reason: str
    area: str


@dataclass(frozen=True, slots=True)
class RowProtectionActor:
    """Another protection actor with the seven variables. Source: POC Handbook 2020, 8.2.3."""

    name: str
    kind: str
    role: str
    presence: str
    capability: str
    acceptance: str
    constraint: str
    potential_harm: str
    willingness: str
    coordination: str


@dataclass(frozen=True, slots=True)
class RowActivity:
    """An activity in answer to the threat. `status` and `tier` are codes, the labels stand beside them."""

    pk: int
    ref: str
    title: str
    tier: int
    tier_label: str
    phases: tuple[str, ...]
    status: str
    status_label: str
    due_on: date | None
    component: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One threat as the matrix shows it. Source of the ten columns: POC Handbook 2020, 8.3.

    `marking` is the highest of the threat and of the activities shown. Labels are in the language of the moment in
    which the row was built. `likelihood_steps` is the number of steps of likelihood in the scheme, `expected_risk` the
    level expected after the response. Unknown is None, and empty text where nothing has been written.
    """

    pk: int
    ref: str
    version: int
    office_code: str
    office_name: str
    title: str
    status: str
    status_label: str
    priority: int | None
    priority_label: str
    risk: int | None
    risk_label: str
    likelihood: int | None
    likelihood_label: str
    likelihood_steps: int | None
    impact: int | None
    impact_label: str
    scheme_name: str
    scheme_version: int | None
    trend: str
    trend_label: str
    confidence: int | None
    confidence_label: str
    expected_risk: int | None
    expected_risk_label: str
    previous_risk: int | None
    previous_risk_label: str
    imminent: bool
    imminent_since: datetime | None
    near_mission_presence: bool
    marking: int
    areas: tuple[RowArea, ...]
    location: str
    violence_types: tuple[str, ...]
    scale: str
    groups: tuple[RowGroup, ...]
    civilians: str
    actors: tuple[str, ...]
    actor_codes: tuple[str, ...] = ()
    source_kinds: tuple[str, ...]
    perpetrators: str
    protection_actors: tuple[RowProtectionActor, ...]
    other_actors: str
    capacity: str
    capacity_in_reach: bool | None
    response: str
    response_activities: tuple[RowActivity, ...]
    action: str
    action_activities: tuple[RowActivity, ...]
    objective: str
    lead: str
    components: tuple[str, ...]
    horizon_on: date | None
    review_on: date | None
    assessed_on: date | None
    gaps: tuple[Gap, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the row in values of JSON: dates and moments as ISO 8601 text, tuples as lists."""
        return _plain(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the row that `as_dict` was made from; fields that an older snapshot lacks come back empty."""
        values = {name: data.get(name, _EMPTY.get(name)) for name in (one.name for one in fields(cls))}
        for name, kind in _NESTED.items():
            values[name] = tuple(_nested(kind, item) for item in values[name] or ())
        for name in _TUPLES:
            values[name] = tuple(values[name] or ())
        for name in _DATES:
            values[name] = date.fromisoformat(values[name]) if values[name] else None
        since = values["imminent_since"]
        values["imminent_since"] = datetime.fromisoformat(since) if since else None
        return cls(**values)


_NESTED: dict[str, type] = {
    "areas": RowArea,
    "groups": RowGroup,
    "protection_actors": RowProtectionActor,
    "response_activities": RowActivity,
    "action_activities": RowActivity,
    "gaps": Gap,
}
_TUPLES = ("violence_types", "actors", "actor_codes", "source_kinds", "components")
_DATES = ("horizon_on", "review_on", "assessed_on")
_EMPTY: dict[str, Any] = {one.name: "" for one in fields(MatrixRow) if one.type in (str, "str")} | {
    "imminent": False,
    "near_mission_presence": False,
}


def _nested(kind: type, item: Mapping[str, Any]) -> Any:
    values = dict(item)
    if kind is RowActivity:
        values["phases"] = tuple(values["phases"])
        values["due_on"] = date.fromisoformat(values["due_on"]) if values["due_on"] else None
    return kind(**values)


def _to_json(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return [_to_json(item) for item in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return _plain(value) if kind in _NAMES else value


def _plain(value: Any) -> dict[str, Any]:
    return {name: _to_json(getattr(value, name)) for name in _NAMES[type(value)]}


_PLAIN = frozenset((str, int, bool, type(None)))
_NAMES = {kind: tuple(one.name for one in fields(kind)) for kind in (MatrixRow, *_NESTED.values())}
