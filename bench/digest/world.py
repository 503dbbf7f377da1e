"""Vendors, and new captures of their policies, written in bulk."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, func, insert, select, update
from sqlalchemy.orm import Session

from bench.scale.generate import VERSIONS_EACH, Watched, capture_of, document_of, page_of
from core.captures import sha256_hex
from core.declarations import Vendor
from core.policies import PolicyKey
from diffing.sameness import version_id
from formats.document_json import encode
from intake.policy_reader import EXTRACTOR_NAME, declared_of, reader_of
from storage import counts
from storage.capture_rows import capture_identity, row_values
from storage.payloads.compression import compress
from storage.tables.models import CaptureRow, DocumentRow, PayloadRow, PolicyRow, ReadingRow


def vendors_of(watched: Sequence[Watched]) -> Mapping[str, Vendor]:
    """Returns the declarations of the vendors, by slug."""
    declared: dict[str, dict[str, Any]] = {}
    for policy in watched:
        declared.setdefault(policy.vendor, {})[policy.policy] = policy.declared
    return {
        slug: Vendor(slug=slug, name=f"The {slug} company", homepage=f"https://www.{slug}.example/", policies=policies)
        for slug, policies in declared.items()
    }


def capture_anew(url: str, watched: Sequence[Watched], changed: int, at: datetime) -> None:
    """Adds a live capture of each policy. Some policies show a new text, which a second capture confirms.

    changed: the number of policies with a new text. at: the time of the captures.
    """
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        next_id = (session.scalar(select(func.max(CaptureRow.id))) or 0) + 1
        rows: dict[Any, list[dict[str, Any]]] = {
            table: [] for table in (PayloadRow, DocumentRow, CaptureRow, ReadingRow)
        }
        for number, policy in enumerate(watched):
            is_changed = number < changed
            version = VERSIONS_EACH - 1 + is_changed
            payload, document = page_of(policy, version), document_of(policy, version)
            data = encode(document)
            if is_changed:
                rows[PayloadRow].append(_stored(payload))
                rows[DocumentRow].append(_stored(data))
            for moment in (at, at + timedelta(minutes=5)) if is_changed else (at,):
                capture = capture_of(policy, 1, payload, moment)
                rows[CaptureRow].append({"id": next_id, **row_values(capture, capture_identity(capture))})
                rows[ReadingRow].append(
                    {
                        "capture_id": next_id,
                        "reader": reader_of(policy.declared),
                        "extractor": EXTRACTOR_NAME,
                        "declared": declared_of(policy.declared, policy.declared.locations[0]),
                        "language": "en",
                        "verdict": "accepted",
                        "reason": None,
                        "evidence": "",
                        "needs_browser": False,
                        "rule": "",
                        "document_sha256": sha256_hex(data),
                        "version_id": version_id(document),
                    }
                )
                next_id += 1
        for table, table_rows in rows.items():
            if table_rows:
                session.execute(insert(table), table_rows)
        new = [policy for number, policy in enumerate(watched) for _ in range(2 if number < changed else 1)]
        counts.add(session, captures=[PolicyKey(policy.vendor, policy.policy) for policy in new])
        values = {"revision": PolicyRow.revision + 1, "newest": at + timedelta(minutes=5)}
        session.execute(update(PolicyRow).values(values).execution_options(synchronize_session=False))
    engine.dispose()


def _stored(plain: bytes) -> dict[str, Any]:
    return {"sha256": sha256_hex(plain), "size": len(plain), "data": compress(plain)}
