"""Recognises the date that a policy's text states: the date on which the policy takes effect or was last updated."""

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.clauses import Clause
from extraction.words.date_phrases import (
    Announced,
    Announcement,
    announcement_after,
    announcements,
    earlier_text_at,
    is_title_of_earlier_texts,
    is_title_of_part,
    names_change,
    subject_of,
)
from extraction.words.normalization import word_set
from extraction.words.written_dates import WrittenDate, dates_in, simplified

# A date must end at most this many characters after the phrase that announces it.
_REACH = 90
# A statement begins at most this many characters before the phrase.
_REACH_BEFORE = 120
# An announcement ("Last updated:") and its date may be two separate clauses, if each of the two clauses has at most
# this many characters. The first may be longer if it ends with a colon.
_LONGEST_PART = 40
_LONGEST_PART_WITH_COLON = 120
# A clause with more characters than this doesn't count as a clause that only states a date.
_LONGEST_STATEMENT = 160
# A statement without a word such as "policy" ("Acme AG Stand August 2020") has at most this many characters and at
# most so many words before the phrase.
_LONGEST_BARE_STATEMENT = 80
_MOST_WORDS_BEFORE = 4
# After the date, a statement has at most this many words ("or the date of user acceptance").
_MOST_WORDS_AFTER = 7
# The clauses near the title, and near the end.
_TOP = 25
_END = 12
# A date without words that announce it counts within this many clauses from the end.
_LAST = 5
# Statements at most so many clauses apart belong together: "Effective date: …", "Last updated: …".
_NEIGHBOURS = 3
# The title of a list of earlier versions is at most so many clauses above.
_LONGEST_LIST = 50
# An entry of a log of changes begins with its date, after at most a preposition: "On 26 September 2025, we added …".
_BEFORE_ENTRY = re.compile(r"[\W_]*(?:[^\W\d_]{1,3}\s+)?")
# What stands between the dates of a list: "Revised: May 2018, June 2020".
_BETWEEN_DATES = re.compile(r"[\s,;/&]*")

# A year in two digits, which only a short text states.
_SHORT_YEAR = re.compile(r"\d\d\b(?:(?<=['’]\d\d)|(?<=\d[./-]\d\d))")
# Years in the digits of other scripts, and in the calendars of China and Japan (令和6年), Thailand (2567) and Iran
# (1403).
_OTHER_YEAR = re.compile(r"[٠-٩۰-۹०-९๐-๙０-９年12](?:(?<![12])|(?<=2)5[4-7]\d|(?<=1)[34]\d\d)")
# The languages with such years.
_OTHER_SCRIPTS = word_set("ar fa ps ur hi mr ne th lo ja zh ko he")
# Where a statement begins and ends: between sentences (not after the full stop of "25. Mai" or "Oct. 12"), and at the
# marks that separate the parts of a line.
_FULL_STOP = r"(?:(?<=[^\W\d_][^\W\d_][^\W\d_][^\W\d_])|(?<=\d\d\d\d)|(?<=[)\]]))[.!?]\s+"
_BOUNDARY = re.compile(rf"{_FULL_STOP}|[。:;|·•()\[\]–—]|\s-+\s")
# Where a statement begins. A bracket belongs to what is before it: "the Privacy Act (effective …)".
_BEGINNING = re.compile(rf"{_FULL_STOP}|[。:;|·•)\]–—]|\s-+\s")
_SENTENCE_END = re.compile(r"(?<=[^\W\d_][^\W\d_][^\W\d_])[.!?]\s+(?=[^\W\d_])|。")
_WORD = re.compile(r"[^\W\d_]+")
_NUMERIC = re.compile(
    r"(\d\d?)(?:(?<![\d/.-]\d\d)(?<=\d\d)|(?<![\d/.-]\d))(?:[/-](\d{1,2})[/-](?:19|20)?|\.(\d{1,2})\.(?:19|20))\d\d(?![\d/-])"
)
# Words that belong to the date: "2024 г.", "2024. godine", "4 d.", "10:30 AM UTC".
_PART_OF_DATE = word_set(
    "г года р року год r roku godine godina g d ng m tarihinde a p am pm utc gmt cet est pst h th t z"
)
# A place before the date, as in letters: "Berlin, im Mai 2018".
_PLACE = re.compile(r"[^,\d]{2,40},\s*(?:(?:den|im|am|le|em|a|lì|dňa|dne|dnia|el|on)\s+)?")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement of a date.

    index: the index of the clause.
    kind: what announces the date; "bare" for a date that stands alone, "entry" for a date at the beginning of a clause
        that names a change.
    written: the date.
    is_whole: whether the clause, or a sentence of it, does nothing but state the policy's date.
    """

    index: int
    kind: Announced | Literal["bare", "entry"]
    written: WrittenDate
    is_whole: bool = True

    @property
    def earliest(self) -> str:
        """The date in ISO 8601; the earlier date if the date is ambiguous, and '' if it doesn't exist."""
        return self.written.iso or min(self.written.either, default="")


