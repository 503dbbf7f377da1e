"""Reads a saved page from a file as a capture."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from core.captures import Capture, implausible_time, sha256_hex
from core.declarations import Policy
from core.exceptions import UsageError
from core.policies import PolicyKey
from extraction import corpus_line
from formats.media_types import media_type_of


def capture_from_page(
    path: Path, key: PolicyKey, policy: Policy, captured_at: datetime | None, url: str | None
) -> tuple[Capture, bytes]:
    """Returns the file as a capture of the policy, and the bytes of the file.

    policy: the declaration of the policy.
    captured_at: the time at which the page was saved, timezone-aware UTC.
    url: the address from which the page was saved.

    `captured_at` and `url` can be None for a text from the Princeton-Leuven corpus. Each text of this corpus begins
    with a line that names a site and a day. If `captured_at` is None, the capture's time is this day. If `url` is None,
    the capture gets the address of a declared location that is on this site and was valid at the capture's time. If
    several locations fit, the last declared location is used.

    UsageError if the file can't be read or its type is unknown, or if the address or the time is missing. UsageError
    also if the time is in the future or before 1990, or if the address was not a location of the policy at that time.
    """
    media_type, payload = _file(path)
    corpus = corpus_line(payload)
    if captured_at is None and corpus is not None:
        day = corpus.archived_on
        captured_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if captured_at is None:
        raise UsageError(f"{path}: state when the page showed this text, for example --captured-at 2016-10-18")
    if captured_at > datetime.now(UTC):
        raise UsageError(f"{path}: --captured-at {captured_at:%Y-%m-%d} is in the future")
    if why := implausible_time(captured_at, None):
        raise UsageError(f"{path}: --captured-at {captured_at:%Y-%m-%d} is {why}")
    if url is None and corpus is not None:
        url = _location_on(corpus.domain, captured_at, policy)
    declared = "\n".join(f"  {location.url}{_dates(location.since, location.until)}" for location in policy.locations)
    if url is None:
        raise UsageError(f"{path}: state the address of the page with --url, one of\n{declared}")
    location = policy.location_for(url, captured_at)
    if location is not None and location.pages:
        raise UsageError(
            f"{path}: {url} is one of several pages of the policy, so it can't be ingested as a single saved page"
        )
    if location is None:
        raise UsageError(
            f"{path}: according to its declaration, {key} was not at {url} on "
            f"{captured_at:%Y-%m-%d}; correct --url or --captured-at, or declare the location. The declared addresses "
            f"are\n{declared}"
        )
    capture = Capture(
        vendor=key.vendor,
        policy=key.policy,
        source="file",
        captured_at=captured_at,
        url=url,
        asked_url=url,
        status=None,
        media_type=media_type,
        sha256=sha256_hex(payload),
    )
    return capture, payload


def capture_to_try(path: Path, policy_slug: str) -> tuple[Capture, bytes]:
    """Returns the file as a capture that isn't going to be stored, and the bytes of the file.

    The capture has no vendor. Its address is the address of the file, and its time is the present time.

    policy_slug: the policy that the page is supposed to show.

    UsageError if the file can't be read or its type is unknown.
    """
    media_type, payload = _file(path)
    address = path.absolute().as_uri()
    capture = Capture(
        vendor="",
        policy=policy_slug,
        source="file",
        captured_at=datetime.now(UTC),
        url=address,
        asked_url=address,
        status=None,
        media_type=media_type,
        sha256=sha256_hex(payload),
    )
    return capture, payload


def _file(path: Path) -> tuple[str, bytes]:
    """Returns the media type and the bytes of a saved page. UsageError as in `capture_to_try`."""
    media_type = media_type_of(path)
    try:
        return media_type, path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _location_on(domain: str, moment: datetime, policy: Policy) -> str | None:
    """Returns the address of the last declared location that is on a site and was valid at a moment.

    None if no location on that site was valid at that moment.
    """
    for location in reversed(policy.locations):
        host = urlsplit(location.url).hostname or ""
        if location.holds_at(moment) and (host == domain or host.endswith("." + domain)):
            return location.url
    return None


def _dates(since: object, until: object) -> str:
    parts = [f"from {since}"] * bool(since) + [f"until {until}"] * bool(until)
    return f" ({' '.join(parts)})" if parts else ""
