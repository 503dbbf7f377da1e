"""Lists the blocks of a page that the furniture rules leave out of the policy's text."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.captures import Capture
from core.exceptions import ExtractionError
from extraction.documents import parse
from formats.multipart import is_composed, parts_of


@dataclass(frozen=True, slots=True)
class LeftOutBlock:
    """A block that isn't a part of the policy's text.

    rule: the name of the rule that left the block out.
    text: the text of the block.
    """

    rule: str
    text: str


def left_out_blocks(
    capture: Capture, payload: bytes, *, select: Sequence[str] = (), remove: Sequence[str] = ()
) -> list[LeftOutBlock]:
    """Returns the blocks that the furniture rules left out when `read` read a capture, in page order.

    Furniture is recognised only in HTML, and only if `select` is empty. So the list is empty for any other capture, and
    for bytes that can't be read. If the capture consists of several pages, the list contains the blocks of all pages.

    The arguments are the same as for `read`.
    """
    try:
        parts = parts_of(capture, payload) if is_composed(capture) else ((capture, payload),)
    except ExtractionError:
        return []
    if is_composed(capture) and not capture.media_type.startswith("multipart/mixed"):
        parts = parts[-1:]
    left_out: list[LeftOutBlock] = []
    for part, body in parts:
        if is_composed(part):
            left_out += left_out_blocks(part, body, select=select, remove=remove)
            continue
        try:
            page = parse(body, part.media_type, url=part.url, select=select, remove=remove)[1]
        except ExtractionError:
            continue
        if page is not None:
            left_out += [LeftOutBlock(block.left_out_by, block.text) for block in page.blocks if block.left_out_by]
    return left_out
