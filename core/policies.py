"""PolicyKey: what names a policy in code, tables and output."""

from typing import NamedTuple


class PolicyKey(NamedTuple):
    """The slugs of a vendor and of one of its policies: `hesk`, `privacy`."""

    vendor: str
    policy: str

    def __str__(self) -> str:
        return f"{self.vendor}/{self.policy}"