@dataclass(frozen=True, slots=True)
class _DatedText:
    """A clause's text simplified, its first date, and its statements, whose index is 0."""

    text: str
    first_date: WrittenDate | None
    statements: tuple[_Statement, ...]


def _may_have_date(text: str, is_other_script: bool) -> bool:
    """Returns whether a text has signs of a date. The function is fast, because it sees each text of a page.

    is_other_script: whether the text may have other digits, or years of another calendar.
    """
    return (
        "20" in text
        or "19" in text
        or (len(text) <= _LONGEST_BARE_STATEMENT and _SHORT_YEAR.search(text) is not None)
        or (is_other_script and not text.isascii() and _OTHER_YEAR.search(text) is not None)
    )


def states_date(text: str) -> bool:
    """Returns whether a short text states when the policy takes effect or was last updated."""
    if len(text) > _LONGEST_STATEMENT or not _may_have_date(text, is_other_script=True):
        return False
    return any(statement.kind not in ("weak", "entry") for statement in _read(text, None).statements)


def stated_date(clauses: Sequence[Clause], language: str | None, machine_dates: Sequence[str] = ()) -> str | None:
    """Returns the date on which, as the policy states, the policy takes effect or was last updated.

    The date is in ISO 8601: `2024-03-04`, or `2024-03` if the text names no day. None if the policy states no date, or
    an ambiguous one.

    clauses: the policy's clauses.
    language: the language of the text as an ISO 639-1 code, which decides whether day or month comes first in
        03/04/2018; None if it isn't known.
    machine_dates: dates in ISO 8601 that the page's markup gives. They decide what an ambiguous date is.

    A date counts only if words such as "effective" or "last updated" announce the date, or if the date stands alone
    directly below the title or at the end. The words may be in a clause of their own directly above. A short statement
    near the title counts before a statement near the end, and both before a sentence in running text. The date of a
    statute, a certificate, an incident or an earlier text never counts.

    If the date of the last update stands near the date on which the policy takes effect, the later date counts. Of a
    list of versions, and of a log of changes, the latest date counts.
    """
    is_other_script = language is None or language in _OTHER_SCRIPTS

    def statements_of(index: int) -> list[_Statement]:
        if not _may_have_date(clauses[index].text, is_other_script):
            return []
        return list(_statements_of_clause(clauses, index, language))

    # The clauses near the title and the end are read first. Mostly, they state the date. A list that begins there may
    # go on in the middle.
    top = min(_TOP, len(clauses))
    end = max(top, len(clauses) - _END)
    near_title = [statement for index in range(top) for statement in statements_of(index)]
    near_end = [statement for index in range(end, len(clauses)) for statement in statements_of(index)]
    while top < end and near_title and near_title[-1].index >= top - _NEIGHBOURS:
        near_title += statements_of(top)
        top += 1
    while top < end and near_end and near_end[0].index < end + _NEIGHBOURS:
        end -= 1
        near_end = statements_of(end) + near_end
    found = near_title + near_end
    chosen = _chosen(found, top, min(end, len(clauses) - _END))
    if chosen is None or len(chosen.earliest) == len("2024-03"):
        in_the_middle = [
            statement
            for index, clause in enumerate(clauses[top:end], top)
            if "20" in clause.text or "19" in clause.text or is_other_script
            for statement in statements_of(index)
        ]
        found = near_title + in_the_middle + near_end
        chosen = chosen or _chosen(found, top, min(end, len(clauses) - _END))
    if chosen is None:
        return None
    iso = chosen.written.iso or _unambiguous(chosen.written.either, clauses, machine_dates)
    if iso and len(iso) == len("2024-03"):
        # A second statement may name the day of the same month.
        days = (statement.earliest for statement in found if statement.is_whole and statement.kind != "entry")
        iso = next((day for day in days if day.startswith(f"{iso}-")), iso)
    return iso


