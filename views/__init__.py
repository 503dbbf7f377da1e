"""The data that every front end shows.

A front end is a room (a top-level package) through which people or programs use clausewatch, such as the command line.
The data consists of lists of captures and versions, texts of versions, the history of clauses, statuses of policies
(also as metrics), captures to review, subscriptions, warnings about policies, the last run and the outbox, and
summaries of ingests, exports and verifications. The rules that decide which data is shown are in this package too.

Most functions return frozen dataclasses. A dataclass that a command prints as JSON has a method `to_dict`, which
returns the JSON fields. docs/contract.md describes the fields.
"""
