"""The formats captures come in and are kept in: HTTP content codings, multipart payloads, documents as JSON, what
clausewatch's WARC files say of a capture, the media types of files.
"""
