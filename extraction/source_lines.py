"""First lines of texts that are no clause of the policy: where it was taken from."""

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
    """What the Princeton-Leuven corpus of policies says of a text in its first line.

    domain: the site the policy is of. archived_on: the day of the Wayback capture it was taken from, in UTC.
    """

    domain: str
    archived_on: date


def corpus_line(data: bytes) -> CorpusLine | None:
    """The corpus line a text begins with; None when it begins with none.

    The line is as Amos et al., "Privacy Policies over Time" (The Web Conference 2021) put it before each text.
    """
    match = _CORPUS_LINE.match(data[:1000].decode("utf-8", "replace").lstrip("\ufeff \t\r\n"))
    if not match:
        return None
    try:
        return CorpusLine(match["domain"].lower(), date.fromisoformat(match["day"]))
    except ValueError:
        return None


def without_source_line(text: str) -> str:
    """The text without a first line that only says where it was taken from: a corpus line, or a lone web address."""
    stripped = text.lstrip("\ufeff \t\r\n")
    first, _, rest = stripped.partition("\n")
    if _CORPUS_LINE.fullmatch(first.strip()) or _ADDRESS_LINE.fullmatch(first.strip()):
        return rest
    return text
