"""Databases of a known size: policies watched for years, as the program would have written them.

Each policy has 100 captures, twelve days apart, which show ten versions one after the other. The rows are written in
bulk, with what the extractor would make of the pages written beside them; the pages are never read. What the vendors'
declarations say is written as a folder of YAML files.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, insert, text
from sqlalchemy.orm import Session

from core.captures import Capture, sha256_hex
from core.clauses import Clause, Document
from core.declarations import Location, Policy
from diffing.sameness import version_id
from formats.document_json import encode
from intake.policy_reader import EXTRACTOR_NAME, declared_of, reader_of
from storage.capture_rows import capture_identity, row_values
from storage.database import Database
from storage.payloads.compression import compress
from storage.tables.models import CaptureRow, CountRow, DocumentRow, PayloadRow, PolicyRow, ReadingRow

CAPTURES_EACH, VERSIONS_EACH = 100, 10
BEGIN = datetime(2021, 1, 1, 6, tzinfo=UTC)
EVERY = timedelta(days=12)
#: After all captures that are generated.
AFTER = BEGIN + CAPTURES_EACH * EVERY

_TITLES = {
    "privacy": "Privacy policy",
    "cookies": "Cookie policy",
    "terms": "Terms of service",
    "subprocessors": "Subprocessors",
    "dpa": "Data processing agreement",
}
_POLICIES_EACH = tuple(_TITLES)
_POLICIES_A_BATCH = 50

_HEADERS = (
    ("Date", "Fri, 01 Jan 2021 06:00:00 GMT"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("Transfer-Encoding", "chunked"),
    ("Connection", "keep-alive"),
    ("Server", "nginx"),
    ("Vary", "Accept-Encoding, Cookie"),
    ("Cache-Control", "max-age=600, must-revalidate, private"),
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Content-Security-Policy", "default-src 'self'; img-src * data:; script-src 'self' 'nonce-f3a1c9'"),
    ("Set-Cookie", "session=; Path=/; Secure; HttpOnly; SameSite=Lax"),
)
_SUBJECTS = ("your name and address", "what you write to us", "the pages you visit", "your payments", "your device")
_USES = ("to keep your account", "to answer you", "to bill what you order", "to prevent fraud", "to mend our service")


@dataclass(frozen=True, slots=True)
class Watched:
    """A policy that is watched: the slugs, and the address it is published at."""

    vendor: str
    policy: str

    @property
    def url(self) -> str:
        """Where it is published."""
        return f"https://www.{self.vendor}.example/legal/{self.policy}"

    @property
    def declared(self) -> Policy:
        """Its declaration."""
        return Policy(locations=(Location(url=self.url),))


def policies(captures: int) -> list[Watched]:
    """The policies of a database of so many captures, five of each vendor."""
    count = captures // CAPTURES_EACH
    return [
        Watched(f"vendor{number // len(_POLICIES_EACH):05}", _POLICIES_EACH[number % len(_POLICIES_EACH)])
        for number in range(count)
    ]


def write_declarations(folder: Path, watched: list[Watched]) -> None:
    """A YAML file for each vendor of these policies."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for one in watched:
        begin = [f"name: The {one.vendor} company", f"homepage: https://www.{one.vendor}.example/", "policies:"]
        lines.setdefault(one.vendor, begin).extend(
            (f"  {one.policy}:", "    locations:", f"      - url: {one.url}"),
        )
    for vendor, its in lines.items():
        (folder / f"{vendor}.yaml").write_text("\n".join(its) + "\n", encoding="utf-8")


def page_of(watched: Watched, version: int) -> bytes:
    """The page that shows a version of a policy, from 0, as a server sends it."""
    document = document_of(watched, version)
    heading, *others = document.clauses
    said = "\n".join(
        f"<h2>{clause.text}</h2>" if clause.kind == "heading" else f"<p>{clause.text}</p>" for clause in others
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{document.title}</title></head><body><main>'
        f"<h1>{heading.text}</h1>\n{said}</main></body></html>"
    ).encode()


