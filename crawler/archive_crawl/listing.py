"""The first half of the archive crawl: requests the listings, and stores the captures that they name."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from core.exceptions import ArchiveError, ArchiveProtocolError
from crawler.archive_crawl.access import ArchiveAccess
from crawler.archive_crawl.policy_crawl import PolicyCrawl, narrowed
from crawler.failures import request_of
from storage import Listing, ListingQuery

# If an incomplete listing is older than this, the crawl begins a new listing. The archive may have added captures since
# the old listing began.
_STALE_AFTER = timedelta(days=7)

_SEVERAL_PAGES = (
    "a policy of several pages cannot be fetched from an archive, because the archive captured each page at another "
    "time"
)


class ListingPart:
    """Requests the policies' listings from the archive's index, page by page."""

    def __init__(
        self, access: ArchiveAccess, begin: datetime | None, end: datetime | None, on_change: Callable[[], None]
    ) -> None:
        """Sends nothing yet.

        begin, end: the earliest and the latest time of the requested captures; None for no limit. on_change: called
        when a listing has ended.
        """
        self._access = access
        self._begin = begin
        self._end = end
        self._on_change = on_change

    async def begin(self, crawl: PolicyCrawl) -> list[Request]:
        """Returns the requests that begin or continue the policy's listings."""
        listings = await self._listings(crawl)
        for listing in listings:
            self._access.tally.count_found(listing.found)
            self._access.tally.count_malformed(listing.malformed)
        incomplete = [listing for listing in listings if not listing.complete]
        crawl.open_listings = len(incomplete)
        return [self._listing_request(crawl, listing) for listing in incomplete]

    async def _listings(self, crawl: PolicyCrawl) -> Sequence[Listing]:
        queries = []
        for location in crawl.policy.locations:
            if location.pages:
                self._access.tally.add_failure(f"{crawl} {location.url}", _SEVERAL_PAGES)
                continue
            begin, end = narrowed(location, self._begin, self._end)
            if begin is None or end is None or begin <= end:
                queries.append(ListingQuery(self._access.archive.site, location.url, begin, end))
        return await self._access.in_thread(
            self._access.listings.begin,
            crawl.key,
            self._access.archive.site.name,
            queries,
            self._access.begun_at,
            _STALE_AFTER,
        )

    def _listing_request(self, crawl: PolicyCrawl, listing: Listing) -> Request:
        query = listing.query
        url = self._access.archive.listing_url(
            query.url, query.begin, query.end, self._access.limits.listing_rows, listing.resume_key
        )
        arguments = {"crawl": crawl, "listing": listing}
        return self._access.request("listing", url, self.parse_listing, self.listing_failed, arguments)

    async def parse_listing(self, response: Response, crawl: PolicyCrawl, listing: Listing) -> AsyncIterator[Request]:
        """Stores the rows of a page of a listing, and yields the request for the next page."""
        subject = f"{crawl} {listing.query.url}"
        try:
            page = self._access.archive.parse_listing(response.status, response.body)
            resume_keys = crawl.resume_keys.setdefault(listing.query, {listing.resume_key or ""})
            if page.resume_key and page.resume_key in resume_keys:
                raise ArchiveProtocolError("the archive's list of captures repeats itself; run this crawl again later")
            resume_keys.add(page.resume_key or "")
        except ArchiveError as error:
            self._access.tally.add_failure(subject, str(error))
            # With the stored resume key, the next crawl would receive the same wrong response. The listing starts over.
            await self._access.in_thread(self._access.listings.restart, listing)
            self._end_listing(crawl)
            return
        filed = await self._access.in_thread(
            self._access.listings.file_page, listing, page.captures, page.malformed, page.resume_key
        )
        if filed is None:
            # Another crawl has completed or dropped the listing after this crawl requested the page.
            if listing.query in crawl.listed_again:
                self._access.tally.add_failure(
                    subject,
                    "another crawl is fetching other dates of this address from the archive; run this crawl again when "
                    "it has ended",
                )
                self._end_listing(crawl)
                return
            crawl.listed_again.add(listing.query)
            crawl.resume_keys.pop(listing.query, None)  # the pages may be requested from the first page on again
            listings = await self._listings(crawl)
            filed = next(new_listing for new_listing in listings if new_listing.query == listing.query)
        self._access.tally.count_found(filed.found - listing.found)
        self._access.tally.count_malformed(filed.malformed - listing.malformed)
        self._access.tally.count_not_modified(page.not_modified)
        if filed.complete:
            self._access.tally.count_listed()
            self._end_listing(crawl)
        else:
            yield self._listing_request(crawl, filed)

    def listing_failed(self, failure: Failure) -> None:
        """Records that a listing failed. The crawl still fetches the captures that are already listed."""
        arguments = request_of(failure).cb_kwargs
        crawl, listing = arguments["crawl"], arguments["listing"]
        self._access.note_failure(failure, f"{crawl} {listing.query.url}: the archive's list")
        self._end_listing(crawl)

    def _end_listing(self, crawl: PolicyCrawl) -> None:
        crawl.open_listings -= 1
        self._on_change()
