"""The data that every front end shows.

This data is: lists of captures and versions, the text of a version, statuses of policies (also as metrics), captures to
review, and warnings about policies. The rules that decide which data is shown are in this package too. Most data is
returned as frozen dataclasses. If a command prints a dataclass as JSON, the method `to_dict` returns the JSON fields;
docs/contract.md describes the fields.
"""
