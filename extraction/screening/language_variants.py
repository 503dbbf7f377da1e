"""Verdicts on captures in which the policy's language differs from the language of most of the policy's captures.

A vendor may send the German policy to visitors from Germany, and an archive's crawlers visit from many countries. The
German page by itself looks like any other policy. Only a comparison with the policy's other captures shows that the
German page is a variant. So the verdict depends on the whole set of the policy's captures. The verdict doesn't depend
on the order in which the captures arrived.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

from core.captures import Verdict
from core.clauses import Document

#: If the latest captures are in another language and span at least this time, the vendor has switched to the other
#: language. If the latest captures span less time, they count as variants. Archives sometimes visit from abroad several
#: times in a row. Such visits have been observed for days, but not for a month.
LANGUAGE_MOVE = timedelta(days=30)

# The language of a text with fewer characters than this isn't detected, because detection is unreliable for short
# texts.
_FEWEST_CHARACTERS = 200
# Upper limit of the number of characters in each of the three samples of a text.
_SAMPLE_CHARACTERS = 1200
# The detected language of a sample is certain only if the lead of the most likely language is at least this. The
# lead is the difference between the log-likelihoods of the most likely and the second most likely language, divided by
# the number of characters. For policies the lead is 0.25 or more. For mixtures of languages and for lists of names the
# lead is below 0.1.
_LEAST_LEAD = 0.1

# Norwegian has three codes: `no` for the language, `nb` and `nn` for the two written forms Bokmål and Nynorsk.
_CANONICAL_CODES = {"nb": "no", "nn": "no"}


@dataclass(frozen=True, slots=True)
class CaptureLanguage:
    """The language of an accepted capture. There is no CaptureLanguage for a capture whose language isn't certain.

    captured_at: the time of the capture.
    sort_key: a key that orders captures with the same time. The key doesn't depend on when the captures arrived.
    language: the ISO 639-1 code of the language.
    """

    captured_at: datetime
    sort_key: tuple[str, ...]
    language: str


def sure_language(document: Document) -> str | None:
    """Returns the ISO 639-1 code of the document's language; None if the language isn't certain.

    The language is certain if the detector clearly finds the same language in the beginning, middle and end of the
    text. So the language of a short page or of a page in two languages isn't certain. The language that the page
    declares is ignored.
    """
    text = " ".join(clause.text for clause in document.clauses)
    if len(text) < _FEWEST_CHARACTERS:
        return None
    size = min(_SAMPLE_CHARACTERS, len(text) // 3)
    middle = (len(text) - size) // 2
    languages = {_sample_language(text[start : start + size]) for start in (0, middle, len(text) - size)}
    return languages.pop() if len(languages) == 1 else None


# Cached because most captures of a policy show the same text.
@lru_cache(maxsize=1_024)
def _sample_language(sample: str) -> str | None:
    import py3langid  # takes a tenth of a second, and most commands need no sample's language

    (language, score), (_, next_score) = py3langid.rank(sample)[:2]
    return _CANONICAL_CODES.get(language, str(language)) if score - next_score >= _LEAST_LEAD * len(sample) else None


def undeclared_language(language: str | None, declared: str | None) -> Verdict | None:
    """Returns the verdict on a document whose language differs from the language that the declaration states.

    Returns None if the two languages are the same, or if either language is None.

    language: the document's language as returned by `sure_language`.
    declared: the language that the vendor's declaration states; None if the declaration states no language.
    """
    if language is None or declared is None or language == _CANONICAL_CODES.get(declared, declared):
        return None
    return _other_language(
        "undeclared_language", f"in {_name(language)}, while the declaration states {_name(declared)}"
    )


def language_variants(captures: Collection[CaptureLanguage]) -> dict[CaptureLanguage, Verdict]:
    """Returns the verdicts on the variants among a policy's captures.

    The policy's own language is the language with the most captures. If two languages have equally many captures, the
    language that was captured first is the policy's own language. Three rules decide which captures in other languages
    are variants:

    - Captures before the first capture in the policy's own language aren't variants, because the policy may have been
      published in another language at first.
    - Captures between two captures in the policy's own language are variants.
    - Captures after the last capture in the policy's own language are grouped by language. The captures of a group are
      variants if the group spans less than LANGUAGE_MOVE.
    """
    ordered = sorted(set(captures), key=lambda capture: (capture.captured_at, capture.sort_key, capture.language))
    counts = Counter(capture.language for capture in ordered)
    if len(counts) < 2:
        return {}
    # `most_common` sorts languages with equal counts by their first capture.
    own_language = counts.most_common(1)[0][0]
    verdicts: dict[CaptureLanguage, Verdict] = {}
    before: CaptureLanguage | None = None
    for run, after in _runs(ordered, own_language):
        if run[0].language == own_language:
            before = run[-1]
            continue
        if before is not None:
            lasting_languages = set() if after else _lasting_languages(run)
            verdicts |= {
                capture: _variant_verdict(capture, before, after)
                for capture in run
                if capture.language not in lasting_languages
            }
    return verdicts


def _runs(
    ordered: Sequence[CaptureLanguage], own_language: str
) -> Iterator[tuple[list[CaptureLanguage], CaptureLanguage | None]]:
    """Splits the captures into runs in the policy's own language and runs in other languages.

    Yields pairs of a run and the first capture after the run. In the last pair, the capture is None.
    """
    runs = [list(run) for _, run in groupby(ordered, lambda capture: capture.language == own_language)]
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        yield run, following[0] if following else None


def _lasting_languages(run: Sequence[CaptureLanguage]) -> set[str]:
    """Returns the languages that the vendor has switched to.

    The vendor has switched to a language if the captures in this language span at least LANGUAGE_MOVE within the run.
    """
    times: dict[str, list[datetime]] = {}
    for capture in run:
        times.setdefault(capture.language, []).append(capture.captured_at)
    return {language for language, moments in times.items() if moments[-1] - moments[0] >= LANGUAGE_MOVE}


def _variant_verdict(capture: CaptureLanguage, before: CaptureLanguage, after: CaptureLanguage | None) -> Verdict:
    """Returns the verdict on a variant.

    before: the last capture before the variant's run; a capture in the policy's own language.
    after: the first capture after the variant's run; a capture in the policy's own language. None if the variant's run
        is the last run.
    """
    language, own_language = _name(capture.language), _name(before.language)
    if after is None:
        return _other_language(
            "variant_after_own_language",
            f"in {language}, while the captures before ({before.captured_at:%Y-%m-%d}) are in {own_language}; "
            f"captures in {language} are accepted once they span {LANGUAGE_MOVE.days} days",
        )
    return _other_language(
        "variant_between_own_language",
        f"in {language}, while the captures before ({before.captured_at:%Y-%m-%d}) and after "
        f"({after.captured_at:%Y-%m-%d}) are in {own_language}",
    )


def _other_language(rule: str, evidence: str) -> Verdict:
    return Verdict("quarantined", "other_language", evidence, rule=rule)


def _name(code: str) -> str:
    # Imported here because Babel takes long to load, and few processes read a page in another language.
    from babel import Locale

    return str(Locale("en").languages.get(code, code))
