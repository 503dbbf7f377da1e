"""Verdicts on captures that show the policy in another language than its own.

A vendor may answer a visitor from Germany in German, and an archive's crawlers visit from many countries. Such a page
is a policy like any other; only the other captures show that it is a variant. So the whole set of a policy's captures
decides, whatever the order in which they arrived.
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

#: If the latest captures are in another language for this long, the vendor has moved to that language. Until then they
#: count as variants: crawlers from abroad have been seen to visit several times in a row for days, but not for a month.
LANGUAGE_MOVE = timedelta(days=30)

# The detector only guesses on shorter texts (in characters).
_ENOUGH = 200
_SAMPLE = 1200
# How much the log-likelihood of the detected language must exceed that of the next one, for each character. Policies
# reach 0.25 and more; mixtures of languages and lists of names stay below this.
_SURE = 0.1

# Norwegian has three codes: two written forms, and the language itself.
_CANONICAL_CODES = {"nb": "no", "nn": "no"}


@dataclass(frozen=True, slots=True)
class CaptureLanguage:
    """The language of an accepted capture, if it is certain.

    sort_key: orders captures of one instant independently of when they arrived. language: ISO 639-1 code.
    """

    captured_at: datetime
    sort_key: tuple[str, ...]
    language: str


def sure_language(document: Document) -> str | None:
    """Returns the ISO 639-1 code of the language of the whole document; None if it isn't certain.

    The language is certain if it is clearly that of the text's beginning, middle and end. It isn't certain for a page
    in two languages or for a short page. The language that the page declares doesn't count.
    """
    text = " ".join(clause.text for clause in document.clauses)
    if len(text) < _ENOUGH:
        return None
    size = min(_SAMPLE, len(text) // 3)
    middle = (len(text) - size) // 2
    languages = {_sample_language(text[start : start + size]) for start in (0, middle, len(text) - size)}
    return languages.pop() if len(languages) == 1 else None


# Cached, since most captures of a policy show the same text.
@lru_cache(maxsize=1_024)
def _sample_language(sample: str) -> str | None:
    (language, score), (_, next_score) = py3langid.rank(sample)[:2]
    return _CANONICAL_CODES.get(language, str(language)) if score - next_score >= _SURE * len(sample) else None


def undeclared_language(language: str | None, declared: str | None) -> Verdict | None:
    """Returns the verdict on a document in another language than the declaration states.

    language: as `sure_language` returns it. declared: the language that the declaration states. None if they are the
    same, or one of them is None.
    """
    if language is None or declared is None or language == _CANONICAL_CODES.get(declared, declared):
        return None
    return _other_language(f"in {_name(language)}, while the declaration states {_name(declared)}")


def language_variants(captures: Collection[CaptureLanguage]) -> dict[CaptureLanguage, Verdict]:
    """Returns the verdicts on the captures of a policy that show a variant in another language than the policy's own.

    The policy's own language is that of most captures; of equally many, the one captured first. Captures in another
    language count as follows:

    - before the first capture in the policy's own language: no variants, since the policy may have begun like this;
    - between two captures in the policy's own language: variants;
    - after the last one: variants until the captures in that language span LANGUAGE_MOVE, then none of them.
    """
    ordered = sorted(set(captures), key=lambda capture: (capture.captured_at, capture.sort_key, capture.language))
    counts = Counter(capture.language for capture in ordered)
    if len(counts) < 2:
        return {}
    own_language = counts.most_common(1)[0][0]  # of equal counts, `most_common` returns the one counted first
    verdicts: dict[CaptureLanguage, Verdict] = {}
    before: CaptureLanguage | None = None
    for run, after in _runs(ordered, own_language):
        if run[0].language == own_language:
            before = run[-1]
            continue
        if before is not None:
            moved_to = set() if after else _lasting_languages(run)
            verdicts |= {
                capture: _variant_verdict(capture, before, after) for capture in run if capture.language not in moved_to
            }
    return verdicts


def _runs(
    ordered: Sequence[CaptureLanguage], own_language: str
) -> Iterator[tuple[list[CaptureLanguage], CaptureLanguage | None]]:
    """Yields the runs of captures in the policy's own language and in others, each with the capture that follows it."""
    runs = [list(run) for _, run in groupby(ordered, lambda capture: capture.language == own_language)]
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        yield run, following[0] if following else None


def _lasting_languages(run: Sequence[CaptureLanguage]) -> set[str]:
    """Returns the languages whose captures in the run span so long that the vendor has moved to them."""
    times: dict[str, list[datetime]] = {}
    for capture in run:
        times.setdefault(capture.language, []).append(capture.captured_at)
    return {language for language, moments in times.items() if moments[-1] - moments[0] >= LANGUAGE_MOVE}


def _variant_verdict(capture: CaptureLanguage, before: CaptureLanguage, after: CaptureLanguage | None) -> Verdict:
    """Returns the verdict on a variant. before, after: the captures in the policy's own language around its run."""
    language, own_language = _name(capture.language), _name(before.language)
    if after is None:
        return _other_language(
            f"in {language}, while the captures before ({before.captured_at:%Y-%m-%d}) are in {own_language}; "
            f"captures in {language} are accepted once they span {LANGUAGE_MOVE.days} days"
        )
    return _other_language(
        f"in {language}, while the captures before ({before.captured_at:%Y-%m-%d}) and after "
        f"({after.captured_at:%Y-%m-%d}) are in {own_language}"
    )


def _other_language(evidence: str) -> Verdict:
    return Verdict("quarantined", "other_language", evidence)


def _name(code: str) -> str:
    # Imported here since it takes long to load, and few processes meet a page in another language.
    from babel import Locale

    return str(Locale("en").languages.get(code, code))
