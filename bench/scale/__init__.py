"""How the commands' time grows with the number of policies."""
