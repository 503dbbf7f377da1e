"""The formats that captures come in and are stored in.

`content_codings`: compressed HTTP bodies. `multipart`: several answers as one payload. `document_json`: documents as
they are stored. `warc_metadata`: what clausewatch's WARC files say about a capture beyond WARC's own fields.
`media_types`: the kinds of saved pages.
"""
