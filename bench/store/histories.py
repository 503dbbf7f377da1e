"""Long histories, made from the real captures in ../shared/warc, as if the policies had been crawled every day.

Each real capture is repeated as if the page had been fetched again. In each repetition, the tokens that a server
generates for every HTTP response are replaced (`NONCES`). If a page has no such tokens, a comment
like those of web caches is added.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from core.captures import Capture, sha256_hex

WARCS = Path(__file__).resolve().parents[3] / "shared" / "warc"

# The tokens that the servers of these pages generate for every HTTP response. The group in each pattern is the token.
NONCES = re.compile(
    rb"""
      nonce["']?\s*[=:]\s*["']([\w+/=-]{6,})["']                                # Content-Security-Policy, WordPress
    | (?:csrf|xsrf|authenticity)[\w-]*["']?[^<>]{0,40}?["']([\w+/=.-]{16,})["'] # tokens of forms
    | data-cfemail="([0-9a-f]+)"                                                # Cloudflare's hidden addresses
    | /cdn-cgi/l/email-protection\#([0-9a-f]+)
    | (?:["']?r["']?:\s*|ray["'=:\s]+)["']([0-9a-f]{16})["']                    # Cloudflare's request numbers
    | \b(1[3-7]\d{8}(?:\d{3})?)\b                                               # seconds or milliseconds since 1970
    """,
    re.X | re.I,
)
_CLOCK = 6  # the number of the group for times
_ALPHABETS = (b"0123456789", b"0123456789abcdef", b"0123456789ABCDEF")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_COMMENT = b"\n<!-- served %s by web-%02d in %.3f s, request %s -->\n"


@dataclass(frozen=True, slots=True)
class _Real:
    url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    media_type: str
    payload: bytes


def repeated(count: int, salt: str = "") -> Iterator[tuple[Capture, bytes]]:
    """Yields `count` captures with their payloads, policy by policy, and oldest first within each policy.

    salt: any text; different salts produce different tokens. SystemExit if there are no real captures.
    """
    histories = {path.name.removesuffix(".warc.gz"): _read(path) for path in sorted(WARCS.glob("*.warc.gz"))}
    if not histories:
        raise SystemExit(f"{WARCS} holds no captures to measure")
    total = sum(map(len, histories.values()))
    made = number = 0
    for name, history in histories.items():
        for real, next_real in zip(history, [*history[1:], None], strict=True):
            number += 1
            copies = count * number // total - made
            made += copies
            gap = (next_real.at - real.at if next_real else timedelta(days=90)) / max(copies, 1)
            page = _Page(real.payload)
            for copy in range(copies):
                payload = page.renewed(f"{salt} {name} {number} {copy}", real.at + gap * copy)
                yield _capture(name, real, real.at + gap * copy, payload), payload


class _Page:
    """A page, split into the tokens that the server generates for every HTTP response and the bytes between them."""

    def __init__(self, page: bytes) -> None:
        self._between: list[bytes] = []
        self._nonces: list[tuple[bytes, bool]] = []
        end = 0
        for match in NONCES.finditer(page):
            (group,) = (number for number, value in enumerate(match.groups(), 1) if value is not None)
            self._between.append(page[end : match.start(group)])
            self._nonces.append((match[group], group == _CLOCK))
            end = match.end(group)
        self._rest = page[end:]

    def renewed(self, seed: str, at: datetime) -> bytes:
        """Returns the bytes that the server would have sent for the page at another time.

        A token that occurs several times is replaced by the same new token everywhere. seed: determines the new tokens.
        at: the time at which the page is sent.
        """
        chance = random.Random(seed)  # noqa: S311  # the fixed seed makes every run produce the same pages
        values: dict[bytes, bytes] = {}
        parts: list[bytes] = []
        for before, (old, is_time) in zip(self._between, self._nonces, strict=True):
            if old not in values:
                values[old] = _now(old, at, chance) if is_time else _random(old, chance)
            parts += (before, values[old])
        parts.append(self._rest)
        if not values:
            number = b"%032x" % chance.getrandbits(128)
            parts.append(_COMMENT % (at.isoformat().encode(), chance.randrange(20), chance.random(), number))
        return b"".join(parts)


def _now(old: bytes, at: datetime, chance: random.Random) -> bytes:
    return (b"%d" % int(at.timestamp() * 1000 + chance.randrange(1000)))[: len(old)]


def _random(old: bytes, chance: random.Random) -> bytes:
    alphabet = next((letters for letters in _ALPHABETS if not set(old) - set(letters)), _BASE64)
    return bytes(chance.choice(alphabet) if byte in _BASE64 else byte for byte in old)


def _read(path: Path) -> list[_Real]:
    captures = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                captures.append(
                    _Real(
                        record.rec_headers.get_header("WARC-Target-URI"),
                        datetime.fromisoformat(record.rec_headers.get_header("WARC-Date")),
                        int(record.http_headers.get_statuscode()),
                        tuple(record.http_headers.headers),
                        record.http_headers.get_header("Content-Type") or "",
                        record.content_stream().read(),
                    )
                )
    return sorted(captures, key=lambda real: real.at)


def _capture(name: str, real: _Real, at: datetime, payload: bytes) -> Capture:
    return Capture(
        vendor=name.partition("-")[0],
        policy="privacy",
        source="live",
        captured_at=at,
        url=real.url,
        asked_url=real.url,
        status=real.status,
        headers=real.headers,
        media_type=real.media_type,
        sha256=sha256_hex(payload),
        requested_at=at,
        answered_at=at,
    )
