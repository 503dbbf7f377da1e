"""The addresses that a bench's readers open: some of each kind of page, of policies all over the database."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from bench.scale.generate import AFTER, BEGIN
from bench.scale.measure import Side
from core.policies import PolicyKey
from storage import Store
from views import addresses

_POLICIES = 400
_SEED = 17
_WORDS = (
    "data",
    "personal data",
    '"bill what you order"',
    "officer",
    "vendor00123",
    "months",
    "fraud",
    '"13 months"',
    "subproc*",
)


@dataclass(frozen=True, slots=True)
class _Sample:
    """A policy of the database, and the ids of its versions, oldest first."""

    key: PolicyKey
    version_ids: tuple[str, ...]


class Visits:
    """Chooses addresses at random. The same seed chooses the same addresses."""

    def __init__(self, samples: list[_Sample]) -> None:
        self._samples = samples
        self._random = random.Random(_SEED)  # noqa: S311 - nothing depends on nobody guessing it
        self._kinds: dict[str, Callable[[], str]] = {
            "home": lambda: addresses.HOME,
            "vendor": lambda: addresses.vendor_page(self._sample().key.vendor),
            "timeline": lambda: addresses.policy_page(self._sample().key),
            "compare": self._compare,
            "blame": self._version,
            "trace": self._trace,
            "search": lambda: addresses.search_page(self._random.choice(_WORDS)),
            "search in a policy": self._search_in_policy,
            "feed": lambda: addresses.feed(*self._sample().key),
            "api versions": self._api_versions,
        }

    @classmethod
    def of(cls, side: Side) -> "Visits":
        """Returns the visits to a database."""
        chosen = random.Random(_SEED).sample(list(side.watched), min(_POLICIES, len(side.watched)))  # noqa: S311
        with Store.open(side.url, read_only=True) as store:
            keys = [PolicyKey(watched.vendor, watched.policy) for watched in chosen]
            return cls(
                [_Sample(key, tuple(version.id for version in store.library.history(key).versions)) for key in keys]
            )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of pages."""
        return tuple(self._kinds)

    def next(self, kind: str | None = None) -> tuple[str, str]:
        """Returns a kind of page, and the address of such a page. kind: the kind; None for any."""
        kind = kind or self._random.choice(self.kinds)
        return kind, self._kinds[kind]()

    def _sample(self) -> _Sample:
        return self._random.choice(self._samples)

    def _compare(self) -> str:
        sample = self._sample()
        old, new = sorted(self._random.sample(range(len(sample.version_ids)), 2))
        return addresses.comparison_page(sample.key, f"@{sample.version_ids[old]}", f"@{sample.version_ids[new]}")

    def _version(self) -> str:
        sample = self._sample()
        return addresses.version_page(sample.key, f"@{self._random.choice(sample.version_ids)}")

    def _trace(self) -> str:
        sample = self._sample()
        return addresses.clause_page(sample.key, self._random.choice(sample.version_ids), self._random.randrange(36))

    def _search_in_policy(self) -> str:
        key = self._sample().key
        day = BEGIN + (AFTER - BEGIN) * self._random.random()
        return f"{addresses.SEARCH}?q=data&vendor={key.vendor}&policy={key.policy}&at={day:%Y-%m-%d}"

    def _api_versions(self) -> str:
        key = self._sample().key
        return f"{addresses.API}/policies/{key.vendor}/{key.policy}/versions"
