"""The state of the crawl of one policy, and the decisions that need neither the archive nor the database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.captures import Capture
from core.declarations import Location, Policy
from core.policies import PolicyKey
from storage import CaptureToFetch, KnownPayload, ListingQuery


@dataclass(slots=True, eq=False)
class PolicyCrawl:
    """The state of the crawl of one policy.

    open_listings: the number of the policy's listings that are not complete.
    payloads: the payloads that are stored already, by the archive's checksum. Captures with such a checksum need not be
        fetched. None until the listings are complete.
    under_way: the captures that are requested but not stored yet, by the key of the capture's row in the index.
    listed_again: the queries whose listings this crawl began a second time. A crawl begins a listing again if another
        crawl of the same policy completes or drops the listing.
    resume_keys: the resume keys that the index has sent to this crawl for each query. An index that sends one of them a
        second time would never come to the end of its list.
    """

    key: PolicyKey
    policy: Policy
    open_listings: int = 0
    payloads: dict[str, KnownPayload] | None = None
    under_way: dict[tuple[str, str], CaptureToFetch] = field(default_factory=dict)
    listed_again: set[ListingQuery] = field(default_factory=set)
    resume_keys: dict[ListingQuery, set[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.key)

    def requested_checksums(self) -> set[str]:
        """Returns the checksums of the captures under way whose payloads are not stored yet."""
        payloads = self.payloads or {}
        return {
            to_fetch.checksum
            for to_fetch in self.under_way.values()
            if to_fetch.checksum is not None and to_fetch.checksum not in payloads
        }


def narrowed(
    location: Location, begin: datetime | None, end: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Returns the first and the last moment, between begin and end, at which the location is in use.

    The first moment is None if there is no earliest limit; the last moment is None if there is no latest limit.
    """
    last = location.end - timedelta(seconds=1) if location.end else None  # archives' timestamps have whole seconds
    begins = [moment for moment in (begin, location.begin) if moment]
    ends = [moment for moment in (end, last) if moment]
    return max(begins, default=None), min(ends, default=None)


def proves_checksum(capture: Capture) -> bool:
    """Returns whether the index's digest is the digest of the capture's payload.

    False if a redirect was followed: the index's digest is the digest of the redirect's body, and the payload is the
    target's body. Also False if a part of the payload is missing.
    """
    is_truncated = capture.provenance is not None and bool(capture.provenance.truncated)
    return capture.status == 200 and not capture.redirects and not is_truncated
