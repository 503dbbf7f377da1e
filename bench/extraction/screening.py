"""Measures whether the verdicts of extraction are right.

The benchmark reads pages that aren't the policy, policies that look like other pages, and all captures and policies in
../shared.
"""

import html
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from markdown_it import MarkdownIt

from bench.extraction.captures import CORPORA, SHARED, labelled_captures, policy_of
from core.captures import Capture, Verdict, sha256_hex
from core.plurals import plural
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

    def add(self, page: str, verdict: Verdict, reasons: Sequence[str | None]) -> None:
        """Counts the verdict on a page. reasons: the right reasons; None if the page is the policy."""
        self.pages += 1
        self.quarantined += verdict.name == "quarantined"
        self.right += verdict.reason in reasons
        if verdict.reason not in reasons:
            expected = " or ".join(reason or "accepted" for reason in reasons)
            self.notes.append(f"{page}: {verdict.reason} ({verdict.rule}: {verdict.evidence}), not {expected}")


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


def measure(index: str, corpus: str = "screening") -> Figures:
    """Reads the pages that an index in a corpus lists, and compares the verdicts with the index.

    index: `index.jsonl` for pages that aren't the policy, `good.jsonl` for policies.
    corpus: the folder in tests/corpora. In `screening_languages`, several reasons may be right for a page.
    """
    figures = Figures()
    folder = CORPORA / corpus
    for line in (folder / index).read_text("utf-8").splitlines():
        row = json.loads(line)
        payload = (folder / row["file"]).read_bytes()
        verdict = read(_capture(row, payload), payload).verdict
        reasons = row.get("reasons") or [row["reason"]]
        figures.add(row["file"], verdict, reasons)
    return figures


def measure_plain_pages() -> Figures:
    """Reads the policies and other documents of ../shared, each as text in a plain page.

    The page's title is the service's name alone. The page has a menu, the text and a footer.
    """
    figures = Figures()
    policies = SHARED / "policies"
    for path in sorted([*(policies / "english").iterdir(), *(policies / "kinds").iterdir()]):
        service, _, kind = path.stem.partition("--")
        address = "https://vendor.example/legal/document"
        row = {"policy": policy_of(kind), "url": address, "asked_url": address, "redirects": [], "status": 200}
        payload = _plain_page(service.replace("_", " "), path.read_text("utf-8"))
        verdict = read(_capture({**row, "headers": {}, "media_type": "text/html"}, payload), payload).verdict
        figures.add(path.name, verdict, [None])
    return figures


def _plain_page(service: str, markdown: str) -> bytes:
    text = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    name = html.escape(service)
    menu = "".join(f'<li><a href="/{entry}">{entry}</a></li>' for entry in ("products", "pricing", "about", "contact"))
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{name}</title></head><body>'
        f'<header><a href="/">{name}</a><nav><ul>{menu}</ul></nav></header><main>{text}</main>'
        f'<footer><p>© 2026 {name}</p><a href="/terms">Terms</a> <a href="/privacy">Privacy</a></footer></body></html>'
    ).encode()


def report(details: bool) -> Iterator[str]:
    """Yields the figures as lines to print.

    Captures and policies in ../shared that are quarantined are listed, so that a person can judge the verdicts.
    """
    for corpus, what in (
        ("screening", "in English and a few other languages"),
        ("screening_languages", "in 27 languages"),
    ):
        for index, description in (("index.jsonl", "not the policy"), ("good.jsonl", "the policy")):
            figures = measure(index, corpus)
            if details:
                yield from figures.notes
            yield (
                f"{figures.pages} pages {what} that are {description}: {figures.quarantined} quarantined, "
                f"{figures.right} with the right verdict"
            )
    if SHARED.is_dir():
        figures = measure_plain_pages()
        yield from figures.notes
        yield f"{figures.pages} documents of ../shared in plain pages: {figures.quarantined} quarantined"
        yield from _shared_captures()


def _shared_captures() -> Iterator[str]:
    total = 0
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for folder in ("warc", "warc-wide"):
        for labelled in labelled_captures(folder):
            total += 1
            verdict = read(labelled.capture, labelled.payload).verdict
            if verdict.name == "quarantined":
                counts[labelled.document, verdict.reason or "", verdict.rule, verdict.evidence[:100]] += 1
    for (document, reason, rule, evidence), count in sorted(counts.items()):
        yield f"  {document}: {plural(count, 'capture')} {reason} ({rule}): {evidence}"
    yield f"{total} captures of ../shared: {counts.total()} quarantined, listed above"
