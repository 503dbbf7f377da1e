"""Extraction: turns the bytes of a capture into a document, and decides whether the capture shows the policy.

`extract` returns the document: the clauses of a page in HTML, PDF, Markdown or plain text, in reading order. `read`
returns the reading of a capture: the document and the verdict. `left_out_blocks` returns the other blocks of the page,
and `selector_fault` checks a selector. All functions depend only on their arguments.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extraction.documents import EXTRACTOR, extract
    from extraction.left_out import LeftOutBlock, left_out_blocks
    from extraction.readings import read
    from extraction.selectors import selector_fault
    from extraction.source_lines import CorpusLine, corpus_line

__all__ = [
    "EXTRACTOR",
    "CorpusLine",
    "LeftOutBlock",
    "corpus_line",
    "extract",
    "left_out_blocks",
    "read",
    "selector_fault",
]

_MODULES = {
    "EXTRACTOR": "documents",
    "CorpusLine": "source_lines",
    "LeftOutBlock": "left_out",
    "corpus_line": "source_lines",
    "extract": "documents",
    "left_out_blocks": "left_out",
    "read": "readings",
    "selector_fault": "selectors",
}


def __getattr__(name: str) -> Any:
    """Imports the module of a name when the name is first used (PEP 562).

    The readers and their rules take half of the time in which a command starts, and most commands read no page. They
    import this package only because `storage` uses one of its rules.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value