def document_of(watched: Watched, version: int) -> Document:
    """What that page says: 36 clauses, of which the versions differ in one or two."""
    clauses: list[Clause] = []
    title = _TITLES[watched.policy]

    def add(kind: Any, path: tuple[str, ...], words: str) -> None:
        clauses.append(Clause(len(clauses), kind, None, path, words))

    add("heading", (), title)
    for number, subject in enumerate(_SUBJECTS, start=1):
        heading = f"What we do with {subject}"
        add("heading", (title,), heading)
        for use in _USES:
            changed = f" for {12 + version} months" if number == 1 + version % len(_SUBJECTS) and "bill" in use else ""
            add(
                "paragraph",
                (title, heading),
                f"{watched.vendor} collects {subject}{changed}, and uses this personal data {use}; its "
                f"{title} says how, and our data protection officer answers your questions about it.",
            )
        add("paragraph", (title, heading), "You may object to this at any time, and have the data deleted.")
    return Document(f"{title} of {watched.vendor}", "en", None, tuple(clauses))


def capture_of(watched: Watched, number: int, payload: bytes, at: datetime) -> Capture:
    """A capture of that page at that time."""
    return Capture(
        vendor=watched.vendor,
        policy=watched.policy,
        source="live" if number % 2 else "wayback",
        captured_at=at,
        url=watched.url,
        asked_url=watched.url,
        status=200,
        headers=_HEADERS,
        media_type="text/html; charset=utf-8",
        sha256=sha256_hex(payload),
        requested_at=at - timedelta(seconds=1),
        answered_at=at,
    )


def fill(url: str, watched: list[Watched], captures_each: int = CAPTURES_EACH) -> None:
    """Write captures of these policies into an empty database at the present schema."""
    Database(url).close()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    first_id = 1
    for begin in range(0, len(watched), _POLICIES_A_BATCH):
        batch = watched[begin : begin + _POLICIES_A_BATCH]
        with Session(engine) as session, session.begin():
            if engine.dialect.name == "sqlite":
                session.execute(text("PRAGMA synchronous = OFF"))
            rows = _rows(batch, first_id, captures_each)
            for table, its in rows.items():
                session.execute(insert(table), its)
            first_id += len(rows[CaptureRow])
    _finish(engine)
    engine.dispose()


def _rows(batch: list[Watched], first_id: int, captures_each: int) -> dict[Any, list[dict[str, Any]]]:
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (PayloadRow, DocumentRow, CaptureRow, ReadingRow, PolicyRow, CountRow)
    }
    for one in batch:
        declared = one.declared
        reader = reader_of(declared)
        versions = [_version(one, number, rows) for number in range(VERSIONS_EACH)]
        for number in range(captures_each):
            payload, document_sha256, its_version_id = versions[number * VERSIONS_EACH // captures_each]
            capture = capture_of(one, number, payload, BEGIN + number * EVERY * CAPTURES_EACH / captures_each)
            capture_id = first_id + len(rows[CaptureRow])
            columns = row_values(capture, capture_identity(capture))
            rows[CaptureRow].append({"id": capture_id, **columns})
            rows[ReadingRow].append(
                {
                    "capture_id": capture_id,
                    "reader": reader,
                    "extractor": EXTRACTOR_NAME,
                    "declared": declared_of(declared, declared.locations[0]),
                    "language": "en",
                    "verdict": "accepted",
                    "reason": None,
                    "evidence": "",
                    "document_sha256": document_sha256,
                    "version_id": its_version_id,
                }
            )
        rows[CountRow].append({"vendor": one.vendor, "policy": one.policy, "captures": captures_each, "reviews": 0})
        rows[PolicyRow].append(
            {
                "vendor": one.vendor,
                "policy": one.policy,
                "reader": reader,
                "newest": capture.captured_at,
                "revision": 1,
                "composed": 1,
            }
        )
    return rows


def _version(one: Watched, number: int, rows: dict[Any, list[dict[str, Any]]]) -> tuple[bytes, str, str]:
    """The page of a version, its document's digest, and its id; page and document are among the rows then."""
    payload, document = page_of(one, number), document_of(one, number)
    data = encode(document)
    for table, plain in ((PayloadRow, payload), (DocumentRow, data)):
        # By themselves and in the database, whatever their size.
        rows[table].append({"sha256": sha256_hex(plain), "size": len(plain), "data": compress(plain)})
    return payload, sha256_hex(data), version_id(document)


def _finish(engine: Engine) -> None:
    """What the database does by itself in time: count up from the keys given, and know what its tables hold."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            for statement in (
                "SELECT setval(pg_get_serial_sequence('captures', 'id'), (SELECT max(id) FROM captures))",
                "VACUUM ANALYZE",
            ):
                connection.execute(text(statement))
