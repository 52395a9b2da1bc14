"""The look: strict policy on styles and scripts, budgets in bytes, contrast, and what the shared components say."""

import gzip
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from pocweb import navigation
from pocweb.choices import Marking
from pocweb.models import Mission, Office, Person, Posting

TEMPLATES = settings.BASE_DIR / "templates"
STATIC = settings.BASE_DIR / "static"
PAGES = sorted(p for p in TEMPLATES.rglob("*.html") if "pdf" not in p.relative_to(TEMPLATES).parts)
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
CSS = (STATIC / "css" / "pocweb.css").read_text(encoding="utf-8")
INLINE = re.compile(
    r"""<style|\sstyle\s*=|<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*["']|javascript:|hx-on|hx-vals=["']js:"""
)
FOREIGN = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""")


class AlertForm(forms.Form):
    place = forms.CharField(label="Where", help_text="As exact as you can", error_messages={"required": "Name a place"})
    kind = forms.ChoiceField(label="What", choices=[("a", "Attack"), ("b", "Flight")], widget=forms.RadioSelect)
    text = forms.CharField(label="Words", required=False, widget=forms.Textarea)


@pytest.fixture
def adviser(db: None) -> Person:
    mission = Mission.objects.create(code="look", name="Mission of the look", country_code="CAF")
    office = Office.objects.add_root({"mission": mission, "code": "hq", "name": "Headquarters", "kind": "headquarters"})
    person = Person.objects.create_user("adviser", first_name="N.", last_name="Castell", function="POC Adviser")
    Posting.objects.create(person=person, mission=mission, office=office, role="POCA", starts_on=date(2020, 1, 1))
    return person


def _request(path: str = "/", user: Any = None) -> Any:
    request = RequestFactory().get(path)
    request.user = user
    return request


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_template_has_no_inline_style_or_script_and_no_outside_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert INLINE.findall(text) == []
    assert FOREIGN.findall(text) == []


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: p.name)
def test_component_opens_with_its_comment_and_parses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("{% comment %}")
    assert re.search(r"\bNeeds?\b", text.split("{% endcomment %}")[0])
    get_template(f"components/{path.name}")


def test_sheet_and_script_stay_within_their_budgets() -> None:
    script = (STATIC / "js" / "pocweb.js").read_bytes()
    assert len(CSS.encode()) <= 19_500  # 1,000 more for targets of 44 px under a finger and the full width of the map
    assert len(gzip.compress(CSS.encode(), 9)) <= 5_300
    assert len(script) <= 5_000
    assert not re.search(rb"\beval\(|new Function|innerHTML", script)


def test_sheet_fetches_nothing() -> None:
    assert not re.search(r"url\(|@import|@font-face", CSS)


def _luminance(colour: str) -> float:
    if len(colour) == 4:
        colour = "#" + "".join(2 * c for c in colour[1:])
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours. Source: WCAG 2.2, 1.4.3."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_knows_black_on_white() -> None:
    assert round(contrast("#000", "#ffffff"), 1) == 21.0


TOKENS = dict(re.findall(r"--([a-z0-9]+):(#[0-9a-f]{3,6})\b", CSS.split("}", 1)[0]))
TEXT_PAIRS = [(ink, ground) for ink in ("ink", "muted", "link", "deep", "bad") for ground in ("paper", "bg", "tint")]
TEXT_PAIRS += [("ok", "paper"), ("warn", "paper"), ("gap", "paper"), ("gap", "bg"), ("paper", "r4"), ("paper", "r3")]
TEXT_PAIRS += [("ink", "r2"), ("ink", "r1"), ("paper", "deep"), ("paper", "link"), ("paper", "warn"), ("paper", "bad")]


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_contrast_is_enough(text: str, ground: str) -> None:
    assert contrast(TOKENS[text], TOKENS[ground]) >= 4.5


def test_edges_of_fields_are_seen_on_page_and_paper() -> None:
    assert min(contrast(TOKENS["edge"], TOKENS[ground]) for ground in ("paper", "bg")) >= 3


def test_risk_colours_fall_in_lightness_so_that_grey_print_keeps_their_order() -> None:
    levels = [_luminance(TOKENS[f"r{level}"]) for level in (1, 2, 3, 4)]
    assert levels == sorted(levels, reverse=True)


def test_refused_form_links_its_summary_to_fields_and_names_hint_and_error() -> None:
    html = render_to_string("components/_form.html", {"form": AlertForm({}), "submit_label": "Send the alert"})
    assert 'role="alert" id="errors" tabindex="-1" data-focus' in html
    assert "2 things to mend" in html
    assert '<a href="#id_place"><b>Where</b> Name a place</a>' in html
    assert '<a href="#group_id_kind">' in html
    assert 'id="group_id_kind"' in html
    control = re.search(r'<input type="text"[^>]*>', html)
    assert control is not None
    assert 'aria-describedby="id_place_helptext id_place_error"' in control[0]
    assert 'aria-invalid="true"' in control[0]
    assert 'id="id_place_helptext"' in html
    assert 'id="id_place_error"' in html
    assert 'data-guard="unsaved"' in html


def test_fresh_form_has_no_summary_and_is_not_yet_unsaved() -> None:
    html = render_to_string("components/_form.html", {"form": AlertForm(), "submit_label": "Send the alert"})
    assert "data-focus" not in html
    assert " data-guard>" in html


def test_field_group_of_django_is_drawn_by_our_component() -> None:
    html = str(AlertForm()["text"].as_field_group())
    assert html.strip().startswith('<div class="field">')
    assert '<label for="id_text">Words <span class="opt">optional</span></label>' in html


def test_unknown_values_are_words_never_blank() -> None:
    assert "Not rated" in render_to_string("components/_risk.html", {"level": None, "label": ""})
    assert "No priority" in render_to_string("components/_prio.html", {"priority": None})
    change = {"label": "Horizon", "before": None, "after": "31 March"}
    html = render_to_string("components/_diff.html", {"changes": [change], "before_label": "13", "after_label": "14"})
    assert "No value" in html


def test_pagination_keeps_the_filters_of_the_address() -> None:
    page = Paginator(range(1200), 50).page(7)
    html = render_to_string("components/_pagination.html", {"page_obj": page}, _request("/?office=2&page=7"))
    assert 'href="?office=2&amp;page=8" rel="next"' in html
    assert "301 to 350 of 1200" in html


def test_pagination_is_absent_on_a_single_page() -> None:
    page = Paginator(range(3), 50).page(1)
    assert render_to_string("components/_pagination.html", {"page_obj": page}, _request()).strip() == ""


def test_conflict_shows_both_texts_and_sends_the_persons_own_again() -> None:
    field = {"name": "capacity", "label": "Capacity", "mine": "2 platoons", "theirs": "<3>", "base": ""}
    kept = {
        "label": "Horizon",
        "by": "You",
        "before": None,
        "now": "31 March",
        "name": "horizon",
        "value": "2021-03-31",
    }
    context = {"record_label": "T-017", "other_name": "R. Tamm", "other_at": datetime(2020, 12, 31, 8, 34, tzinfo=UTC)}
    context |= {"based_on": 7, "current_version": 8, "fields": [field], "kept": [kept]}
    html = render_to_string("components/_conflict.html", context)
    for expected in (
        "R. Tamm saved T-017 while you were writing",
        '<input type="hidden" name="based_on" value="8">',
        '<input type="hidden" name="mine_capacity" value="2 platoons">',
        '<input type="hidden" name="mine_horizon" value="2021-03-31">',
        "&lt;3&gt;",
        "Save my choices as version 9",
    ):
        assert expected in html
    assert 'value="both"' not in html


@pytest.mark.parametrize(
    ("marking", "expected"),
    [
        (Marking.CONFIDENTIAL, '<p class="marking">Confidential</p>'),
        (3, '<p class="marking strict">Strictly confidential</p>'),
        (None, ""),
    ],
)
def test_marking_is_said_in_words(marking: int | None, expected: str) -> None:
    assert render_to_string("components/_marking.html", {"marking": marking}).strip() == expected


def test_page_carries_marking_first_and_last_mission_person_and_role(adviser: Person) -> None:
    html = render_to_string("base.html", {"user": adviser}, _request(user=adviser))
    assert html.startswith("<!doctype html>")
    assert html.count('<p class="marking">Confidential</p>') == 2
    assert "Mission of the look, Headquarters" in html
    assert 'N. Castell<span class="role">, POC Adviser</span>' in html
    assert "The clock stands" not in html


def test_page_takes_a_higher_marking_from_its_view(adviser: Person) -> None:
    context = {"user": adviser, "marking": Marking.STRICTLY_CONFIDENTIAL}
    html = render_to_string("base.html", context, _request(user=adviser))
    assert html.count('<p class="marking strict">Strictly confidential</p>') == 2


def test_demo_mission_says_that_its_clock_stands(adviser: Person) -> None:
    adviser.mission.clock_on = date(2020, 12, 31)  # type: ignore[union-attr]  # the fixture gives a posting
    html = render_to_string("base.html", {"user": adviser}, _request(user=adviser))
    assert "The clock stands at 31 December 2020" in html


def test_menu_shows_only_what_exists_and_is_allowed(adviser: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_entries", {})
    navigation.register(30, "account_overview", "Own")
    navigation.register(20, "mfa_index", "Second", "pocweb.view_desk")
    navigation.register(10, "account_login", "Not allowed", "pocweb.edit_people")
    navigation.register(5, "no_such_url", "Not there")
    navigation.register(1, "account_logout", "Seldom", in_account_menu=True)
    links = navigation.links_for(adviser, "/account/two-step/codes/")
    assert [(link.label, link.is_current) for link in links] == [("Second", True), ("Own", False)]
    assert [link.label for link in navigation.links_for(adviser, "/", in_account_menu=True)] == ["Seldom"]
    assert navigation.links_for(None, "/") == []


def test_fault_page_needs_neither_request_nor_static_manifest() -> None:
    source = (TEMPLATES / "500.html").read_text(encoding="utf-8")
    assert "{%" not in source
    assert "{{" not in source
    assert (STATIC / "css" / "pocweb.css").exists()
    assert 'href="/static/css/pocweb.css"' in source


def test_vendored_files_have_their_licences() -> None:
    assert (STATIC / "vendor" / "htmx.min.js").stat().st_size < 60_000
    assert "Zero-Clause BSD" in (STATIC / "vendor" / "htmx.LICENSE.txt").read_text(encoding="utf-8")
    assert "SIL Open Font License" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def test_page_of_allauth_without_a_template_of_ours_stands_in_our_frame(adviser: Person) -> None:
    moment = datetime(2020, 12, 31, tzinfo=UTC)
    context = {"form": forms.Form(), "trust_from": moment, "trust_until": moment}
    html = render_to_string("mfa/trust.html", context, _request(user=adviser))
    assert html.startswith("<!doctype html>")
    assert html.count('<p class="marking">Confidential</p>') == 2
    assert re.search(r'<form class="panel" method="post"', html)
    assert '<button class="btn"' in html
