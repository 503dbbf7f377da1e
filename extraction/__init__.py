"""Extraction: turns the bytes of a capture into a document, and decides whether the capture shows the policy.

`extract` returns the document: the clauses of a page in HTML, PDF, Markdown or plain text, in reading order. `read`
returns the reading of a capture: the document and the verdict. All functions depend only on their arguments.
"""

from extraction.documents import EXTRACTOR, extract
from extraction.readings import read
from extraction.source_lines import CorpusLine, corpus_line

__all__ = ["EXTRACTOR", "CorpusLine", "corpus_line", "extract", "read"]
