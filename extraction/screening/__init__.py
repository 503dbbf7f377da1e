"""Decides whether a capture shows the policy.

`rules` judges each capture by itself. `language_variants` compares a capture's language with the languages of the
policy's other captures.
"""
