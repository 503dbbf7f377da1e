"""How long commands take as the database grows."""
