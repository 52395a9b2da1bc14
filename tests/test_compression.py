"""Compression of answers: Brotli for pages where the browser takes it, gzip otherwise, sizes that tell nothing."""

import gzip

import brotli
import pytest
from django.http import HttpResponse, JsonResponse
from django.test import RequestFactory

from pocweb.middleware import CompressionMiddleware

FRAGMENT = "<p>" + "Attacks on villages east of the town. " * 50 + "</p>"
PAGE = f"<!doctype html><html lang=en>{FRAGMENT}</html>\n"


def answer_to(accepts: str, response: HttpResponse | None = None) -> HttpResponse:
    request = RequestFactory().get("/", headers={"accept-encoding": accepts})
    return CompressionMiddleware(lambda _request: response or HttpResponse(PAGE))(request)


@pytest.mark.parametrize("accepts", ["br", "gzip, deflate, br, zstd", "gzip;q=0.5, br;q=0.9", "br;q=0.05"])
def test_page_is_sent_in_brotli(accepts: str) -> None:
    answer = answer_to(accepts)

    assert (answer["Content-Encoding"], answer["Vary"]) == ("br", "Accept-Encoding")
    assert int(answer["Content-Length"]) == len(answer.content)
    assert brotli.decompress(answer.content).decode().startswith(PAGE + "<!-- ")


@pytest.mark.parametrize("accepts", ["gzip", "gzip, br;q=0", "gzip, br;q=0.0, deflate", "brx, gzip"])
def test_page_is_sent_in_gzip_where_brotli_is_not_taken(accepts: str) -> None:
    answer = answer_to(accepts)

    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content).decode() == PAGE


def test_page_is_sent_plain_to_others() -> None:
    answer = answer_to("identity")

    assert not answer.has_header("Content-Encoding")
    assert answer.content.decode() == PAGE


def test_data_is_sent_in_gzip_unchanged() -> None:
    answer = answer_to("gzip, br", JsonResponse({"text": PAGE}))

    assert answer["Content-Encoding"] == "gzip"


def test_fragment_is_sent_in_gzip_with_nothing_after_it() -> None:
    answer = answer_to("gzip, br", HttpResponse(FRAGMENT))

    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content).decode() == FRAGMENT


def test_short_and_encoded_pages_are_left_alone() -> None:
    assert answer_to("br", HttpResponse("short")).content == b"short"
    encoded = HttpResponse(PAGE, headers={"Content-Encoding": "zstd"})
    assert answer_to("br", encoded)["Content-Encoding"] == "zstd"


def test_mark_of_a_page_becomes_weak() -> None:
    assert answer_to("br", HttpResponse(PAGE, headers={"ETag": '"a1"'}))["ETag"] == 'W/"a1"'


def test_size_of_the_same_page_differs() -> None:
    """A reader of the line cannot tell by its length what a page says."""
    assert len({len(answer_to("br").content) for _turn in range(40)}) > 5
