"""Rules on how the bytes came: the HTTP status, and whether the payload was cut off."""

import re

from core.captures import Capture, Verdict
from extraction.screening import phrases
from extraction.screening.facts import Facts, PageFacts, first_markup, quarantined

# Challenges are small pages, and their markup stands near the beginning.
CHALLENGE_BYTES = 60_000
# A shorter page may be a fragment that somebody wrote so.
_SHORTEST_CUT_PAGE = 1_000


def status_verdict(capture: Capture, payload: bytes) -> Verdict | None:
    """Returns the verdict by the HTTP status; None for a success, and if there was no status.

    Evidence: the status; among refusals, the markup of a challenge, since challenges are sent with many statuses.
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


def cut_off(facts: Facts) -> Verdict | None:
    """Quarantines a payload that was certainly cut off.

    Evidence: fewer bytes than Content-Length announced, or an HTML page that ends inside a tag or in the middle of a
    sentence.
    """
    capture, payload = facts.capture, facts.payload
    headers = {name.lower(): value for name, value in capture.headers}
    length = headers.get("content-length", "")
    coded = headers.get("content-encoding", "identity").lower() not in ("", "identity")
    if length.isdecimal() and not coded and "transfer-encoding" not in headers and len(payload) < int(length):
        return quarantined("truncated", f"{len(payload)} bytes came of the {length} the server announced")
    if not isinstance(facts, PageFacts) or len(payload) < _SHORTEST_CUT_PAGE:
        return None
    if not re.search(rb"<(?:!doctype html|html|body)\b", payload[:4000], re.IGNORECASE):
        return None
    end = payload[-4000:].rstrip()[-2000:]
    shown = end[-40:].decode("ascii", "replace")
    # Nobody leaves a tag open at the very end of a page.
    if re.search(rb"<(?:/|/?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?)$", end):
        return quarantined("truncated", f"the page ends inside a tag: {shown!r}")
    # Nor does a page that closes its elements elsewhere leave one open at the end, in the middle of a word or sentence.
    if not re.search(rb"</(?:body|html)\s*>", end, re.IGNORECASE) and payload.count(b"</") > 12:
        element = re.search(rb"<(p|li|h[1-6]|td|div|span|a|strong|script)\b[^<>]*>[^<>]*[a-zA-Z,]$", end, re.IGNORECASE)
        if element:
            return quarantined("truncated", f"the page ends inside <{element[1].decode()}>: {shown!r}")
    return None
