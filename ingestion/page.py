"""Reads a page that somebody saved in a file as a capture of a policy."""

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
    """Returns the file as a capture of the policy, and its bytes.

    captured_at: when the page was saved, timezone-aware UTC. url: the address it was saved from. Either can be None if
    the text begins with the line that the Princeton-Leuven corpus puts before each policy, which names the site and the
    day. The address is then the newest location on that site that held on that day.

    UsageError if the file can't be read or is of an unknown type, if address or time is missing, if the time lies in
    the future, or if the address is no location of the policy at that time.
    """
    media_type = media_type_of(path)
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    corpus = corpus_line(payload)
    if captured_at is None and corpus is not None:
        day = corpus.archived_on
        captured_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if captured_at is None:
        raise UsageError(f"{path}: say when the page showed this: --captured-at 2016-10-18")
    if captured_at > datetime.now(UTC):
        raise UsageError(f"{path}: --captured-at {captured_at:%Y-%m-%d} lies in the future")
    if url is None and corpus is not None:
        url = _location_on(corpus.domain, captured_at, policy)
    declared = "\n".join(f"  {location.url}{_dates(location.since, location.until)}" for location in policy.locations)
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
    """Returns the address of the last declared location on a site that held at that moment; None if none did."""
    for location in reversed(policy.locations):
        host = urlsplit(location.url).hostname or ""
        if location.holds_at(moment) and (host == domain or host.endswith("." + domain)):
            return location.url
    return None


def _dates(since: object, until: object) -> str:
    parts = [f"from {since}"] * bool(since) + [f"until {until}"] * bool(until)
    return f" ({' '.join(parts)})" if parts else ""
