"""Compares texts that are hard on a differ: seconds, peak memory, and whether the result is coarser than usual.

    python -m bench.diff.adversarial [CASE]

Each case runs in a process of its own, since the peak of a process's memory never falls. The bounds are 4 s and 250 MB.
"""

import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from core.clauses import Clause, Document
from diffing import compare

Texts = list[str]


def _document(texts: Texts) -> Document:
    return Document(
        None,
        None,
        None,
        tuple(Clause(position, "paragraph", None, (), text) for position, text in enumerate(texts) if text),
    )


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - reproducible texts, no secrets


def _vocabulary(chance: random.Random, size: int) -> list[str]:
    return ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(size)]


def _paragraphs(chance: random.Random, size: int, words: int = 50, vocabulary: int = 5000) -> Texts:
    """Returns about `size` bytes of paragraphs whose words are as unevenly frequent as those of a language (Zipf)."""
    known = _vocabulary(chance, vocabulary)
    weights = [1 / rank for rank in range(1, vocabulary + 1)]
    texts, written = [], 0
    while written < size:
        text = " ".join(chance.choices(known, weights, k=chance.randint(words // 2, words * 3 // 2))).capitalize() + "."
        texts.append(text)
        written += len(text)
    return texts


def _edited(chance: random.Random, text: str, share: float, known: list[str]) -> str:
    return " ".join(chance.choice(known) if chance.random() < share else word for word in text.split(" "))


def shuffled() -> tuple[Texts, Texts]:
    """1 MB against its shuffle."""
    chance = _chance(1)
    old = _paragraphs(chance, 1_000_000)
    return old, chance.sample(old, len(old))


def boilerplate() -> tuple[Texts, Texts]:
    """1 MB of repeated boilerplate, shuffled."""
    chance = _chance(2)
    stock = _paragraphs(chance, 1_000, words=14)
    old = [chance.choice(stock) for _ in range(1_000_000 * len(stock) // sum(map(len, stock)))]
    return old, chance.sample(old, len(old))


def short_boilerplate() -> tuple[Texts, Texts]:
    """1 MB of ten clauses of two words, repeated and shuffled."""
    chance = _chance(3)
    stock = [" ".join(_vocabulary(chance, 2)) for _ in range(10)]
    old = [chance.choice(stock) for _ in range(1_000_000 * len(stock) // sum(map(len, stock)))]
    return old, chance.sample(old, len(old))


def unrelated() -> tuple[Texts, Texts]:
    """Two unrelated 100 KB texts."""
    return _paragraphs(_chance(4), 100_000), _paragraphs(_chance(5), 100_000)


def unrelated_in_one_language() -> tuple[Texts, Texts]:
    """Two unrelated 100 KB texts of the same words."""
    texts = _paragraphs(_chance(6), 200_000)
    return texts[::2], texts[1::2]


def tiny_clauses() -> tuple[Texts, Texts]:
    """20,000 tiny clauses with 10 % replaced and shuffled."""
    chance = _chance(7)
    known = _vocabulary(chance, 3000)
    old = [" ".join(chance.choices(known, k=chance.randint(1, 4))) for _ in range(20_000)]
    new = [" ".join(chance.choices(known, k=chance.randint(1, 4))) if chance.random() < 0.1 else text for text in old]
    chance.shuffle(new)
    return old, new


def all_changed() -> tuple[Texts, Texts]:
    """1 MB with every clause 40 % changed."""
    chance = _chance(8)
    old = _paragraphs(chance, 1_000_000)
    known = sorted({word for text in old[:400] for word in text.split()})
    return old, [_edited(chance, text, 0.4, known) for text in old]


def one_clause() -> tuple[Texts, Texts]:
    """1 MB in one clause, 10 % changed."""
    chance = _chance(9)
    old = _paragraphs(chance, 1_000_000)
    known = sorted({word for text in old[:400] for word in text.split()})
    return [" ".join(old)], [_edited(chance, " ".join(old), 0.1, known)]


def one_clause_of_few_words() -> tuple[Texts, Texts]:
    """1 MB in one clause without the end of a sentence, made of 50 words, shuffled."""
    chance = _chance(10)
    known = _vocabulary(chance, 50)
    old = chance.choices(known, k=180_000)
    return [" ".join(old)], [" ".join(chance.sample(old, len(old)))]


def one_word() -> tuple[Texts, Texts]:
    """1 MB in one word against another."""
    return ["a" * 1_000_000], ["a" * 999_999 + "b"]


def dots_and_digits() -> tuple[Texts, Texts]:
    """1 MB of digits and full stops, which makes careless patterns backtrack."""
    return ["1." * 500_000 + "x"], ["1." * 499_999 + "y"]


def unspaced() -> tuple[Texts, Texts]:
    """1 MB of Chinese characters in clauses of 200, 10 % changed."""
    chance = _chance(11)
    old = ["".join(chr(chance.randint(0x4E00, 0x5800)) for _ in range(200)) for _ in range(1_700)]
    new = [
        "".join(chr(chance.randint(0x4E00, 0x5800)) if chance.random() < 0.1 else letter for letter in text)
        for text in old
    ]
    return old, new


CASES: tuple[Callable[[], tuple[Texts, Texts]], ...] = (
    shuffled,
    boilerplate,
    short_boilerplate,
    unrelated,
    unrelated_in_one_language,
    tiny_clauses,
    all_changed,
    one_clause,
    one_clause_of_few_words,
    one_word,
    dots_and_digits,
    unspaced,
)


def _run(name: str) -> None:
    case = next(case for case in CASES if case.__name__ == name)
    old, new = (_document(texts) for texts in case())
    start = time.perf_counter()
    comparison = compare(old, new)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = ", ".join(f"{kind} {count}" for kind, count in comparison.counts.items() if count)
    print(f"{seconds:6.2f} s {peak:6.0f} MB  {case.__doc__}\n{'':20}{counts}")
    for note in comparison.coarse:
        print(f"{'':20}coarse: {note}")


def main() -> None:
    """Runs the case named on the command line, or all cases, each in a process of its own."""
    if len(sys.argv) > 1:
        _run(sys.argv[1])
        return
    for case in CASES:
        subprocess.run([sys.executable, "-m", "bench.diff.adversarial", case.__name__], check=False)


if __name__ == "__main__":
    main()
