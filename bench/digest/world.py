"""Vendors, and new captures of their policies, written in bulk."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import create_engine, func, insert, select, update
from sqlalchemy.orm import Session

from bench.scale.generate import VERSIONS_EACH, Watched, capture_of, document_of, page_of
from core.captures import sha256_hex
from core.declarations import Vendor
from core.policies import PolicyKey
from core.preferences import FREQUENCIES, THRESHOLDS, Preferences
from diffing.sameness import version_id
from formats.document_json import encode
from intake.policy_reader import EXTRACTOR_NAME, declared_of, reader_of
from reports.digest_email import Links
from storage import counts
from storage.capture_rows import capture_identity, row_values
from storage.payloads.compression import compress
from storage.tables.models import CaptureRow, DocumentRow, PayloadRow, PolicyRow, ReadingRow
from storage.tables.search_models import INDEXED_POLICIES
from storage.tables.subscription_models import ComposingRow, SubscriberRow, WatchedRow

SENDER = "clausewatch@operator.example"
# Whoever has so many subscribers has a reading room for them. Without one, each e-mail would have its reports attached.
LINKS = Links("https://room.example", "a secret of the benchmark")
CAPTURES_EACH = 20  # two of each version, so that no text may be held


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
    """Adds a live capture of each policy. The first policies show a new text.

    changed: the number of policies with a new text. at: the time of the captures.
    """
    versions = [VERSIONS_EACH - (number >= changed) for number in range(len(watched))]
    capture_versions(url, watched, versions, range(changed), at)


def capture_versions(
    url: str, watched: Sequence[Watched], versions: Sequence[int], changed: Collection[int], at: datetime
) -> None:
    """Adds a live capture of each policy, and a second one of each new text, which confirms it.

    versions: the number of the version that each policy shows. changed: the places of the policies that show it for the
    first time. at: the time of the captures.
    """
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        next_id = (session.scalar(select(func.max(CaptureRow.id))) or 0) + 1
        rows: dict[Any, list[dict[str, Any]]] = {
            table: [] for table in (PayloadRow, DocumentRow, CaptureRow, ReadingRow)
        }
        for number, policy in enumerate(watched):
            is_changed = number in changed
            version = versions[number]
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
        new = [policy for number, policy in enumerate(watched) for _ in range(2 if number in changed else 1)]
        counts.add(session, captures=[PolicyKey(policy.vendor, policy.policy) for policy in new])
        values = {"revision": PolicyRow.revision + 1, "newest": at + timedelta(minutes=5)}
        session.execute(update(PolicyRow).values(values).execution_options(synchronize_session=False))
    engine.dispose()


def index_all(url: str, first: Watched) -> None:
    """Writes for each policy what the index of clauses knows of it, without the clauses: digests don't read these.

    first: a policy that is indexed already.
    """
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        indexed = INDEXED_POLICIES.c
        of_first = indexed.vendor == first.vendor, indexed.policy == first.policy
        known = dict(session.execute(select(INDEXED_POLICIES).where(*of_first)).one()._mapping)
        query = (
            select(
                CaptureRow.vendor,
                CaptureRow.policy,
                ReadingRow.reader,
                ReadingRow.version_id,
                func.min(CaptureRow.captured_at, type_=CaptureRow.captured_at.type),
                func.min(CaptureRow.id),
                func.max(CaptureRow.captured_at, type_=CaptureRow.captured_at.type),
            )
            .join(ReadingRow, ReadingRow.capture_id == CaptureRow.id)
            .group_by(CaptureRow.vendor, CaptureRow.policy, ReadingRow.reader, ReadingRow.version_id)
        )
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for vendor, policy, reader, version, begin, capture_id, newest in session.execute(query):
            names = {"vendor": vendor, "policy": policy, "reader": reader}
            row = rows.setdefault((vendor, policy), known | names | {"periods": []})
            row["periods"].append([version, begin.isoformat(timespec="microseconds"), capture_id])
            row["newest"] = max(newest, row["newest"])
        del rows[first.vendor, first.policy]
        for row in rows.values():
            row["periods"].sort(key=lambda period: period[1])
            row["steady_version"] = row["periods"][-1][0]
        session.execute(insert(INDEXED_POLICIES), list(rows.values()))
    engine.dispose()


def subscribe_many(url: str, watched: Sequence[Watched], numbers: range, since: datetime) -> None:
    """Adds subscribers with choices as people make them, drawn by the number of each subscriber.

    Of a hundred, three watch all vendors, and the others watch one to eight, some of them only one of the policies.
    Well-known vendors are chosen more often. Most get digests with each run, others daily or weekly, at several hours.
    """
    vendors = list(dict.fromkeys(policy.vendor for policy in watched))
    rows: dict[Any, list[dict[str, Any]]] = {SubscriberRow: [], WatchedRow: []}
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        newest = session.scalar(select(func.max(CaptureRow.id))) or 0
        composing = session.scalar(select(ComposingRow.number)) or 0
        for number in numbers:
            draw = Random(number)  # noqa: S311  (nothing secret)
            names = set()
            if number % 100 >= 3:
                for _ in range(draw.randint(1, 8)):
                    vendor = vendors[int(len(vendors) * draw.random() ** 2)]
                    names.add(vendor if draw.random() < 0.8 else f"{vendor}/privacy")
            chosen = sorted(name for name in names if name.partition("/")[0] not in names - {name})
            preferences = Preferences(
                draw.choices(THRESHOLDS, (7, 1, 2))[0],
                ("retention", "months") if draw.random() < 0.05 else (),
                draw.choices(FREQUENCIES, (60, 25, 15))[0],
                time(draw.randint(5, 9)),
                weekday=draw.randint(0, 6),
                dates=draw.choice(["", "", "de"]),
            )
            address = f"reader{number}@client.example"
            rows[SubscriberRow].append(
                {
                    "id": number + 1,
                    "address": address,
                    "mailbox": address,
                    "vendors": chosen,
                    "caught_up": False,
                    "digests": 0,
                    "preferences": preferences.to_dict(),
                    "served_in": composing,
                }
            )
            rows[WatchedRow] += [
                {
                    "subscriber_id": number + 1,
                    "vendor": name,
                    "since": since,
                    "newest_capture_id": newest,
                    "composed_in": composing,
                }
                for name in chosen or [""]
            ]
        for table, table_rows in rows.items():
            session.execute(insert(table), table_rows)
    engine.dispose()


def _stored(plain: bytes) -> dict[str, Any]:
    return {"sha256": sha256_hex(plain), "size": len(plain), "data": compress(plain)}
