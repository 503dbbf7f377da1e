"""Extraction: turns the bytes of a capture into a document, and decides whether the capture shows the policy.

`extract` returns the document: the clauses of a page in HTML, PDF, Markdown or plain text, in reading order. `read`
returns the reading of a capture: the document and the verdict. `left_out_blocks` returns the other blocks of the page,
and `selector_fault` checks a selector. All functions depend only on their arguments.
"""

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
