"""Measures whether the verdicts of extraction are right.

The benchmark reads pages that aren't the policy, policies that look like other pages, and all captures and policies in
../shared.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.extraction.captures import CORPORA, SHARED, labelled_captures
from core.captures import Capture, sha256_hex
from core.dates import iso
from extraction import read


@dataclass(slots=True)
class Figures:
    """The results on pages for which the right verdict is known.

    pages: the number of pages.
    quarantined: the number of pages that were quarantined.
    right: the number of pages whose verdict has the right reason.
    notes: a line for each wrong verdict.
    """

    pages: int = 0
    quarantined: int = 0
    right: int = 0
    notes: list[str] = field(default_factory=list)


def _capture(row: Mapping[str, Any], payload: bytes) -> Capture:
    return Capture(
        vendor="vendor",
        policy=row["policy"],
        source="live",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        url=row["url"],
        asked_url=row["asked_url"],
        redirects=tuple(row["redirects"]),
        status=row["status"],
        headers=tuple(row["headers"].items()),
        media_type=row["media_type"],
        sha256=sha256_hex(payload),
    )


def measure(index: str) -> Figures:
    """Reads the pages that an index in tests/corpora/screening lists, and compares the verdicts with the index.

    index: `index.jsonl` for pages that aren't the policy, `good.jsonl` for policies.
    """
    figures = Figures()
    for line in (CORPORA / "screening" / index).read_text("utf-8").splitlines():
        row = json.loads(line)
        payload = (CORPORA / "screening" / row["file"]).read_bytes()
        verdict = read(_capture(row, payload), payload).verdict
        figures.pages += 1
        figures.quarantined += verdict.name == "quarantined"
        figures.right += verdict.reason == row["reason"]
        if verdict.reason != row["reason"]:
            figures.notes.append(f"{row['file']}: {verdict.reason} ({verdict.evidence}), not {row['reason']}")
    return figures


def report(details: bool) -> Iterator[str]:
    """Yields the figures as lines to print.

    Captures and policies in ../shared that are quarantined are listed, so that a person can judge the verdicts.
    """
    for index, description in (("index.jsonl", "not the policy"), ("good.jsonl", "the policy")):
        figures = measure(index)
        if details:
            yield from figures.notes
        yield (
            f"{figures.pages} pages that are {description}: {figures.quarantined} quarantined, "
            f"{figures.right} with the right verdict"
        )
    if SHARED.is_dir():
        yield from _shared()


def _shared() -> Iterator[str]:
    total = 0
    for labelled in labelled_captures():
        total += 1
        verdict = read(labelled.capture, labelled.payload).verdict
        if verdict.name == "quarantined":
            yield f"  {labelled.document} {iso(labelled.capture.captured_at)} {verdict.reason}: {verdict.evidence}"
    for path in _shared_policies():
        total += 1
        payload = path.read_bytes()
        address = f"https://vendor.example/{path.stem}"
        row: dict[str, Any] = {
            "policy": "privacy",
            "url": address,
            "asked_url": address,
            "redirects": [],
            "status": None,
            "headers": {},
            "media_type": "text/markdown" if path.suffix == ".md" else "text/plain",
        }
        verdict = read(_capture(row, payload), payload).verdict
        if verdict.name == "quarantined":
            yield f"  {path.name} {verdict.reason}: {verdict.evidence}"
    yield f"{total} captures and policies of ../shared; the quarantined captures and policies are listed above"


def _shared_policies() -> list[Path]:
    """Returns the privacy policies in ../shared. The folder policies/kinds contains other documents and is left out."""
    policies = SHARED / "policies"
    return [*policies.glob("*.txt"), *(policies / "english").iterdir(), *(SHARED / "pairs").iterdir()]
