"""Redlines: what was struck out of a text and what was written in, word by word."""

from diff_match_patch import diff_match_patch

from core.changes import Redline, RedlineOperation

_OPERATION: dict[int, RedlineOperation] = {-1: "delete", 0: "equal", 1: "insert"}


def redline(old: str, new: str) -> Redline:
    """The parts kept, deleted and inserted; delete + equal are the old text, insert + equal the new."""
    differ = diff_match_patch()
    differ.Diff_Timeout = 0
    parts = differ.diff_main(old, new)
    differ.diff_cleanupSemantic(parts)
    return tuple((_OPERATION[operation], text) for operation, text in parts)
