"""Captures from files, WARC and single pages somebody saved, and captures as a WARC file.

What becomes of a capture is storage's.
"""

from ingestion.page import capture_from_page
from ingestion.warc import LeftOut, captures_from_warc, is_warc
from ingestion.warc_writer import write_captures

__all__ = ["LeftOut", "capture_from_page", "captures_from_warc", "is_warc", "write_captures"]
