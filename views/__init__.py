"""The data that every front end shows: lists of captures and versions, statuses of policies, captures to review.

The rules that decide which data is shown are here too. Each view is a frozen dataclass. The method `to_dict` returns
the fields that the command line prints as JSON; docs/contract.md describes these fields.
"""
