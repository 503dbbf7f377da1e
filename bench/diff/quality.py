"""Measures the quality of the comparison on policies with known edits.

    python -m bench.diff.quality --n 400 --seed 1 --profile hard --format mix [--half even|odd] [--no-extraction]

../shared/gold.py makes the edits and computes the scores. By default, the texts go through extraction like a user's
files. With --no-extraction, the comparison receives the clauses that gold.py made, and links are replaced by their
words. The difference between the scores with and without extraction shows how many mistakes come from the extraction.
"""

import argparse
import importlib.util
import re
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from core.clauses import Clause, Document
from diffing import compare
from extraction import extract

SHARED = Path(__file__).resolve().parents[3] / "shared"

_LABEL = re.compile(r"^(?:\d+(?:\.\d+)*\.?|\([a-z]\))\s+")
_LINK = re.compile(r"\[([^\]]*)\]\(([^()\s]*(?:\([^()]*\)[^()]*)*)[^()]*\)")
_MEDIA_TYPES = {"md": "text/markdown", "txt": "text/plain", "lines": "text/plain"}


def _gold() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gold", SHARED / "gold.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{SHARED / 'gold.py'} does not exist")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _document(texts: list[str], numbered: bool) -> Document:
    clauses = []
    for position, text in enumerate(texts):
        links = tuple(match[2] for match in _LINK.finditer(text))
        words = _LINK.sub(r"\1", text).replace("\\", "")
        label = _LABEL.match(words) if numbered else None
        words = words[label.end() :] if label else words
        clauses.append(Clause(position, "paragraph", label[0].strip() if label else None, (), words or "-", links))
    return Document(None, None, None, tuple(clauses))


def _documents(pair: dict[str, Any], with_extraction: bool) -> tuple[Document, Document]:
    if not with_extraction:
        numbered = bool(pair["numbered"])
        return _document(pair["clauses_old"], numbered), _document(pair["clauses_new"], numbered)
    media_type = _MEDIA_TYPES[pair["format"]]
    return extract(pair["old_text"].encode(), media_type), extract(pair["new_text"].encode(), media_type)


def _shown(clause: Clause) -> str:
    return f"{clause.label} {clause.text}" if clause.label else clause.text


def main() -> None:
    """Makes the pairs of policies, compares each pair, and prints the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--profile", choices=["std", "hard"], default="std")
    parser.add_argument("--format", choices=["md", "txt", "lines", "mix"], default="md")
    parser.add_argument(
        "--half",
        choices=["even", "odd"],
        help="use only every second policy by name; the comparison was tuned on the half `even`",
    )
    parser.add_argument("--no-extraction", action="store_true")
    options = parser.parse_args()

    gold = _gold()
    sources = sorted(str(path) for path in (SHARED / "policies" / "english").iterdir())
    if options.half:
        sources = sources[options.half == "odd" :: 2]
    pairs = list(gold.generate(sources, options.n, options.seed, 16, options.format, options.profile == "hard"))
    predictions, seconds = {}, 0.0
    for pair in pairs:
        old, new = _documents(pair, not options.no_extraction)
        start = time.perf_counter()
        comparison = compare(old, new)
        seconds += time.perf_counter() - start
        predictions[pair["id"]] = [
            {"kind": change.kind, "old": list(map(_shown, change.old)), "new": list(map(_shown, change.new))}
            for change in comparison.changes
        ]
    scores = gold.score(pairs, predictions)
    print(f"{'kind':15} {'gold':>6} {'ours':>6} {'precision':>9} {'recall':>9} {'F1':>9}")
    for kind in (*gold.KINDS, "micro"):
        row = scores[kind]
        print(
            f"{kind:15} {row['gold']:6} {row['pred']:6} {row['precision']:9.4f} {row['recall']:9.4f} {row['f1']:9.4f}"
        )
    print(f"macro F1 {scores['macro_f1']:.4f}, unchanged clauses kept as unchanged {scores['unchanged_kept']:.4f}")
    print(f"{len(pairs)} documents, {1000 * seconds / max(1, len(pairs)):.1f} ms each for the comparison")


if __name__ == "__main__":
    main()
