"""The fetch of one location. The location's pages are fetched one after the other and become one capture."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from core.declarations import Location, Policy
from core.policies import PolicyKey
from crawler.captures import live_capture
from formats.multipart import Observed, compose


@dataclass(frozen=True)
class LocationFetch:
    """The state of the fetch of a location: the pages fetched so far, and the page to fetch next.

    Most locations consist of one page. A location can declare further pages; all pages together become one capture.

    look: 1 for the crawl's first fetch of the location; 2 for the second fetch, which tells whether a change lasts.
    fetched: the capture and the payload of each page fetched so far, in the order in which the pages are declared.
    moves: for each of these pages that redirects permanently, by its declared address, the new address.
    """

    key: PolicyKey
    policy: Policy = field(repr=False)
    location: Location
    look: int = 1
    fetched: tuple[Observed, ...] = field(default=(), repr=False)
    moves: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The address of the page to fetch next."""
        return self.location.addresses[len(self.fetched)]

    @property
    def is_complete(self) -> bool:
        """Whether all pages of the location have been fetched."""
        return len(self.fetched) == len(self.location.addresses)

    @property
    def payload_size(self) -> int:
        """The size of all pages fetched so far, in bytes."""
        return sum(len(payload) for _, payload in self.fetched)

    def request(self) -> Request:
        """Returns the request for the next page, without callbacks."""
        return Request(
            self.url,
            dont_filter=True,
            # Each look has its own cookie jar. Otherwise, a cookie from one page could change the page of another
            # policy, or the page that the second look receives. The cache is off, so that the second look does not
            # receive the first look's response.
            meta={"cookiejar": f"{self.key} {self.location.url} {self.look}", "dont_cache": True},
            cb_kwargs={"fetch": self},
        )

    def as_served(self, response: Response) -> Observed:
        """Returns the capture and the payload of the next page, as the server sent it."""
        return live_capture(response, self.key, self.url), response.body

    def needs_browser(self, response: Response) -> bool:
        """Returns whether the next page must be rendered in a browser.

        True if the location's declaration requires rendering and the response is HTML with status 200. Error pages are
        never rendered. HTTP responses of other media types are not rendered either, because these responses have no
        scripts.
        """
        return self.location.render is not None and response.status == 200 and isinstance(response, HtmlResponse)

    def with_page(self, page: Observed) -> "LocationFetch":
        """Returns a copy of this fetch in which the next page has been fetched."""
        return replace(self, fetched=(*self.fetched, page))

    def observed(self) -> Observed:
        """Returns the location's capture and payload. All pages must have been fetched."""
        return self.fetched[0] if len(self.fetched) == 1 else compose("mixed", self.fetched)

    def __str__(self) -> str:
        return f"{self.key} {self.url}"
