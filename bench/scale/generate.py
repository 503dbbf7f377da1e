"""Generates databases of a given size, with the rows that clausewatch stores in some years of use.

Each policy has 100 captures, twelve days apart, which show ten versions one after another. The rows are written in
bulk. The extractor does not read the pages; the documents of the pages are generated, too. The vendors'
declarations are written to a folder of YAML files.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, insert
from sqlalchemy import text as sql_text
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
#: A time after all generated captures.
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
    """A watched policy. vendor: the vendor's slug. policy: the policy's slug."""

    vendor: str
    policy: str

    @property
    def url(self) -> str:
        """The address at which the policy is published."""
        return f"https://www.{self.vendor}.example/legal/{self.policy}"

    @property
    def declared(self) -> Policy:
        """The policy's declaration."""
        return Policy(locations=(Location(url=self.url),))


def policies(captures: int) -> list[Watched]:
    """Returns the policies of a database with the given number of captures. Each vendor has five policies."""
    count = captures // CAPTURES_EACH
    return [
        Watched(f"vendor{number // len(_POLICIES_EACH):05}", _POLICIES_EACH[number % len(_POLICIES_EACH)])
        for number in range(count)
    ]


def write_declarations(folder: Path, watched: list[Watched]) -> None:
    """Writes the declarations of policies to a folder, one YAML file for each vendor."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for policy in watched:
        begin = [f"name: The {policy.vendor} company", f"homepage: https://www.{policy.vendor}.example/", "policies:"]
        lines.setdefault(policy.vendor, begin).extend(
            (f"  {policy.policy}:", "    locations:", f"      - url: {policy.url}"),
        )
    for vendor, vendor_lines in lines.items():
        (folder / f"{vendor}.yaml").write_text("\n".join(vendor_lines) + "\n", encoding="utf-8")


def page_of(watched: Watched, version: int) -> bytes:
    """Returns the page that shows a version of a policy, as bytes that a server would send.

    version: the version's number, from 0.
    """
    document = document_of(watched, version)
    heading, *others = document.clauses
    text = "\n".join(
        f"<h2>{clause.text}</h2>" if clause.kind == "heading" else f"<p>{clause.text}</p>" for clause in others
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{document.title}</title></head><body><main>'
        f"<h1>{heading.text}</h1>\n{text}</main></body></html>"
    ).encode()


def document_of(watched: Watched, version: int) -> Document:
    """Returns the document of the page that `page_of` returns.

    The document has 36 clauses. One or two clauses differ between consecutive versions.
    """
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
    """Returns a capture of a page.

    number: odd for a live capture, even for an archived capture. at: the capture's time.
    """
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
    """Fills a database with captures of policies. url: the URL of a database that is empty or doesn't exist."""
    Database(url).close()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    first_id = 1
    for begin in range(0, len(watched), _POLICIES_A_BATCH):
        batch = watched[begin : begin + _POLICIES_A_BATCH]
        with Session(engine) as session, session.begin():
            if engine.dialect.name == "sqlite":
                session.execute(sql_text("PRAGMA synchronous = OFF"))
            rows = _rows(batch, first_id, captures_each)
            for table, table_rows in rows.items():
                session.execute(insert(table), table_rows)
            first_id += len(rows[CaptureRow])
    _finish(engine)
    engine.dispose()


def _rows(batch: list[Watched], first_id: int, captures_each: int) -> dict[Any, list[dict[str, Any]]]:
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (PayloadRow, DocumentRow, CaptureRow, ReadingRow, PolicyRow, CountRow)
    }
    for watched in batch:
        declared = watched.declared
        reader = reader_of(declared)
        versions = [_version(watched, number, rows) for number in range(VERSIONS_EACH)]
        for number in range(captures_each):
            payload, document_sha256, version = versions[number * VERSIONS_EACH // captures_each]
            capture = capture_of(watched, number, payload, BEGIN + number * EVERY * CAPTURES_EACH / captures_each)
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
                    "needs_browser": False,
                    "rule": "",
                    "document_sha256": document_sha256,
                    "version_id": version,
                }
            )
        rows[CountRow].append(
            {"vendor": watched.vendor, "policy": watched.policy, "captures": captures_each, "reviews": 0}
        )
        rows[PolicyRow].append(
            {
                "vendor": watched.vendor,
                "policy": watched.policy,
                "reader": reader,
                "newest": capture.captured_at,
                "revision": 1,
                "composed_revision": 1,
            }
        )
    return rows


def _version(watched: Watched, number: int, rows: dict[Any, list[dict[str, Any]]]) -> tuple[bytes, str, str]:
    """Adds the page and the document of a version to the rows.

    Returns the page, the document's SHA-256, and the version's id.
    """
    payload, document = page_of(watched, number), document_of(watched, number)
    data = encode(document)
    for table, plain in ((PayloadRow, payload), (DocumentRow, data)):
        # Every payload is stored whole and in the database.
        rows[table].append({"sha256": sha256_hex(plain), "size": len(plain), "data": compress(plain)})
    return payload, sha256_hex(data), version_id(document)


def _finish(engine: Engine) -> None:
    """Makes PostgreSQL continue after the last written key, and collect statistics for the query planner."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            for statement in (
                "SELECT setval(pg_get_serial_sequence('captures', 'id'), (SELECT max(id) FROM captures))",
                "VACUUM ANALYZE",
            ):
                connection.execute(sql_text(statement))
