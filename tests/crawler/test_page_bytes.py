"""The limits on the bytes that are received."""

import pytest
from scrapy import Request
from scrapy.exceptions import StopDownload

from crawler.page_bytes import ByteLimits, PageBytes, with_body_bytes, with_page_bytes


def test_the_requests_of_a_page_share_one_limit() -> None:
    page_bytes = PageBytes(10)
    first, second = (Request("http://a.example/", meta={**with_page_bytes(page_bytes)}) for _ in range(2))
    limits = ByteLimits()
    limits.count(b"12345", first)
    limits.count(b"12345", second.replace(url="http://b.example/"))  # a redirect
    with pytest.raises(StopDownload) as stopped:
        limits.count(b"1", second)
    assert stopped.value.fail


def test_a_long_body_ends_at_its_limit_and_each_redirect_counts_anew() -> None:
    request = Request("http://a.example/robots.txt", meta={**with_body_bytes(10)})
    limits = ByteLimits()
    for _ in range(3):
        limits.begin_body(request)
        limits.count(b"12345", request)
    with pytest.raises(StopDownload) as stopped:
        limits.count(b"12345", request)
    assert not stopped.value.fail
