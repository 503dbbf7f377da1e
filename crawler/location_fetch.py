"""A location as it is fetched: page after page, and the one capture that its pages make."""

from dataclasses import dataclass, field, replace

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from core.declarations import Location, Policy
from core.policies import PolicyKey
from crawler.captures import live_capture
from formats.multipart import Observed, compose


@dataclass(frozen=True)
class LocationFetch:
    """A location of a policy, and the pages of it that were got.

    look: how often it is looked at, this time included.
    """

    key: PolicyKey
    policy: Policy = field(repr=False)
    location: Location
    look: int = 1
    got: tuple[Observed, ...] = field(default=(), repr=False)

    @property
    def url(self) -> str:
        """The address of the page to be got next."""
        return self.location.addresses[len(self.got)]

    @property
    def whole(self) -> bool:
        """Whether all its pages were got."""
        return len(self.got) == len(self.location.addresses)

    def request(self) -> Request:
        """For the page to be got next, without callbacks."""
        return Request(
            self.url,
            dont_filter=True,
            # A jar each: what one site sets must not change what the next policy's page shows, nor what it shows next.
            # An answer out of a cache would be no second look.
            meta={"cookiejar": f"{self.key} {self.location.url} {self.look}", "dont_cache": True},
            cb_kwargs={"fetch": self},
        )

    def served(self, response: Response) -> Observed:
        """The page asked for, as it was served."""
        return live_capture(response, self.key, self.url), response.body

    def needs_browser(self, response: Response) -> bool:
        """Whether the page is to be rendered: not what was refused, nor what is no HTML and has no scripts."""
        return self.location.render is not None and response.status == 200 and isinstance(response, HtmlResponse)

    def with_page(self, page: Observed) -> "LocationFetch":
        """With the page that was to be got next."""
        return replace(self, got=(*self.got, page))

    @property
    def size(self) -> int:
        """Bytes of the pages got."""
        return sum(len(payload) for _, payload in self.got)

    def observed(self) -> Observed:
        """The capture of it and its payload, when it is whole."""
        return self.got[0] if len(self.got) == 1 else compose("mixed", self.got)

    def __str__(self) -> str:
        return f"{self.key} {self.url}"
