"""One page somebody saved as a capture of a policy."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from core.captures import Capture, sha256_hex
from core.declarations import Policy
from core.exceptions import UsageError
from extraction import corpus_line
from formats.media_types import media_type_of


def capture_from_page(
    path: Path, vendor: str, policy_slug: str, policy: Policy, captured_at: datetime | None, url: str | None
) -> tuple[Capture, bytes]:
    """The file as a capture of the policy, and its bytes.

    captured_at: when the page showed this, timezone-aware UTC; url: the address it stood at. Either may be left out
    where the text begins with the line the Princeton-Leuven corpus puts before each policy, which gives the site and
    the day; the address is then the newest location on that site that held on that day.

    UsageError when the file cannot be read or is of an unknown type, when address or time is missing, lies in the
    future, or when the address is no location of the policy at that time.
    """
    media_type = media_type_of(path)
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    stated = corpus_line(payload)
    if captured_at is None and stated is not None:
        day = stated.archived_on
        captured_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if captured_at is None:
        raise UsageError(f"{path}: say when the page showed this: --captured-at 2016-10-18")
    if captured_at > datetime.now(UTC):
        raise UsageError(f"{path}: --captured-at {captured_at:%Y-%m-%d} lies in the future")
    if url is None and stated is not None:
        url = _location_on(stated.domain, captured_at, policy)
    declared = "\n".join(f"  {place.url}{_dates(place.since, place.until)}" for place in policy.locations)
    if url is None:
        raise UsageError(f"{path}: say which address the page stood at: --url, one of\n{declared}")
    location = policy.location_for(url, captured_at)
    if location is not None and location.pages:
        raise UsageError(f"{path}: {url} is one page of several by its declaration; a file can't show all of them")
    if location is None:
        raise UsageError(
            f"{path}: {vendor} did not publish its {policy_slug} policy at {url} on {captured_at:%Y-%m-%d}, by its "
            f"declaration; correct --url or --captured-at, or declare the location. Declared are\n{declared}"
        )
    capture = Capture(
        vendor=vendor,
        policy=policy_slug,
        source="file",
        captured_at=captured_at,
        url=url,
        asked_url=url,
        status=None,
        media_type=media_type,
        sha256=sha256_hex(payload),
    )
    return capture, payload


def _location_on(domain: str, moment: datetime, policy: Policy) -> str | None:
    """The address of the last declared location on that site that held at that moment."""
    for place in reversed(policy.locations):
        host = urlsplit(place.url).hostname or ""
        if place.holds_at(moment) and (host == domain or host.endswith("." + domain)):
            return place.url
    return None


def _dates(since: object, until: object) -> str:
    parts = [f"from {since}"] * bool(since) + [f"until {until}"] * bool(until)
    return f" ({' '.join(parts)})" if parts else ""
