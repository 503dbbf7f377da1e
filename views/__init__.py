"""The data that every front end shows.

A front end is a room (a top-level package) through which people or programs use clausewatch, such as the command line.
The data is what a command lists, shows or counts, and what a page of the reading room shows. The rules that decide
which data is shown are in this package, too.

Most functions return frozen dataclasses. A dataclass that a command prints as JSON has a method `to_dict`, which
returns the JSON fields. docs/contract.md describes the fields.
"""
