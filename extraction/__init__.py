"""Reads the bytes of a page: into a document of clauses, and to a verdict on whether the page shows the policy.

Everything here is a pure function of its input. The input is HTML, PDF, Markdown or plain text; the clauses come out in
reading order.
"""

from extraction.documents import EXTRACTOR, extract
from extraction.readings import read
from extraction.source_lines import CorpusLine, corpus_line

__all__ = ["EXTRACTOR", "CorpusLine", "corpus_line", "extract", "read"]
