"""Budgets of pages: queries whatever the number of rows, bytes over the wire, no request to another host."""

import logging
import re
from collections.abc import Mapping
from statistics import mean
from typing import Any

from django.conf import settings
from django.urls import reverse

from tests.bench.board import HOLDS, MISSED, NOT_MEASURED, Board, Line
from tests.bench.measure import addresses, body, get, outside, queries, sign_in, wire_bytes
from tests.bench.world import TEXTS, World
from threats.models import Threat

log = logging.getLogger("bench")
LIST_QUERIES, DESK_QUERIES = 12, 25
FIRST_VISIT_BYTES, FURTHER_PAGE_BYTES = 60_000, 20_000
Counts = dict[str, int | str]


def lists(world: World) -> dict[str, tuple[str, Any]]:
    """Return the pages whose queries are counted, each with who opens it."""
    adviser, officer = world.adviser, world.officer
    bria = world.offices["BRIA"].code
    return {
        "incidents": (reverse("threats:incident-list"), adviser),
        "matrix of an office": (reverse("threats:matrix", args=["BAMBARI"]), officer),
        "matrix of the mission": (reverse("threats:matrix", args=["HQ"]), adviser),
        "matrix of the mission, drafts": (reverse("threats:matrix", args=["HQ"]) + "?drafts=1", adviser),
        "matrix with an edition to approve": (reverse("threats:matrix", args=["BOSSANGOA"]), adviser),
        "activities": (reverse("strategy:activity-list"), adviser),
        "reports": (reverse("reporting:report-list"), adviser),
        "editions": (reverse("threats:edition-list", args=[bria]), adviser),
        "perpetrators": (reverse("threats:actor-list"), adviser),
        "forums": (reverse("coordination:forum-list"), adviser),
        "desk": (reverse("pocweb:desk"), adviser),
    }


def count_queries(world: World) -> Counts:
    """Return the number of queries of each page, opened once before, or why there is none."""
    counts: Counts = {}
    for name, (url, person) in lists(world).items():
        client = sign_in(person)
        try:
            get(client, url)
            with queries() as ran:
                get(client, url)
            counts[name] = ran.count
        except Exception as error:  # a page that breaks must not hide the others
            log.exception("The page %s broke off", url)
            counts[name] = f"{type(error).__name__}: {error}"[:100]
    return counts


def judge_queries(board: Board, small: Counts, large: Counts, how: str) -> None:
    """Write down for each page whether its queries stay the same from the small to the large mission."""
    for name, count in large.items():
        limit = DESK_QUERIES if name == "desk" else LIST_QUERIES
        if isinstance(count, str) or isinstance(small[name], str):
            words = count if isinstance(count, str) else str(small[name])
            board.add(Line(f"Queries: {name}", f"<= {limit}, fixed", words, NOT_MEASURED, how))
            continue
        fixed = small[name] == count
        measured = str(count) if fixed else f"{small[name]} grows to {count}"
        state = HOLDS if fixed and count <= limit else MISSED
        board.add(Line(f"Queries: {name}", f"<= {limit}, fixed", measured, state, how))


def measure_bytes(world: World, board: Board) -> None:
    """Measure a first visit to the matrix, further pages, and whom they ask for files."""
    client = sign_in(world.officer)
    url = reverse("threats:matrix", args=["BAMBARI"])
    html = body(get(client, url)).decode()
    rows = count_rows(html)
    page, coding = wire_bytes(client, url)
    files = [one for one in addresses(html) if one.startswith(f"/{settings.STATIC_URL.strip('/')}/")]
    sizes = {one: wire_bytes(client, one) for one in dict.fromkeys(files)}
    total = page + sum(size for size, _way in sizes.values())
    parts = ", ".join(f"{_plain_name(one)} {size:,} {way}" for one, (size, way) in sizes.items())
    how = f"{rows} rows of {_letters(world)} letters: page {page:,} {coding}; {parts}; heads of answers counted"
    board.at_most("Bytes: first visit to the matrix, 50 rows", FIRST_VISIT_BYTES, total, " B", how)
    further = {name: wire_bytes(client, one)[0] for name, one in _further(world).items()}
    how = "; ".join(f"{name} {size:,}" for name, size in sorted(further.items(), key=lambda item: -item[1]))
    board.at_most("Bytes: a further page (the largest)", FURTHER_PAGE_BYTES, max(further.values()), " B", how)
    _measure_hosts(board, client, [url, *_further(world).values()], list(sizes))


def _letters(world: World) -> str:
    """Return the mean length of what people wrote about a threat of the matrix."""
    rows = Threat.objects.filter(office=world.offices["BAMBARI"]).values_list("title", *TEXTS)
    return f"{mean(sum(map(len, row)) for row in rows):,.0f}"


def count_rows(html: str) -> int:
    """Return the number of threats that a page of the matrix shows."""
    return len(set(re.findall(r'<tbody[^>]*\sid="(T-\d+)"', html)))


def _further(world: World) -> Mapping[str, str]:
    threat = world.threat_of("BAMBARI")
    return {
        "matrix with a row open": reverse("threats:matrix", args=["BAMBARI"]) + f"?open={threat.ref}",
        "threat": reverse("threats:threat-detail", args=[threat.pk]),
        "incidents": reverse("threats:incident-list"),
        "activities": reverse("strategy:activity-list"),
        "desk": reverse("pocweb:desk"),
    }


def _plain_name(url: str) -> str:
    """Return the name of a static file without its folder and hash."""
    return re.sub(r"\.[0-9a-f]{12}(?=\.)", "", url.rsplit("/", 1)[-1])


def _measure_hosts(board: Board, client: Any, pages: list[str], files: list[str]) -> None:
    """Look for other hosts in what pages refer to, in style sheets, and in the policy that the browser enforces."""
    found: list[str] = []
    for page in pages:
        answer = get(client, page)
        found += outside(addresses(answer.content.decode()))
        found += re.findall(r"https?://[^\s;]+", answer.headers["Content-Security-Policy"])
    for sheet in (one for one in files if one.endswith(".css")):
        found += outside(re.findall(r"url\(['\"]?([^'\")]+)", body(get(client, sheet)).decode()))
    how = f"addresses in {len(pages)} pages and their sheets, and the Content-Security-Policy"
    board.at_most("Requests to another host", 0, len(found), "", how + (f": {found[:3]}" if found else ""))
