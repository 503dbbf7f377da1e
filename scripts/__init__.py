"""The `clausewatch` command. Each sub-command is a module in `scripts/commands/`; what they share is here."""
