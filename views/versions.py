"""The versions of a policy with their periods and alternations, for `clausewatch versions`.

The module also writes sentences that name the versions that did not last, and the version that is not confirmed yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.clauses import Document
from core.dates import iso
from core.history import Alternation, History, Observation, Period, SettledHistory, Version
from core.policies import PolicyKey
from diffing.timeline import alternations
from storage import Store


@dataclass(frozen=True, slots=True)
class PeriodView:
    """A period of a version, and whether the period's text lasted.

    lasted: True if the period stands (its text is confirmed).
        False if the page showed another text when the page was fetched again minutes later.
        None if no second capture has confirmed the text yet, or if the text is held.
    held: whether the period is held: its text shares nothing with the text before, and no capture days later has
        shown it again.
    """

    period: Period
    lasted: bool | None = True
    held: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Returns the period's JSON fields, which docs/contract.md describes.

        `lasted` is omitted if it is True, and `held` if it is False.
        """
        period = self.period
        fields: dict[str, Any] = {
            "from": iso(period.first.captured_at),
            "to": iso(period.last.captured_at),
            "captures": len(period.observations),
            "url": period.last.url,
        }
        if self.lasted is not True:
            fields["lasted"] = self.lasted
        if self.held:
            fields["held"] = True
        return fields


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version with its text and the periods that show it.

    document: the text read from the first capture that shows the version.
    periods: the periods that show the version, oldest first.
    alternations: the alternations that include the version, oldest first.
    """

    version: Version
    document: Document
    periods: tuple[PeriodView, ...]
    alternations: tuple[Alternation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the version's JSON fields, which docs/contract.md describes.

        `alternations` is omitted if no alternation includes the version.
        """
        effective_date = self.document.effective_date
        fields: dict[str, Any] = {
            "version": self.version.number,
            "id": self.version.id,
            **origin(self.version.first),
            "clauses": len(self.document.clauses),
            "effective_date": effective_date.isoformat() if effective_date else None,
            "stated_date": self.document.stated_date,
            "language": self.document.language,
            "periods": [period.to_dict() for period in self.periods],
        }
        if self.alternations:
            fields["alternations"] = [_alternation_dict(alternation) for alternation in self.alternations]
        return fields


@dataclass(frozen=True, slots=True)
class PolicyVersions:
    """The versions of a policy, and the alternations between them.

    versions: the versions in order of first appearance.
    alternations: the runs of periods in which the page goes back and forth between versions, oldest first.
    settled: the periods of the policy in four groups: they stand, did not last, are held, or are not confirmed yet.
    """

    versions: tuple[VersionView, ...]
    alternations: tuple[Alternation, ...]
    settled: SettledHistory


def policy_versions(store: Store, key: PolicyKey) -> PolicyVersions:
    """Returns the versions of a policy, with their periods and alternations.

    StorageError if the database can't be read. DamageError if a stored document is damaged.
    """
    settled_history = store.library.settled(key)
    views = version_views(store, settled_history, settled_history.history.versions)
    return PolicyVersions(views, alternations(settled_history.history), settled_history)


def version_views(
    store: Store, settled_history: SettledHistory, versions: Sequence[Version]
) -> tuple[VersionView, ...]:
    """Returns some versions of a policy with their texts, periods and alternations.

    settled_history: the policy's settled history. versions: versions of it. The errors are those of `policy_versions`.
    """
    policy_alternations = alternations(settled_history.history)
    documents = [store.library.document(version.first.capture_id, version.first.reader) for version in versions]
    lasted: dict[Period, bool | None] = {
        **dict.fromkeys(settled_history.transient, False),
        **dict.fromkeys((*settled_history.pending, *settled_history.held), None),
    }
    held = set(settled_history.held)
    return tuple(
        VersionView(
            version,
            document,
            tuple(PeriodView(period, lasted.get(period, True), period in held) for period in version.periods),
            tuple(alternation for alternation in policy_alternations if version in alternation.versions),
        )
        for version, document in zip(versions, documents, strict=True)
    )


def unsettled_sentences(settled_history: SettledHistory) -> Iterator[str]:
    """Yields a sentence for each version that did not last, is held, or is not confirmed yet."""
    numbers = version_numbers(settled_history.history)
    transient_periods: dict[str, list[Period]] = {}
    for period in settled_history.transient:
        transient_periods.setdefault(period.version_id, []).append(period)
    for version_id, periods in transient_periods.items():
        first, last = iso(periods[0].first.captured_at), iso(periods[-1].first.captured_at)
        when = f"{len(periods)} times from {first} to {last}" if len(periods) > 1 else f"on {first}"
        yield (
            f"Version {numbers[version_id]}, seen {when}, did not last: the next captures showed another "
            "text. No digest reports this version as a change."
        )
    for period in settled_history.held:
        sentence = (
            f"Version {numbers[period.version_id]}, seen on {iso(period.first.captured_at)}, is held: it shares "
            "nothing with the version before."
        )
        if period == settled_history.held_now:
            sentence += (
                " Digests report it in full when a capture still shows it after CLAUSEWATCH_HOLD_DAYS, or when you "
                "accept it "
                "with `clausewatch review`."
            )
        yield sentence
    if settled_history.pending:
        period = settled_history.pending[0]
        yield (
            f"Version {numbers[period.version_id]}, seen on {iso(period.first.captured_at)}, is not confirmed by a "
            "second capture yet. Digests report this version when it is confirmed."
        )


def origin(observation: Observation) -> dict[str, Any]:
    """Returns the JSON fields that say where a version comes from: the capture and the policy reader."""
    return {"capture": observation.to_dict(), "extractor": observation.reader}


def version_numbers(history: History) -> dict[str, int]:
    """Returns a mapping from the id of each version in a history to the version's number."""
    return {version.id: version.number for version in history.versions}


def _alternation_dict(alternation: Alternation) -> dict[str, Any]:
    return {
        "versions": [version.number for version in alternation.versions],
        "ids": [version.id for version in alternation.versions],
        "since": iso(alternation.since),
        "until": None if alternation.ongoing else iso(alternation.until),
        "times": alternation.times,
    }
