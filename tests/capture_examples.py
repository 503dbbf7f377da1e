"""One capture of each kind. Tests check that these captures are always stored in the same form.

`FILE` is a saved page. `BOTH` is composed of a page as served and the same page as rendered. `PAGES` is composed of two
pages.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from core.archives import Provenance, WebArchive
from core.captures import Capture, sha256_hex
from formats.multipart import compose

AT = datetime(2019, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
#: The name of a made-up archive, for tests with a second archive.
OTHER_ARCHIVE = cast(WebArchive, "sundial")


def capture(payload: bytes = b"page", **fields: Any) -> Capture:
    """Returns a live capture of a payload. fields: values that replace the default values of the capture."""
    return Capture(
        **{
            "vendor": "marmot",
            "policy": "privacy",
            "source": "live",
            "captured_at": AT,
            "url": "https://www.marmot.example/p",
            "asked_url": "https://www.marmot.example/privacy",
            "redirects": ("https://www.marmot.example/privacy",),
            "status": 200,
            "headers": (("X", "é"),),
            "media_type": "text/html",
            "sha256": sha256_hex(payload),
            "requested_at": AT - timedelta(seconds=1),
            "answered_at": AT,
            **fields,
        }
    )


IDENTIFIERS = {
    "timestamp": "20190304050607",
    "digest": "AAAA",
    "urlkey": "example,marmot)/p",
    "memento": "http://a/web/20190304050607id_/x",
}
LIVE = capture()
WAYBACK = capture(source="wayback", provenance=Provenance("wayback", IDENTIFIERS))
WARC = capture(
    source="warc", requested_at=None, answered_at=None, provenance=Provenance("warc", {"record_id": "<urn:uuid:1>"})
)
FILE = capture(source="file", status=None, headers=(), redirects=(), requested_at=None, answered_at=None)
RENDERED = capture(b"rendered", headers=(), rendered_by="Chromium 130.0")
BOTH, BOTH_PAYLOAD = compose("alternative", [(LIVE, b"page"), (RENDERED, b"rendered")], "it came to no end")
PAGES, PAGES_PAYLOAD = compose("mixed", [(LIVE, b"page"), (BOTH, BOTH_PAYLOAD)])
