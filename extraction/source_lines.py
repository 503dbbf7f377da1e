"""Recognises a first line that names the source of a text. Such a line isn't a clause of the policy."""

import re
from dataclasses import dataclass
from datetime import date

_CORPUS_LINE = re.compile(
    r"The following text is extracted and transformed from the (?P<domain>\S+) privacy policy that was archived on "
    r"(?P<day>\d{4}-\d{2}-\d{2})\.[^\r\n]*"
)
_ADDRESS_LINE = re.compile(r"(?:https?://|www\.)[^\s/]+\.[^\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CorpusLine:
    """The source of a text in the Princeton-Leuven corpus. The first line of the text names the source.

    domain: the domain of the site to which the policy belongs.
    archived_on: the day (UTC) of the Wayback capture from which the text was made.
    """

    domain: str
    archived_on: date


def corpus_line(data: bytes) -> CorpusLine | None:
    """Returns the source that a text's first line names; None if the text isn't from the Princeton-Leuven corpus.

    Each text of the corpus begins with a line that names the source (Amos et al., "Privacy Policies over Time", The Web
    Conference 2021).
    """
    match = _CORPUS_LINE.match(data[:1000].decode("utf-8", "replace").lstrip("\ufeff \t\r\n"))
    if not match:
        return None
    try:
        return CorpusLine(match["domain"].lower(), date.fromisoformat(match["day"]))
    except ValueError:
        return None


def without_source_line(text: str) -> str:
    """Returns the text without the first line, if the first line names the source of the text.

    Two kinds of lines name the source: a line as in the Princeton-Leuven corpus (see `corpus_line`), and a line that
    consists only of a web address.
    """
    stripped = text.lstrip("\ufeff \t\r\n")
    first, _, rest = stripped.partition("\n")
    if _CORPUS_LINE.fullmatch(first.strip()) or _ADDRESS_LINE.fullmatch(first.strip()):
        return rest
    return text
