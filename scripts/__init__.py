"""The `clausewatch` command: thin, one module a sub-command."""
