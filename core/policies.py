"""PolicyKey: the name of a policy in code, tables and output."""

from typing import NamedTuple


class PolicyKey(NamedTuple):
    """The slug of a vendor and the slug of one of the vendor's policies: `hesk`, `privacy`."""

    vendor: str
    policy: str

    def __str__(self) -> str:
        return f"{self.vendor}/{self.policy}"
