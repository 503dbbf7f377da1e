"""Words of policies: vocabularies, languages, dates, labels, and how text is tidied."""
