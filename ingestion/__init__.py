"""Reads captures from WARC files and from single saved pages, and writes captures to WARC files.

This package makes captures. `intake` stores them.
"""

from ingestion.page import capture_from_page, capture_to_try
from ingestion.warc import LeftOut, captures_from_warc, is_warc
from ingestion.warc_writer import write_captures

__all__ = ["LeftOut", "capture_from_page", "capture_to_try", "captures_from_warc", "is_warc", "write_captures"]
