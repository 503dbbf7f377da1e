"""`scrapy crawl live [-a vendor=slug,slug]`"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures import Found, live_capture
from crawler.failures import NotAsked, reason, request_of
from crawler.policies import PolicySpider


class LiveSpider(PolicySpider):
    """Fetches each location at which a policy is published today; every final answer is a capture."""

    name = "live"

    async def start(self) -> AsyncIterator[Any]:
        """The requests to begin with."""
        for vendor, name, policy in self.policies():
            for location in policy.locations:
                if location.holds_at(self.begun_at):
                    yield Request(
                        location.url,
                        self.parse,
                        errback=self.failed,
                        dont_filter=True,
                        # A jar each: what one site sets must not change what the next policy's page shows.
                        meta={"cookiejar": f"{vendor}/{name} {location.url}"},
                        cb_kwargs={"vendor": vendor, "name": name, "policy": policy, "url": location.url},
                    )

    def parse(self, response: Response, **about: Any) -> Iterator[Found]:
        """A final answer."""
        if 300 <= response.status < 400 and "Location" in response.headers:
            # Scrapy follows all redirects but those that leave the web.
            self.tally.failed(_what(about), "it redirects to what is no web address")
            return
        self.tally.found()
        capture = live_capture(response, about["vendor"], about["name"], about["url"])
        yield Found(capture, response.body, about["policy"])

    def failed(self, failure: Failure) -> None:
        """No answer."""
        if isinstance(failure.value, NotAsked):
            self.tally.left(1)
            return
        self.tally.failed(_what(request_of(failure).cb_kwargs), reason(failure))


def _what(about: dict[str, Any]) -> str:
    return f"{about['vendor']}/{about['name']} {about['url']}"
