"""Rules on the HTTP transfer. The rules judge the HTTP status, and whether the payload was cut off."""

import re

from core.captures import Capture, Verdict, implausible_time
from core.dates import iso
from extraction.screening import phrases
from extraction.screening.facts import Facts, PageFacts, first_markup, quarantined
from formats.transfers import missing_part

#: The number of bytes at a page's beginning that are searched for the markup of bot challenges. Challenges are small
#: pages, and the markup is near the beginning of the page.
CHALLENGE_BYTES = 60_000
# The end of a page inside an element, in the middle of a word or sentence.
_OPEN_END = re.compile(
    r"<(p|li|h[1-6]|td|div|span|a|strong|script)\b[^<>]*>"
    r"(?:[^<>]|</?(?:strong|em|b|i|u|a|span|br|sup|sub)\b[^<>]*>){0,2000}(?:[^\W\d_]|,)$",
    re.IGNORECASE,
)
# A page with fewer bytes than this isn't checked for a cut-off end, because the page may be an intentional HTML
# fragment.
_SHORTEST_CUT_PAGE = 1_000


def implausible_capture(capture: Capture) -> Verdict | None:
    """Returns the verdict on a capture whose time can't be true, or that was answered without a valid HTTP status.

    A record of a WARC file and a saved page may have no status, and a composed capture has none. None for all others.

    Evidence: the time of the capture, and when it was received; or the source.
    """
    if why := implausible_time(capture.captured_at, capture.answered_at):
        return quarantined("implausible", f"dated {iso(capture.captured_at)}, {why}")
    if capture.status is None and capture.source not in ("file", "warc"):
        return quarantined("implausible", "answered without an HTTP status between 100 and 999")
    return None


def status_verdict(capture: Capture, payload: bytes) -> Verdict | None:
    """Returns the verdict that follows from the HTTP status; None if the status is a success or is not known.

    Evidence: the status. If the status is an error other than 401, 404, 407 and 410, the page is also searched for the
    markup of a bot challenge, because servers send challenges with many different statuses.
    """
    status = capture.status
    if status is None or 200 <= status < 300:
        return None
    evidence = f"answered with HTTP status {status}"
    if status in (404, 410):
        return quarantined("not_found", evidence)
    if status < 400:
        return quarantined("empty", f"{evidence}, which carries no page")
    if status in (401, 407):
        return quarantined("login", evidence)
    challenge = first_markup(payload[:CHALLENGE_BYTES], phrases.CHALLENGE_MARKUP, phrases.CAPTCHA_MARKUP)
    if challenge:
        return quarantined("blocked", f"{evidence}; the page holds a challenge ({challenge})")
    if status == 429 or status >= 500 or status in (400, 408):
        return quarantined("unavailable", evidence)
    return quarantined("blocked", evidence)


def incomplete_transfer(capture: Capture, payload: bytes) -> Verdict | None:
    """Returns the verdict on a capture of which the transfer or the archive's record lacks a part; otherwise None.

    Evidence: what the archive's record says of itself, the status 206, or a payload with fewer bytes than announced.
    """
    provenance = capture.provenance
    if provenance is not None and provenance.truncated:
        return quarantined("truncated", f"the archive's record is incomplete: {provenance.truncated}")
    missing = missing_part(capture.status, capture.headers, len(payload))
    return quarantined("truncated", missing) if missing else None


def cut_off(facts: Facts) -> Verdict | None:
    """Quarantines a capture if the payload's end is certainly missing.

    Evidence: the payload is an HTML page that ends inside a tag or in the middle of a sentence.
    """
    payload = facts.payload
    if not isinstance(facts, PageFacts) or len(payload) < _SHORTEST_CUT_PAGE:
        return None
    if not re.search(rb"<(?:!doctype html|html|body)\b", payload[:4000], re.IGNORECASE):
        return None
    end = payload[-4000:].rstrip()[-2000:]
    last_characters = end[-40:].decode("ascii", "replace")
    # A complete page never ends inside a tag.
    if re.search(rb"<(?:/|/?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?)$", end):
        return quarantined("truncated", f"the page ends inside a tag: {last_characters!r}")
    if end.rfind(b"<!--") > end.rfind(b"-->"):
        return quarantined("truncated", f"the page ends inside a comment: {last_characters!r}")
    # Some authors never close their elements. But if a page has more than 12 end tags and still ends inside an element,
    # in the middle of a word or sentence, the page was cut off.
    if not re.search(rb"</(?:body|html)\s*>", end, re.IGNORECASE) and payload.count(b"</") > 12:
        element = _OPEN_END.search(end.decode("utf-8", "ignore"))
        if element:
            return quarantined("truncated", f"the page ends inside <{element[1]}>: {element[0][-40:]!r}")
    return None


#: The rules for all captures, in order.
RULES = (cut_off,)
