"""Judgments on alert networks, keys and impact assessments."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from coordination.communities import rules_networks as rules
from coordination.communities import rules_pcia
from coordination.communities.choices import NetworkState as S
from coordination.communities.rules_networks import Setup, Watch
from pocweb.errors import RuleError

TODAY = date(2020, 12, 31)
FULL = Setup(1, ("mobile",), "Two handsets", "Raids", "One hour", "Military", "Not at night")


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        (S.AT_RISK, ["choose", "close"]),
        (S.FOCAL_POINT, ["connect", "close"]),
        (S.CHANNEL, ["agree", "close"]),
        (S.EXPECTATIONS, ["activate", "close"]),
        (S.ACTIVE, ["lapse", "close"]),
        (S.LAPSED, ["revive", "close"]),
        (S.CLOSED, []),
    ],
)
def test_moves_follow_the_handbook(state: str, acts: list[str]) -> None:
    """CM-01. Source: POC Handbook 2020, 9.2; lapse, revival and closing are ours."""
    assert [move.act for move in rules.moves_from(state)] == acts
    with pytest.raises(RuleError):
        rules.move_for("no-such-act", state=state)


@pytest.mark.parametrize(
    ("state", "changed", "fields"),
    [
        (S.AT_RISK, {"consenting": 0, "channels": (), "limits": ""}, []),
        (S.FOCAL_POINT, {"consenting": 0, "channels": ()}, ["focal_point"]),
        (S.CHANNEL, {"channels": ()}, ["channels"]),
        (S.CHANNEL, {"equipment": " "}, ["equipment"]),
        (S.CHANNEL, {"channels": ("whistle", "bicycle"), "equipment": ""}, []),
        (S.EXPECTATIONS, {"threat_types": "", "limits": " "}, ["threat_types", "limits"]),
        (S.ACTIVE, {"response_time": "", "responder": ""}, ["response_time", "responder"]),
        (S.ACTIVE, {"consenting": 0}, ["focal_point"]),
        (S.ACTIVE, {}, []),
        (S.LAPSED, {"consenting": 0, "channels": ()}, []),
    ],
)
def test_state_asks_for_its_parts(state: str, changed: dict[str, Any], fields: list[str]) -> None:
    """CM-03: active only with threat types, response time, police or military, limits. POC Handbook 2020, 9.2."""
    assert [one.field for one in rules.lacking_for(state, replace(FULL, **changed))] == fields


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("fp-ippy-2", "FP-IPPY-2"),
        (" CLA7 ", "CLA7"),
        ("K-2020-12", "K-2020-12"),
        ("Marie Ngaya", None),
        ("MARIE", None),
        ("Marie 2", None),
        ("72031145", None),
        ("FP-72031", None),
        ("T-7203-1145", None),
        ("", None),
    ],
)
def test_key_is_no_name_and_no_number(key: str, kept: str | None) -> None:
    """CM-01: a pseudonym key. Source: POC Handbook 2020, 10.2; the pattern is ours."""
    if kept is None:
        with pytest.raises(RuleError, match="Never a name or a telephone"):
            rules.check_key(key)
    else:
        assert rules.check_key(key) == kept


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"contacted_on": date(2020, 12, 17)}, []),
        ({"contacted_on": date(2020, 12, 16)}, ["silent"]),
        ({"contacted_on": None}, ["silent"]),
        ({"contacted_on": None, "set_up_on": date(2020, 12, 20)}, []),
        ({"checked_on": date(2020, 10, 2)}, []),
        ({"checked_on": date(2020, 10, 1)}, ["unchecked"]),
        ({"checked_on": None}, ["unchecked"]),
        ({"checked_on": None, "is_technical": False}, []),
        ({"consenting": 0, "contacted_on": None, "checked_on": None}, ["nobody", "silent", "unchecked"]),
    ],
)
def test_network_is_amber_when_silent_unchecked_or_without_focal_point(
    changed: dict[str, Any], codes: list[str]
) -> None:
    """CM-01: a network exactly at the limit is in time; days count from its activation where nothing came later."""
    watch = replace(Watch(date(2020, 6, 1), date(2020, 12, 30), date(2020, 12, 1), True, 1), **changed)
    assert [code for code, _said in rules.concerns_of(watch, contact_days=14, equipment_days=90, today=TODAY)] == codes


@pytest.mark.parametrize(
    ("members", "women", "expected"),
    [(10, 3, (30, True)), (100, 29, (29, False)), (10, None, (None, None)), (0, 0, (None, None)), (7, 7, (100, True))],
)
def test_share_of_women_against_the_line_of_3_2_2(members: int, women: int | None, expected: Any) -> None:
    """EW-16, indicator 3.2.2: at least 30 per cent active women. Source: POC Handbook 2020, Annex III."""
    assert (rules.women_percent(members, women), rules.reaches_line(members, women)) == expected


@pytest.mark.parametrize(
    ("today", "is_done", "standing"),
    [
        (date(2020, 5, 15), False, "coming"),
        (date(2020, 5, 16), False, "soon"),
        (date(2020, 6, 15), False, "soon"),
        (date(2020, 6, 16), False, "overdue"),
        (date(2020, 6, 16), True, "done"),
    ],
)
def test_assessment_is_due_on_15_june(today: date, is_done: bool, standing: str) -> None:
    """EW-18. Source: POC Handbook 2020, Annex V, para. 8.1."""
    due_on = rules_pcia.default_due(2020)
    assert due_on == date(2020, 6, 15)
    assert rules_pcia.standing(due_on=due_on, is_done=is_done, today=today).value == standing


@pytest.mark.parametrize("missing", rules_pcia.PARTS)
def test_assessment_has_three_required_parts(missing: str) -> None:
    """EW-18. Source: POC Handbook 2020, Annex V, para. 8.2."""
    parts = dict.fromkeys(rules_pcia.PARTS, "Text")
    rules_pcia.check_complete(parts)
    with pytest.raises(RuleError) as refused:
        rules_pcia.check_complete(parts | {missing: " "})
    assert refused.value.field == missing
