"""Readers of HTML, PDF, Markdown and plain text. Each reader turns a page's bytes or characters into blocks of text.

The readers share the modules `character_encodings` and `links`.
"""
