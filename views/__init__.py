"""What every front end shows, as plain data, and the product's rules about it: listings, statuses, reviews.

Each view is a frozen dataclass; its `to_dict` returns what the command line's JSON contains (docs/contract.md).
"""
