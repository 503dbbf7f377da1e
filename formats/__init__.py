"""The formats in which captures are received, stored and exported.

- `content_codings` decompresses HTTP bodies.
- `multipart` combines several captures into one capture.
- `capture_json` turns captures into plain data for JSON.
- `document_json` encodes documents for storage.
- `warc_metadata` converts captures to and from metadata records of WARC files, for the fields that WARC doesn't have.
- `media_types` lists the media types of saved pages.
"""
