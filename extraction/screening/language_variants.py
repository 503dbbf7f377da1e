"""Verdicts in context: which captures show the policy in another language than the policy's own.

A vendor answers a visitor from Germany in German, and an archive's crawler visits from many places. No such page can be
told by itself, only by the language of its neighbours, so the whole set of a policy's captures decides, whatever the
order in which they arrived.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

import py3langid

from core.captures import Verdict
from core.clauses import Document

#: A last run in another language is taken for a variant until it has lasted so long; then the vendor has moved to that
#: language. Visits from elsewhere have been seen to come in a row for days, not for a month.
LASTING = timedelta(days=30)

# A shorter text is guessed at, not recognised.
_ENOUGH = 200
_SAMPLE = 1200
# How much likelier, by the logarithm and for each character, the language found has to be than the next likely one.
# Policies reach 0.25 and more; mixtures and lists of names stay below.
_SURE = 0.1

# Norwegian goes by three codes.
_SAME = {"nb": "no", "nn": "no"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """An accepted capture whose language is known, as its neighbours judge it.

    place: what puts captures of one instant in an order that does not depend on their arrival.
    language: ISO 639-1 code.
    """

    captured_at: datetime
    place: tuple[str, ...]
    language: str


def sure_language(document: Document) -> str | None:
    """The ISO 639-1 code of the language the whole document is in; None when that is not certain.

    Certain is what the text's beginning, middle and end say alike and clearly: a page in two languages has none, nor
    has a short one. What the page declares of itself does not count.
    """
    text = " ".join(clause.text for clause in document.clauses)
    if len(text) < _ENOUGH:
        return None
    size = min(_SAMPLE, len(text) // 3)
    middle = (len(text) - size) // 2
    found = {_recognised(text[start : start + size]) for start in (0, middle, len(text) - size)}
    return found.pop() if len(found) == 1 else None


# The captures of a policy show mostly the same text.
@lru_cache(maxsize=1_024)
def _recognised(sample: str) -> str | None:
    (language, score), (_, next_score) = py3langid.rank(sample)[:2]
    return _SAME.get(language, str(language)) if score - next_score >= _SURE * len(sample) else None


def not_as_declared(language: str | None, declared: str | None) -> Verdict | None:
    """The verdict on a document in another language than the declaration states; None where it states none.

    language: as `sure_language` gives it; a document whose language is not certain is let pass.
    """
    if language is None or declared is None or language == _SAME.get(declared, declared):
        return None
    return _other_language(f"in {_name(language)}, while the declaration states {_name(declared)}")


def variants(captures: Collection[Spoken]) -> dict[Spoken, Verdict]:
    """The verdicts on those captures of a policy that show a variant in another language; the others stand.

    The policy's language is the one most of its captures show, of equally many the one captured first. Captures in
    another language that lie between captures in the policy's are variants. What precedes the policy's language is
    how the policy began. What follows it is a variant until the captures in that language span LASTING; then the vendor
    has moved to it, and all of them stand.
    """
    ordered = sorted(set(captures), key=lambda seen: (seen.captured_at, seen.place, seen.language))
    counts = Counter(seen.language for seen in ordered)
    if len(counts) < 2:
        return {}
    main = counts.most_common(1)[0][0]  # of equal counts, the one counted first
    verdicts: dict[Spoken, Verdict] = {}
    before: Spoken | None = None
    for run, after in _runs(ordered, main):
        if run[0].language == main:
            before = run[-1]
            continue
        if before is not None:
            lasting = set() if after else _lasting(run)
            verdicts |= {seen: _between(seen, before, after) for seen in run if seen.language not in lasting}
    return verdicts


def _runs(ordered: Sequence[Spoken], main: str) -> Iterator[tuple[list[Spoken], Spoken | None]]:
    """Stretches in the main language and in others, in turn, each with the capture that follows it."""
    runs = [list(run) for _, run in groupby(ordered, lambda seen: seen.language == main)]
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        yield run, following[0] if following else None


def _lasting(run: Sequence[Spoken]) -> set[str]:
    """The languages that captures of this run span long enough for the vendor to have moved to them."""
    times: dict[str, list[datetime]] = {}
    for seen in run:
        times.setdefault(seen.language, []).append(seen.captured_at)
    return {language for language, seen_at in times.items() if seen_at[-1] - seen_at[0] >= LASTING}


def _between(seen: Spoken, before: Spoken, after: Spoken | None) -> Verdict:
    main = _name(before.language)
    if after is None:
        return _other_language(
            f"in {_name(seen.language)}, while the captures before ({before.captured_at:%Y-%m-%d}) are in {main}; "
            f"captures in {_name(seen.language)} are accepted once they span {LASTING.days} days"
        )
    return _other_language(
        f"in {_name(seen.language)}, while the captures before ({before.captured_at:%Y-%m-%d}) and after "
        f"({after.captured_at:%Y-%m-%d}) are in {main}"
    )


def _other_language(evidence: str) -> Verdict:
    return Verdict("quarantined", "other_language", evidence)


def _name(code: str) -> str:
    from babel import Locale  # hardly a page is in another language, and every process that reads would wait for it

    return str(Locale("en").languages.get(code, code))
