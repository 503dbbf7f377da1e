"""Shortens texts and redlines for lists and excerpts, and writes redlines as plain text."""

from typing import Final

from core.changes import Redline, RedlineOperation
from core.plurals import plural

ELLIPSIS: Final = "…"
# The number of characters of unchanged text that are shown before and after a difference. Lists that name a clause by
# the beginning of the clause's text also show this many characters.
CONTEXT: Final = 90
# The number of characters that are shown of a clause whose text did not change.
_EXCERPT = 200
_MARKS: Final[dict[RedlineOperation, tuple[str, str]]] = {
    "delete": ("[-", "-]"),
    "insert": ("{+", "+}"),
    "equal": ("", ""),
}


def excerpt_of(redline: Redline) -> Redline:
    """Returns the redline with long unchanged text shortened.

    Of a long unchanged text, only the characters next to a deletion or an insertion are kept.
    """
    if len(redline) == 1 and redline[0][0] == "equal":
        return (("equal", shortened(redline[0][1], _EXCERPT)),)
    last = len(redline) - 1
    result = []
    for index, (operation, text) in enumerate(redline):
        if operation == "equal" and len(text) > 3 * CONTEXT:
            head = shortened(text, CONTEXT).removesuffix(ELLIPSIS) if index else ""
            tail = _end_of(text, CONTEXT).removeprefix(ELLIPSIS) if index < last else ""
            text = f"{head}{ELLIPSIS}{tail}"
        result.append((operation, text))
    return tuple(result)


def cut(redline: Redline, length: int) -> tuple[Redline, int]:
    """Returns the first `length` characters of a redline, and the number of characters that are left out."""
    result: list[tuple[RedlineOperation, str]] = []
    left = length
    for operation, text in redline:
        if left <= 0:
            break
        result.append((operation, text[:left]))
        left -= len(text)
    return tuple(result), max(0, sum(len(text) for _, text in redline) - length)


def with_remark(redline: Redline, left_out: int) -> Redline:
    """Returns a redline with a remark at its end that says how many characters are left out, if any are."""
    if not left_out:
        return redline
    return (*redline, ("equal", f"{ELLIPSIS} [{plural(left_out, 'more character')}: see the whole report]"))


def redline_as_text(redline: Redline) -> str:
    """Returns the redline as plain text: deletions as [-old-], insertions as {+new+}."""
    return "".join(f"{_MARKS[operation][0]}{text}{_MARKS[operation][1]}" for operation, text in redline)


def shortened(text: str, length: int) -> str:
    """Returns the first `length` characters of a text and an ellipsis. A shorter text is returned unchanged.

    If there is a space within 25 characters before the end, the text is cut at the space.
    """
    if len(text) <= length:
        return text
    space = text.rfind(" ", length - 25, length + 1)
    return f"{text[: space + 1 if space >= 0 else length]}{ELLIPSIS}"


def _end_of(text: str, length: int) -> str:
    start = len(text) - length
    space = text.find(" ", start, start + 25)
    return f"{ELLIPSIS}{text[space if space >= 0 else start :]}"
