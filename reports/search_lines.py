"""Says in words which policies mention the words of a search, and what became of a clause. For all front ends."""

from datetime import datetime
from itertools import pairwise

from babel import Locale, UnknownLocaleError

from core.dates import Span
from diffing.clause_spans import merged
from diffing.lineage import BRIEF
from storage.clause_facts import PolicyMentions
from views.search import Mentioned, SearchHit, SearchQuery


def first_mentioned(found: PolicyMentions) -> str:
    """Returns since when a policy mentions the words: `between 2022-08-10 and 2023-01-21`."""
    begin = found.spans[0][0]
    if found.before is None:
        return f"in the first text captured ({_day(begin)})"
    return _between(found.before, begin)


def mentioned_now(found: PolicyMentions) -> str:
    """Returns whether the newest text of a policy mentions the words, and if not, since when."""
    gone = found.spans[-1][1]
    if gone is None:
        words = f"in the newest text, last captured {_day(found.last)}"
    else:
        words = f"no longer since {_between(found.last, gone).removeprefix('on ')}"
        if found.language and found.last_language and found.language != found.last_language:
            words += f"; the text was {language_name(found.last_language)}, and is {language_name(found.language)}"
    spans = merged(found.spans, BRIEF)
    pauses = [f"{_day(begin)} to {_day(end)}" for (_, begin), (end, _) in pairwise(spans) if begin is not None]
    return f"{words}; not mentioned from {' and from '.join(pauses)}" if pauses else words


def found_words(found: Mentioned) -> str:
    """Returns how many clauses a search found: `35 clauses`."""
    if found.total is None:
        return "More than 2000 clauses"
    return "1 clause" if found.total == 1 else f"{found.total} clauses"


def seen(hit: SearchHit) -> str:
    """Returns since when a clause was there, with earlier times: `2016-01-02, gone by 2017-03-04, and from 2018-05-06`.

    Short times without the clause are left out (`diffing.lineage.BRIEF`).
    """
    *earlier, (last, _) = merged(((span.begin, span.gone) for span in hit.spans), BRIEF)
    parts = [f"{_day(begin)}, gone by {_day(gone)}" for begin, gone in earlier if gone is not None]
    return ", and from ".join([*parts, _day(last)])


def ended(hit: SearchHit) -> str:
    """Returns what became of a clause, without what links to it: `reworded between 2017-01-02 and 2018-05-25`."""
    gone, ending = hit.spans[-1].gone, hit.ending
    if ending is None:
        return f"no longer there by {_day(gone)}" if gone else "still there"
    if gone is None:
        is_once = seen(hit).endswith(_day(ending.last))
        return "the last capture" if is_once else f"to the last capture, {_day(ending.last)}"
    what = {"reworded": "reworded", "gone": "gone"}.get(ending.fate, "reworded or gone")
    return f"{what} {_between(ending.last, gone)}"


def not_known_after(hit: SearchHit, at: datetime | None) -> str:
    """Returns a sentence if a search asks for a date after the last capture of the clause's policy; otherwise ''."""
    ending = hit.ending
    if at is None or ending is None or ending.fate != "there" or ending.last >= at:
        return ""
    return f"The newest text was last captured on {_day(ending.last)}; what the policy said later is not known."


def nothing_found(query: SearchQuery, found: Mentioned | None, vendor: str = "") -> str:
    """Returns a sentence without its full stop that says what was searched and had no such clause.

    found: what `views.search.mentioned` returns for the query. vendor: the vendor's name, if it is known.
    """
    whose = vendor or query.vendor
    if whose and query.policy:
        where = f" of {whose}'s {query.policy}"
    elif whose:
        where = f" of {whose}"
    else:
        where = f" of a {query.policy} policy" if query.policy else ""
    limits = []
    if query.at:
        limits.append(f"was shown by the last capture up to {_day(query.at)}")
    if query.appeared:
        limits.append(f"appeared {_range(query.appeared)}")
    if query.gone:
        limits.append(f"went {_range(query.gone)}")
    covered = ""
    if found and found.covered:
        covered = f"; the texts captured from {_day(found.covered.begin)} to {_day(found.covered.end)} were searched"
    return f"no clause{where} has these words{''.join(f' and {limit}' for limit in limits)}{covered}"


def _range(span: Span) -> str:
    parts = []
    if span.begin.year > 1:
        parts.append(f"from {_day(span.begin)}")
    if span.end.year < 9999:
        parts.append(f"up to {_day(span.end)}")
    return " ".join(parts)


def language_name(code: str | None) -> str:
    """Returns the English name of a language: `French` for `fr`; '' if the language is not certain."""
    if not code:
        return ""
    try:
        return Locale.parse(code).get_language_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def _between(last: datetime, first: datetime) -> str:
    if last.date() == first.date():
        return f"on {_day(first)}"
    return f"between {_day(last)} and {_day(first)}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
