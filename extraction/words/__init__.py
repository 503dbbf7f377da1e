"""Knowledge about words in many languages.

The modules know the vocabulary of policies, the labels of clauses, the names of months, the phrases that announce a
date, the language of a text, and the normalisation of text.
"""
