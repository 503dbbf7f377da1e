"""Knowledge about words in many languages.

The modules contain the policy vocabulary, the labels of clauses, the names of months, the phrases that announce a date,
the detection of a text's language, and the normalisation of text.
"""