def _unambiguous(either: Sequence[str], clauses: Sequence[Clause], machine_dates: Sequence[str]) -> str | None:
    """Returns the one date of two that an ambiguous date is; None if that isn't clear.

    The markup shows it, or another date of the text that is written in the same way.

    either: the date with the day first, and the date with the month first; empty if the date doesn't exist.
    """
    if not either:
        return None
    marked = {iso for iso in either if any(value.strip().startswith(iso) for value in machine_dates)}
    if len(marked) == 1:
        return marked.pop()
    order = _order_of_numbers(clauses)
    return None if order is None else either[order]


# The same text is read several times: when furniture is left out, when headings are recognised, when the policy's date
# is looked up, and again in the policy's next capture.
@functools.lru_cache(maxsize=1024)
def _read(text: str, language: str | None) -> _DatedText:
    """Returns a text with its dates and statements."""
    text = simplified(text)
    dates = list(dates_in(text, language))
    statements = list(_statements(text, dates))
    if dates:
        first = dates[0]
        if first.iso and _BEFORE_ENTRY.fullmatch(text, 0, first.start) and names_change(text[first.end :]):
            statements.append(_Statement(0, "entry", first))
    return _DatedText(text, dates[0] if dates else None, tuple(statements))


def _statements_of_clause(clauses: Sequence[Clause], index: int, language: str | None) -> Iterator[_Statement]:
    """Yields the statements of a clause. If a clause is only a date, the clause above may announce the date."""
    read = _read(clauses[index].text, language)
    text, written = read.text, read.first_date
    if written is None or (index >= _TOP and _is_in_part(clauses[index])):
        return
    for statement in read.statements:
        if statement.kind != "weak" or not _is_earlier_version(clauses, index):
            yield replace(statement, index=index)
    if any(statement.kind != "entry" for statement in read.statements):
        return
    if len(text) > _LONGEST_BARE_STATEMENT or written.is_eight_digits:
        return
    before, after = text[: written.start].strip(" ([*"), text[written.end :]
    if _words_beside_date(after) or earlier_text_at(text) is not None:
        return
    above = clauses[index - 1] if index else None
    text_above = simplified(above.text) if above else ""
    is_alone = not _words_beside_date(before)
    if is_alone and above and len(text) <= _LONGEST_PART:
        limit = _LONGEST_PART_WITH_COLON if text_above.endswith(":") else _LONGEST_PART
        if len(text_above) <= limit:
            both = f"{text_above.rstrip(' :')}: {text}"
            announced = list(_statements(both, list(dates_in(both, language))))
            for statement in announced:
                yield replace(statement, index=index)
            if announced or earlier_text_at(text_above) is not None:
                return
    is_near_end = index >= len(clauses) - _LAST
    if is_alone:
        is_below_title = (
            above is not None
            and above.kind == "heading"
            and (
                subject_of(text_above) == "policy"
                or not any(clause.kind == "heading" for clause in clauses[: index - 1])
            )
        )
        if index == 0 or (index < _TOP and is_below_title) or is_near_end:
            yield _Statement(index, "bare", written)
    elif clauses[index].kind == "heading" and index < _END:
        if subject_of(before) == "policy":
            yield _Statement(index, "bare", written)
    elif is_near_end and _PLACE.fullmatch(before + " "):
        yield _Statement(index, "bare", written)


def _is_in_part(clause: Clause) -> bool:
    return bool(clause.heading_path) and is_title_of_part(simplified(clause.heading_path[-1]))


