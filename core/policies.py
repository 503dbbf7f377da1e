"""How a policy is named throughout: by the slugs of its vendor and of itself."""

from typing import NamedTuple


class PolicyKey(NamedTuple):
    """The slugs that name one policy: `hesk`, `privacy`."""

    vendor: str
    policy: str

    def __str__(self) -> str:
        return f"{self.vendor}/{self.policy}"
