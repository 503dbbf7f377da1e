"""Captures of a fictional policy, which tests put into a store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy

URL = "https://www.marmot.example/privacy"
POLICY = Policy(locations=(Location(url=URL),))
BEGIN = datetime(2019, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)

_PAGE = """<!DOCTYPE html><html lang="en"><head><title>Privacy policy - Marmot Mail</title></head><body><main>
<h1>Privacy policy</h1>
<p>This policy says which personal data Marmot Mail collects when you use our service, and what we do with it.</p>
<h2>What we collect</h2>
<p>When you open an account we ask for your name and your e-mail address, and we store the messages you send.</p>
<p>{sentence}</p>
<h2>Your rights</h2>
<p>You may ask us at any time for a copy of your personal data, have it corrected, or have it deleted.</p>
<p>Write to our data protection officer if you have questions about this privacy policy or about cookies.</p>
</main></body></html>"""


def page(sentence: str) -> bytes:
    """Returns the HTML of the policy's page with one variable sentence. sentence: the text of that sentence."""
    return _PAGE.format(sentence=sentence).encode()


def capture_of(payload: bytes, days: float = 0, **fields: Any) -> Capture:
    """Returns a capture of a payload.

    days: the time of the capture, in days after `BEGIN`.
    fields: values that replace the default values of the capture.
    """
    moment = BEGIN + timedelta(days=days)
    return Capture(
        **{
            "vendor": "marmot",
            "policy": "privacy",
            "source": "live",
            "captured_at": moment,
            "url": URL,
            "asked_url": URL,
            "status": 200,
            "media_type": "text/html; charset=utf-8",
            "sha256": sha256_hex(payload),
            "requested_at": moment - timedelta(seconds=2),
            "answered_at": moment,
            **fields,
        }
    )