def _is_earlier_version(clauses: Sequence[Clause], index: int) -> bool:
    """Returns whether a clause is in a list of earlier versions: whether a title such as "Previous versions" is above.

    Only short clauses may stand between the title and the clause.
    """
    for above in reversed(clauses[max(0, index - _LONGEST_LIST) : index]):
        if len(above.text) > _LONGEST_BARE_STATEMENT:
            return False
        if is_title_of_earlier_texts(simplified(above.text)):
            return True
        if above.kind == "heading":
            return False
    return False


def _words_beside_date(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in _PART_OF_DATE]


def _statements(text: str, dates: Sequence[WrittenDate]) -> Iterator[_Statement]:
    """Yields the statements in a text, in order. Their index is 0.

    text: the text simplified.
    dates: the dates in the text.
    """
    previous_end = 0
    statement: _Statement | None = None
    is_listed = False  # whether only a comma or the like stands between the date and the date before
    for written, following in itertools.zip_longest(dates, dates[1:]):
        is_followed = following and _BETWEEN_DATES.fullmatch(text, written.end, following.start) is not None
        if is_listed and statement and statement.kind == "updated":
            statement = replace(statement, written=written)
        else:
            statement = _statement_of_date(text[: written.end] if is_followed else text, written, previous_end)
        if statement:
            yield statement
        is_listed, previous_end = bool(is_followed), written.end


def _statement_of_date(text: str, written: WrittenDate, previous_end: int) -> _Statement | None:
    """Returns the statement that a date makes with a phrase before or after it; None if there is no such phrase."""
    found = list(announcements(text, max(previous_end, written.start - _REACH), written.start))
    announcement = _announcement(text, found)
    if written.is_eight_digits and not (announcement and not _WORD.search(text, announcement[2], written.start)):
        return None  # the number of a company, a telephone or the like
    statement = announcement and _statement(text, written, announcement, previous_end)
    if not statement:
        announcement = announcement_after(text, written.end)
        statement = announcement and _statement(text, written, announcement, previous_end)
    return statement or None


def _announcement(text: str, found: Sequence[Announcement]) -> Announcement | None:
    """Returns the last phrase before a date, together with phrases directly before it; None if there is none.

    "Last updated & effective date:" is one phrase, and announces an update.

    found: the phrases before the date, in order.
    """
    strong = [phrase for phrase in found if phrase[0] != "weak"] or list(found)
    if not strong:
        return None
    kind, start, end = strong[-1]
    for earlier_kind, earlier_start, earlier_end in reversed(strong[:-1]):
        if _SENTENCE_END.search(text, earlier_end, start):
            break
        if earlier_kind == "updated":
            kind = "updated"
        if len(_WORD.findall(text, earlier_end, start)) <= 2:
            start = earlier_start
    return kind, start, end


def _statement(text: str, written: WrittenDate, announcement: Announcement, previous_end: int) -> _Statement | None:
    """Returns the statement that a phrase and a date make; None if they don't state the policy's date.

    announcement: what the phrase announces, and where it starts and ends.
    previous_end: the end of the date before; 0 if there is none.
    """
    kind, start, end = announcement
    is_after = start >= written.end
    first = min(start, written.start)
    head = text[max(previous_end, first - _REACH_BEFORE) : first]
    between = "" if is_after else text[end : written.start]
    phrase = text[first : written.start]
    if _SENTENCE_END.search(between) or earlier_text_at(_SENTENCE_END.split(head)[-1] + phrase) is not None:
        return None
    before = _BEGINNING.split(head)[-1]
    # The subject may stand before another date: "The Act of 1 May 2018, last amended on …".
    part = _BEGINNING.split(text[max(0, first - _REACH_BEFORE) : first])[-1]
    subject = subject_of(between) or subject_of(part)
    if subject == "other":
        return None
    after = _after(text[max(written.end, end) :][:_REACH_BEFORE])
    words_before, words_after = _words_beside_date(before), _words_beside_date(after)
    is_strong = kind != "weak"
    words_between = _words_beside_date(between)
    if subject != "policy" and ":" not in between and len(words_between) > (3 if is_strong else 2):
        return None
    if len(words_before) <= 2 and (subject == "policy" or not words_before or "(" not in before):
        is_remark = is_strong and len(words_after) <= _MOST_WORDS_AFTER and not after.startswith(",")
        return _Statement(0, kind, written) if is_remark or not words_after else None
    if subject == "policy" and (is_strong or not words_after):
        return _Statement(0, kind, written, is_whole=len(text) <= _LONGEST_STATEMENT)
    is_short = len(text) <= _LONGEST_BARE_STATEMENT and len(words_before) <= _MOST_WORDS_BEFORE
    return _Statement(0, kind, written) if kind == "updated" and is_short and not words_after else None


