"""Measures how long the comparison takes on real pairs of policies, and how long other diff tools take.

    pip install redlines lxml
    python -m bench.diff.speed

The pairs are the files in ../shared/pairs. The time includes redlines, but no extraction. The code calls the other
tools baselines. A baseline can't compare clauses, so it receives the text of each clause as a line. Baselines that are
not installed are skipped.
"""

import difflib
import importlib
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

from diff_match_patch import diff_match_patch

from core.clauses import Document
from diffing import compare
from extraction import extract

SHARED = Path(__file__).resolve().parents[3] / "shared"

# A baseline is stopped if its total time exceeds this many seconds, multiplied by the number of pairs.
_LIMIT = 20.0


def _pairs() -> list[tuple[Document, Document]]:
    pairs = []
    for old in sorted((SHARED / "pairs").glob("*.old.md")):
        new = old.with_name(old.name.replace(".old.md", ".new.md"))
        pairs.append((extract(old.read_bytes(), "text/markdown"), extract(new.read_bytes(), "text/markdown")))
    return pairs


def _lines(document: Document) -> list[str]:
    return [clause.text for clause in document.clauses]


def _diff_match_patch(old: list[str], new: list[str]) -> None:
    differ = diff_match_patch()
    parts = differ.diff_main("\n".join(old), "\n".join(new))
    differ.diff_cleanupSemantic(parts)


def _difflib(old: list[str], new: list[str]) -> None:
    list(difflib.unified_diff(old, new))


def _git(old: list[str], new: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("old.txt", "new.txt")]
        for path, lines in zip(paths, (old, new), strict=True):
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        subprocess.run(["git", "diff", "--no-index", "--word-diff", *map(str, paths)], capture_output=True, check=False)


def _htmldiff(old: list[str], new: list[str]) -> None:
    pages = ["".join(f"<p>{escape(line)}</p>" for line in lines) for lines in (old, new)]
    importlib.import_module("lxml.html.diff").htmldiff(*pages)


def _redlines(old: list[str], new: list[str]) -> None:
    str(importlib.import_module("redlines").Redlines("\n\n".join(old), "\n\n".join(new)).output_markdown)


_BASELINES: dict[str, tuple[str, Callable[[list[str], list[str]], None]]] = {
    "git diff --word-diff": ("subprocess", _git),
    "difflib on lines": ("difflib", _difflib),
    "diff-match-patch": ("diff_match_patch", _diff_match_patch),
    "redlines": ("redlines", _redlines),
    "lxml htmldiff": ("lxml.html.diff", _htmldiff),
}


def _time(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _report(name: str, seconds: list[float], ours: float | None, note: str = "") -> None:
    ordered = sorted(1000 * value for value in seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    ratio = f"{sum(seconds) / ours:8.2f}" if ours else " " * 8
    print(
        f"{name:22} {statistics.median(ordered):9.1f} {p95:9.1f} {ordered[-1]:9.1f} {sum(ordered):10.0f} {ratio} {note}"
    )


def main() -> None:
    """Times the comparison and each baseline on every pair, one after the other."""
    pairs = _pairs()
    compare(*pairs[0])
    print(
        f"{len(pairs)} pairs, milliseconds\n{'':22} {'median':>9} {'p95':>9} {'worst':>9} {'total':>10} {'x ours':>8}"
    )
    seconds = [min(_time(partial(compare, *pair)) for _ in range(3)) for pair in pairs]
    ours = sum(seconds)
    _report("clausewatch", seconds, ours)
    for name, (module, baseline) in _BASELINES.items():
        try:
            importlib.import_module(module)
        except ImportError:
            print(f"{name:22} not installed")
            continue
        baseline_seconds: list[float] = []
        for old, new in pairs:
            baseline_seconds.append(_time(partial(baseline, _lines(old), _lines(new))))
            if sum(baseline_seconds) > _LIMIT * len(pairs):
                break
        note = "" if len(baseline_seconds) == len(pairs) else f"stopped after {len(baseline_seconds)} pairs"
        _report(name, baseline_seconds, ours, note)


if __name__ == "__main__":
    main()
