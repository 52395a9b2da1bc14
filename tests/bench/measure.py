"""Stop watch, count of queries and size of answers, shared by all parts of the bench."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

HOST = "127.0.0.1"
OF_TRANSACTION = re.compile(r"^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
OF_UPDATE = re.compile(r'UPDATE "(?P<table>\w+)" SET (?P<sets>.*?) WHERE ', re.DOTALL)
COLUMN = re.compile(r'"(\w+)" = ')
FETCHED = re.compile(
    r"""<(?:link|script|img|iframe|source|use|image|object|embed|form|a|area|base)\b[^>]*?"""
    r"""\s(?:href|src|action|data|srcset|hx-(?:get|post|put|delete))\s*=\s*["']([^"']+)["']"""
)


class MeasureError(Exception):
    """Something could not be measured, for the reason said."""


@dataclass
class Queries:
    """The statements of a stretch of work; those that only open and close transactions are kept apart."""

    texts: list[str] = field(default_factory=list)
    of_transaction: int = 0

    @property
    def count(self) -> int:
        return len(self.texts)

    def updates_of(self, table: str) -> list[list[str]]:
        """Return the columns that each UPDATE of the table sets."""
        found = [OF_UPDATE.match(text) for text in self.texts]
        return [COLUMN.findall(match["sets"]) for match in found if match and match["table"] == table]


@contextmanager
def queries() -> Iterator[Queries]:
    """Collect the queries that run inside."""
    collected = Queries()
    with CaptureQueriesContext(connection) as captured:
        yield collected
    for query in captured.captured_queries:
        if OF_TRANSACTION.match(query["sql"]):
            collected.of_transaction += 1
        else:
            collected.texts.append(query["sql"])


def sign_in(person: Any) -> Client:
    """Return a browser of the person that takes compressed answers only when asked."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(person)
    return client


def get(client: Client, url: str, **headers: str) -> HttpResponse:
    """Return the answer to a GET; raise MeasureError unless it is a whole page."""
    answer = client.get(url, headers=headers)
    if answer.status_code != 200:
        raise MeasureError(f"{url} answered {answer.status_code}")
    return answer


def body(answer: Any) -> bytes:
    """Return the content of an answer, streamed or not; the test client closes it with its last part."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def wire_bytes(client: Client, url: str) -> tuple[int, str]:
    """Return the bytes of the answer, head and compressed body, as a browser that knows Brotli gets it; and how."""
    answer = get(client, url, **{"accept-encoding": "gzip, br"})
    content = body(answer)
    head = len(f"HTTP/1.1 200 OK\r\n{url}") + len(answer.serialize_headers())
    return head + len(content), answer.headers.get("Content-Encoding", "plain")


def addresses(html: str) -> list[str]:
    """Return what a page refers to: files, frames, forms and links."""
    return FETCHED.findall(html)


def outside(addresses_found: list[str]) -> list[str]:
    """Return the addresses that name another host."""
    return [one for one in addresses_found if urlsplit(one.strip()).netloc not in ("", HOST, "testserver")]


def compare(one: Callable[[], Any], other: Callable[[], Any], times: int) -> tuple[float, float, float]:
    """Return the median ratio of `one` to `other`, and both medians in seconds.

    They take turns, so that noise on the machine meets both; each runs once before, unmeasured, to be warm.
    """
    one(), other()
    pairs = [(seconds(one), seconds(other)) for _turn in range(times)]
    return (
        median(mine / theirs for mine, theirs in pairs),
        median(mine for mine, _theirs in pairs),
        median(theirs for _mine, theirs in pairs),
    )


def seconds(work: Callable[[], Any]) -> float:
    """Return how long the work takes.

    On SQLite all of it happens in this process, so its processor time is taken, which other work on the machine hardly
    touches; with a database server the clock on the wall.
    """
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    start = clock()
    work()
    return clock() - start
