"""Compares texts that are hard to compare. Prints the time in seconds, the peak memory, and the comparison's notes.

    python -m bench.diff.adversarial [CASE]

The notes (`Comparison.coarse`) name the parts that were compared less precisely because they are very large. Each case
runs in a separate process, because the peak memory of a process never falls. No case should take more than 4 s or
250 MB.
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
    """Returns paragraphs of random words. As in natural language, a few words are very frequent (Zipf's law).

    size: the length of all paragraphs together, in bytes. words: the average number of words of a paragraph.
    vocabulary: the number of different words.
    """
    known_words = _vocabulary(chance, vocabulary)
    weights = [1 / rank for rank in range(1, vocabulary + 1)]
    texts, written = [], 0
    while written < size:
        text = (
            " ".join(chance.choices(known_words, weights, k=chance.randint(words // 2, words * 3 // 2))).capitalize()
            + "."
        )
        texts.append(text)
        written += len(text)
    return texts


def _edited(chance: random.Random, text: str, share: float, known_words: list[str]) -> str:
    return " ".join(chance.choice(known_words) if chance.random() < share else word for word in text.split(" "))


def shuffled() -> tuple[Texts, Texts]:
    """1 MB, compared with the same paragraphs in random order."""
    chance = _chance(1)
    old = _paragraphs(chance, 1_000_000)
    return old, chance.sample(old, len(old))


def boilerplate() -> tuple[Texts, Texts]:
    """1 MB of repeated clauses of about 14 words, compared with the same clauses in random order."""
    chance = _chance(2)
    stock = _paragraphs(chance, 1_000, words=14)
    old = [chance.choice(stock) for _ in range(1_000_000 * len(stock) // sum(map(len, stock)))]
    return old, chance.sample(old, len(old))


def short_boilerplate() -> tuple[Texts, Texts]:
    """1 MB of ten repeated clauses of two words, compared with the same clauses in random order."""
    chance = _chance(3)
    stock = [" ".join(_vocabulary(chance, 2)) for _ in range(10)]
    old = [chance.choice(stock) for _ in range(1_000_000 * len(stock) // sum(map(len, stock)))]
    return old, chance.sample(old, len(old))


def unrelated() -> tuple[Texts, Texts]:
    """Two unrelated 100 KB texts."""
    return _paragraphs(_chance(4), 100_000), _paragraphs(_chance(5), 100_000)


def unrelated_in_one_language() -> tuple[Texts, Texts]:
    """Two unrelated 100 KB texts with the same vocabulary."""
    texts = _paragraphs(_chance(6), 200_000)
    return texts[::2], texts[1::2]


def tiny_clauses() -> tuple[Texts, Texts]:
    """20,000 tiny clauses. 10 % of the clauses are replaced, and all clauses are in random order."""
    chance = _chance(7)
    known_words = _vocabulary(chance, 3000)
    old = [" ".join(chance.choices(known_words, k=chance.randint(1, 4))) for _ in range(20_000)]
    new = [
        " ".join(chance.choices(known_words, k=chance.randint(1, 4))) if chance.random() < 0.1 else text for text in old
    ]
    chance.shuffle(new)
    return old, new


def all_changed() -> tuple[Texts, Texts]:
    """1 MB. In every clause, 40 % of the words are changed."""
    chance = _chance(8)
    old = _paragraphs(chance, 1_000_000)
    known_words = sorted({word for text in old[:400] for word in text.split()})
    return old, [_edited(chance, text, 0.4, known_words) for text in old]


def one_clause() -> tuple[Texts, Texts]:
    """1 MB in one clause. 10 % of the words are changed."""
    chance = _chance(9)
    old = _paragraphs(chance, 1_000_000)
    known_words = sorted({word for text in old[:400] for word in text.split()})
    return [" ".join(old)], [_edited(chance, " ".join(old), 0.1, known_words)]


def one_clause_becomes_two() -> tuple[Texts, Texts]:
    """A clause of 200,000 words becomes two clauses. One word in a hundred is changed."""
    chance = _chance(12)
    words = " ".join(_paragraphs(chance, 1_400_000)).split(" ")[:200_000]
    known_words = sorted(set(words[:20_000]))
    new = _edited(chance, " ".join(words), 0.01, known_words).split(" ")
    return [" ".join(words)], [" ".join(new[:90_000]), " ".join(new[90_000:])]


def one_clause_becomes_a_list() -> tuple[Texts, Texts]:
    """A clause of 20,000 words becomes 2,000 clauses of ten words."""
    chance = _chance(13)
    words = " ".join(_paragraphs(chance, 150_000)).split(" ")[:20_000]
    return [" ".join(words)], [" ".join(words[start : start + 10]) for start in range(0, len(words), 10)]


def one_clause_of_few_words() -> tuple[Texts, Texts]:
    """1 MB in one clause of 50 different words without punctuation, compared with the same words in random order."""
    chance = _chance(10)
    known_words = _vocabulary(chance, 50)
    old = chance.choices(known_words, k=180_000)
    return [" ".join(old)], [" ".join(chance.sample(old, len(old)))]


def one_word() -> tuple[Texts, Texts]:
    """A word of 1 MB, compared with another word of 1 MB."""
    return ["a" * 1_000_000], ["a" * 999_999 + "b"]


def dots_and_digits() -> tuple[Texts, Texts]:
    """1 MB of digits and full stops. Careless regular expressions backtrack on such a text."""
    return ["1." * 500_000 + "x"], ["1." * 499_999 + "y"]


def unspaced() -> tuple[Texts, Texts]:
    """1 MB of Chinese characters, in clauses of 200 characters. 10 % of the characters are changed."""
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
    one_clause_becomes_two,
    one_clause_becomes_a_list,
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
    """Runs the case that the command line names. Without a name, runs each case in a separate process."""
    if len(sys.argv) > 1:
        _run(sys.argv[1])
        return
    for case in CASES:
        subprocess.run([sys.executable, "-m", "bench.diff.adversarial", case.__name__], check=False)


if __name__ == "__main__":
    main()