def _after(tail: str) -> str:
    """Returns the rest of the statement after its date: the text up to a boundary, or to what states another date.

    tail: the text after the date.
    """
    after = _BOUNDARY.split(tail)[0]
    if re.match(r"[.!?](?:\s|$)", after):
        return ""
    following = next(announcements(after, 0, len(after)), None)
    if following:
        after = after[: following[1]]
    return after[: earlier_text_at(after)]


def _chosen(found: Sequence[_Statement], top: int, end: int) -> _Statement | None:
    """Returns the statement that counts; None if there is none.

    found: the statements, in order.
    top: the number of clauses near the title.
    end: the index of the first clause near the end.
    """
    if not found:
        return None
    found = [*found, *_last_entries(found)]
    strong = [statement for statement in found if statement.is_whole and statement.kind in ("effective", "updated")]
    weak = [statement for statement in found if statement.is_whole and statement.kind == "weak"]
    bare = [statement for statement in found if statement.kind == "bare"]
    strong_near_title, weak_near_title, bare_near_title = (
        [statement for statement in statements if statement.index < top] for statements in (strong, weak, bare)
    )
    strong_near_end, weak_near_end = (
        [statement for statement in statements if statement.index >= end] for statements in (strong, weak)
    )
    in_running_text = [statement for statement in found if not statement.is_whole]
    pools = (
        *(strong_near_title, strong_near_end, weak_near_title, bare_near_title, weak_near_end),
        *(strong, bare, in_running_text, weak),
    )
    pool = next((statements for statements in pools if statements), None)
    if not pool:
        return None
    pool = sorted(pool, key=lambda statement: statement.index)
    first = pool[0]
    together = [first]
    for statement in pool[1:]:
        if statement.index - together[-1].index > _NEIGHBOURS:
            break
        together.append(statement)
    if first in strong_near_title and all(statement.kind == "effective" for statement in together):
        together += [statement for statement in strong_near_end if statement.kind == "updated"]
    effective = next((statement for statement in together if statement.kind == "effective"), None)
    updated = max(
        (statement for statement in together if statement.kind != "effective"),
        key=lambda statement: statement.earliest,
        default=None,
    )
    if effective and updated:
        return updated if updated.earliest > effective.earliest else effective
    return effective or updated


def _last_entries(found: Sequence[_Statement]) -> Iterator[_Statement]:
    """Yields a statement of an update for each log of changes: at least two entries close to each other, in order."""
    entries = [statement for statement in found if statement.kind == "entry"]
    starts = [
        position
        for position, entry in enumerate(entries)
        if not position or entry.index - entries[position - 1].index > _NEIGHBOURS
    ]
    for start, stop in itertools.pairwise([*starts, len(entries)]):
        log = entries[start:stop]
        days = [entry.earliest for entry in log]
        if len(log) >= 2 and days in (sorted(days), sorted(days, reverse=True)):
            index = log[0].index if log[0].index < _TOP else log[-1].index
            yield _Statement(index, "updated", max(log, key=lambda entry: entry.earliest).written)


def _order_of_numbers(clauses: Sequence[Clause]) -> int | None:
    """Returns 0 if the text's numeric dates have the day first, 1 if they have the month first; None if unclear."""
    orders = set()
    for clause in clauses:
        for match in _NUMERIC.finditer(clause.text):
            first, second = int(match[1]), int(match[2] or match[3])
            if 12 < max(first, second) <= 31 and min(first, second) <= 12:
                orders.add(0 if first > second else 1)
    return orders.pop() if len(orders) == 1 else None
