"""Words in many languages: the vocabulary of policies, labels, months, stated dates, languages, normalisation."""
