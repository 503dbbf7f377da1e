"""The `clausewatch` command.

Each sub-command is a module in `scripts/commands/`. The modules in this folder contain the code that several
sub-commands share.
"""
