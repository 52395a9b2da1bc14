"""Draw a Vega-Lite specification as small, safe and repeatable SVG, kept in the cache by the hash of what it shows.

The first drawing of a process starts the engine (0.5 to 1 s), later ones take some 20 ms. The engine keeps threads:
do not draw before a server or worker forks.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from pocweb.charts.drawing import EDGE, GRID, MUTED

VEGALITE_VERSION = "5.21"
FONTS = "IBM Plex Sans, system-ui, Roboto, DejaVu Sans, sans-serif"
FONT_SIZE = 11
HATCH = "#010203"
"""Placeholder fill: the drawing gets the hatch pattern wherever a mark is filled with it."""
HATCHED: dict[str, tuple[str, str]] = {
    HATCH: ("#ffffff", "#8d7a9c"),
    "#010204": ("#fdeee6", "#8d7a9c"),
    "#010205": ("#f3c453", "#4b3a5a"),
    "#010206": ("#b83c0b", "#ffffff"),
    "#010207": ("#7d1128", "#ffffff"),
    "#010208": ("#f6f8f9", "#cdc3d6"),
}
"""Placeholder fills with the ground and the stripes of their hatch, so that a hatched area keeps its own colour."""

CACHE_SECONDS = 30 * 24 * 3600
SVG = "http://www.w3.org/2000/svg"
DROPPED = frozenset({"class", "style", "role", "font-family", "stroke-miterlimit", "pointer-events"})
NUMBERS = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
DEFAULTS = frozenset(
    {("opacity", "1"), ("stroke-width", "1"), ("x2", "0"), ("y2", "0"), ("transform", "translate(0,0)")}
)
ROUNDED = frozenset({"d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "viewBox", "font-size"})

CONFIG: dict[str, Any] = {
    "aria": False,
    "font": "sans-serif",
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": FONT_SIZE,
        "labelLimit": 0,
        "labelOverlap": False,
        "labelBound": False,
        "labelFlush": False,
        "gridColor": GRID,
        "domainColor": EDGE,
        "tickColor": EDGE,
    },
    "text": {"fontSize": FONT_SIZE},
}


def draw(spec: Mapping[str, Any], *, label: str) -> SafeString:
    """Return the SVG of a Vega-Lite specification, with `label` as the sentence read to those who cannot see it.

    The specification must set its own size and padding (`autosize` none), so that no font of the machine moves a mark.
    Raises ValueError when the engine refuses the specification.
    """
    text = json.dumps(spec, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(f"{code_version()}\n{label}\n{text}".encode()).hexdigest()
    key = f"pocweb:chart:{digest}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = clean_svg(_render(text), label=label, suffix=digest[:10])
        cache.set(key, svg, CACHE_SECONDS)
    return mark_safe(svg)  # noqa: S308 - serialised by us from the engine's tree, all text escaped


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return a digest of this package's source and of the engine's version, so that old drawings leave the cache."""
    digest = hashlib.sha256(version("vl-convert-python").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _render(spec: str) -> str:
    # Imported here: a page whose drawings are all in the cache need not load the engine's 80 MB.
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGALITE_VERSION, config=CONFIG, allowed_base_urls=[])
    return svg


def clean_svg(svg: str, *, label: str, suffix: str) -> str:
    """Return the engine's SVG made small and safe: presentation attributes only, one font, one-decimal coordinates.

    Empty groups go; hatched fills point at a pattern whose id ends in `suffix`; the root is an image named `label`.
    """
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(svg)  # noqa: S314 - the engine's own output, not a stranger's file
    _prune(root)
    hatched = _tidy(root, suffix=suffix)
    _flatten(root)
    if hatched:
        root.insert(0, _hatch_patterns(sorted(hatched), suffix))
    size = {name: root.attrib[name] for name in ("width", "height", "viewBox")}
    root.attrib.clear()
    root.attrib.update({"role": "img", "aria-label": label, "font-family": FONTS, **size})
    return ElementTree.tostring(root, encoding="unicode")


def _prune(node: ElementTree.Element) -> None:
    for child in list(node):
        _prune(child)
        empty_group = child.tag == f"{{{SVG}}}g" and len(child) == 0
        empty_text = child.tag == f"{{{SVG}}}text" and not (child.text or "").strip() and len(child) == 0
        unpainted = child.tag == f"{{{SVG}}}path" and not {"fill", "stroke"} & set(child.attrib)
        if empty_group or empty_text or unpainted or child.tag == f"{{{SVG}}}style":
            node.remove(child)


def _flatten(node: ElementTree.Element) -> None:
    """Put the children of each group without attributes in the group's own place."""
    for child in list(node):
        _flatten(child)
        if child.tag == f"{{{SVG}}}g" and not child.attrib:
            place = list(node).index(child)
            node.remove(child)
            for offset, grandchild in enumerate(child):
                node.insert(place + offset, grandchild)


def _tidy(node: ElementTree.Element, *, suffix: str) -> set[str]:
    """Round and drop attributes below `node`; return the placeholders of the hatches in use."""
    hatched: set[str] = set()
    for name, value in list(node.attrib.items()):
        if name in DROPPED or name.startswith("aria-") or (name, value) in DEFAULTS:
            del node.attrib[name]
        elif value in HATCHED:
            node.attrib[name] = f"url(#{_pattern_id(value, suffix)})"
            hatched.add(value)
        elif name in ROUNDED:
            node.attrib[name] = NUMBERS.sub(_one_decimal, value)
    for child in node:
        hatched |= _tidy(child, suffix=suffix)
    return hatched


def _one_decimal(match: re.Match[str]) -> str:
    number = round(float(match.group()), 1)
    return "0" if number == 0 else f"{number:g}"


def _pattern_id(placeholder: str, suffix: str) -> str:
    return f"hatch-{suffix}" if placeholder == HATCH else f"hatch-{placeholder[1:]}-{suffix}"


def _hatch_patterns(placeholders: Sequence[str], suffix: str) -> ElementTree.Element:
    defs = ElementTree.Element(f"{{{SVG}}}defs")
    for placeholder in placeholders:
        ground, stripes = HATCHED[placeholder]
        size = {"width": "6", "height": "6", "patternUnits": "userSpaceOnUse"}
        pattern = ElementTree.SubElement(defs, f"{{{SVG}}}pattern", {"id": _pattern_id(placeholder, suffix), **size})
        pattern.set("patternTransform", "rotate(45)")
        ElementTree.SubElement(pattern, f"{{{SVG}}}rect", {"width": "6", "height": "6", "fill": ground})
        ElementTree.SubElement(pattern, f"{{{SVG}}}rect", {"width": "2.2", "height": "6", "fill": stripes})
    return defs
