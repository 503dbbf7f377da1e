"""Pages that are not the policy, and policies that look as if they were not."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from bench.extraction.captures import CORPORA, SHARED, labelled
from core.captures import Capture, sha256_hex
from core.dates import iso
from extraction import read


def _capture(known: dict[str, Any], payload: bytes) -> Capture:
    return Capture(
        vendor="vendor",
        policy=known["policy"],
        source="live",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        url=known["url"],
        asked_url=known["asked_url"],
        redirects=tuple(known["redirects"]),
        status=known["status"],
        headers=tuple(known["headers"].items()),
        media_type=known["media_type"],
        sha256=sha256_hex(payload),
    )


def measure(*, details: bool) -> None:
    """Quarantined with the right reason; real policies quarantined."""
    for index, kind in (("index.jsonl", "not the policy"), ("good.jsonl", "the policy")):
        verdicts: Counter[str] = Counter()
        right = total = held_back = 0
        for line in (CORPORA / "screening" / index).read_text("utf-8").splitlines():
            known = json.loads(line)
            payload = (CORPORA / "screening" / known["file"]).read_bytes()
            verdict = read(_capture(known, payload), payload).verdict
            verdicts[verdict.reason or "accepted"] += 1
            total += 1
            held_back += verdict.name == "quarantined"
            right += verdict.reason == known["reason"]
            if details and verdict.reason != known["reason"]:
                print(f"{known['file']}: {verdict.reason} ({verdict.evidence}), not {known['reason']}")
        print(f"{total} pages that are {kind}: {held_back} quarantined, {right} with the right verdict")
    if SHARED.is_dir():
        _shared()


def _shared() -> None:
    """Every quarantined capture and policy of ../shared, to be looked at by a person."""
    total = 0
    for one in labelled():
        total += 1
        verdict = read(one.capture, one.payload).verdict
        if verdict.name == "quarantined":
            print(f"  {one.document} {iso(one.capture.captured_at)} {verdict.reason}: {verdict.evidence}")
    texts = [*(SHARED / "policies").rglob("*.txt"), *(SHARED / "policies").rglob("*.md"), *(SHARED / "pairs").iterdir()]
    for path in texts:
        total += 1
        payload = path.read_bytes()
        media_type = "text/markdown" if path.suffix == ".md" else "text/plain"
        place = {"url": f"https://vendor.example/{path.stem}", "asked_url": f"https://vendor.example/{path.stem}"}
        known = {"policy": "privacy", "redirects": [], "status": None, "headers": {}, "media_type": media_type, **place}
        verdict = read(_capture(known, payload), payload).verdict
        if verdict.name == "quarantined":
            print(f"  {path.name} {verdict.reason}: {verdict.evidence}")
    print(f"{total} captures and policies of ../shared, those above quarantined")
