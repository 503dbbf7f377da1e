"""Writes a digest as a short text for chats: who changed what, the first changes, and where the rest is."""

import re
from collections.abc import Sequence

from core.plurals import plural
from reports.digest_email import DigestEntry, Links
from reports.digest_email.body import by_importance
from reports.digest_email.headers import subject
from reports.digest_email.local_dates import with_dates_in
from reports.digest_email.pieces import Item, items_of
from reports.excerpts import cut, redline_as_text, shortened, with_remark

# The limit on the text, in characters. Discord takes 2000 with the title, other chats more.
TEXT_LENGTH = 1_500
# What the limit leaves for the last line.
_LAST_LINE = 150
_CHANGES = 3
_CHANGE_LENGTH = 240
_SUMMARY_LENGTH = 400
_PLACE_LENGTH = 100
# What chats read as a mention of people (`@channel`, `<!here>`), and as a link with other words (`[words](address)`).
# An e-mail address mentions nobody: a letter or digit stands before its @. Anything else may stand before a mention,
# such as the marks of an insertion and a deletion (`{+@channel+}`), and before the names of everybody even a letter.
_EVERYBODY = "all|channel|everyone|here|room|team"
_SPECIAL = re.compile(rf"(?<![^\W_])@(?=\w)|@(?=(?:{_EVERYBODY})(?![^\W_]))|<(?=\S)|\](?=\()", re.IGNORECASE)
_NOTHING_VISIBLE = "\N{ZERO WIDTH SPACE}"


def chat_text(entries: Sequence[DigestEntry], links: Links, dates: str = "") -> bytes:
    """Returns a digest as a title, a line break and a text, in UTF-8.

    A text from a vendor's page mentions nobody and makes no link. entries: the digest's entries, at least one.
    links: where links lead. dates: the language of dates; '' for ISO 8601.
    """
    ordered = by_importance(entries)
    blocks: list[str] = []
    left = TEXT_LENGTH - _LAST_LINE
    for entry in ordered:
        block = next((block for block in _blocks(entry, links, dates) if len(block) + 2 <= left), None)
        if block is None:
            break
        blocks.append(block)
        left -= len(block) + 2
    if more := len(ordered) - len(blocks):
        where = links.page("/") or "`clausewatch changes`"
        entries_left = plural(more, "more entry").replace("entrys", "entries")
        blocks.append(f"There {'is' if more == 1 else 'are'} {entries_left}: {where}")
    return "\n".join((_harmless(subject(ordered)), "\n\n".join(blocks))).encode("utf-8", "replace")


def _blocks(entry: DigestEntry, links: Links, dates: str) -> Sequence[str]:
    """Returns what a text may say about an entry, the longest first."""
    # The address comes early, because services with a lower limit cut the end.
    summary = _harmless(f"{entry.name}: {shortened(entry.summary, _SUMMARY_LENGTH)}")
    summary = with_dates_in(summary, dates) if dates else summary
    head = f"{summary}\n{links.page(entry.page) or entry.command}"
    changes = [_harmless(_line(item)) for item in list(items_of(entry))[:_CHANGES]]
    return ["\n".join((head, *changes[:count])) for count in range(len(changes), -1, -1)]


def _line(item: Item) -> str:
    excerpt, left_out = cut(item.change.excerpt, _CHANGE_LENGTH)
    place = shortened(item.place, _PLACE_LENGTH)
    words = shortened(item.words, _PLACE_LENGTH)
    text = redline_as_text(with_remark(excerpt, item.change.left_out + left_out))
    return f"{item.change.number}. {': '.join(filter(None, (place, words, text)))}"


def _harmless(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"{match.group()}{_NOTHING_VISIBLE}", text)
