"""Bytes of a page to a document of clauses, and the verdict whether they show the policy.

Pure functions of their input: HTML, PDF, Markdown and plain text come in, clauses in reading order come out.
"""

from extraction.documents import EXTRACTOR, extract
from extraction.reading import read
from extraction.source_lines import CorpusLine, corpus_line

__all__ = ["EXTRACTOR", "CorpusLine", "corpus_line", "extract", "read"]
