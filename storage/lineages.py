"""Keeps the steps between neighbouring versions of policies, from which the lines of clauses follow.

A step belongs to two documents, not to two captures. So a capture that arrives in the middle of a history, or a policy
reader that reads some captures otherwise, leaves all steps valid but those between documents that are neighbours now.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from typing import Any

import zstandard
from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from core.captures import Capture, sha256_hex
from core.exceptions import RESTORE_ADVICE, DamageError, StoppedWorkError
from core.history import Observation, SettledHistory
from core.limits import Caller
from core.lineage import LINEAGE, ChainEntry, Step
from core.policies import PolicyKey
from diffing.lineage import chain, first_step, step_between
from diffing.sameness import SAMENESS
from formats import step_json
from storage import documents
from storage.database import Database, insert
from storage.library import Library
from storage.payloads.compression import compress
from storage.tables.models import CaptureRow, ReadingRow, StepRow

# The checksums of the old and of the new document.
_Pair = tuple[str, str]

_RULES = f"{LINEAGE}.{SAMENESS}"
# In place of the old document, for a version that is compared with no earlier version.
_NO_DOCUMENT = "0" * 64
# How many captures before a new one are looked at, to find out whether it shows a new text.
_LOOKED_BACK = 30
# How many rows one query looks up.
_AT_ONCE = 10_000


def _earlier_captures() -> Select[Any]:
    """Returns the query for the captures before a capture: the version of each, and whether a step leads to its text.

    A version is in the chain if a step leads to the document of its first capture there. The later captures may differ
    in what makes no version, such as links.
    """
    earlier = (
        select(ReadingRow.version_id, ReadingRow.document_sha256)
        .join(CaptureRow, CaptureRow.id == ReadingRow.capture_id)
        .where(CaptureRow.vendor == bindparam("vendor"), CaptureRow.policy == bindparam("policy"))
        .where(CaptureRow.captured_at < bindparam("captured_at"), ReadingRow.reader == bindparam("reader"))
        .order_by(CaptureRow.captured_at.desc())
        .limit(_LOOKED_BACK)
        .subquery()
    )
    step = select(StepRow.new_sha256).where(StepRow.new_sha256 == earlier.c.document_sha256)
    return select(earlier.c.version_id, step.where(StepRow.rules == bindparam("rules")).exists())


# Built once, because to build it takes longer than to execute it.
_EARLIER = _earlier_captures()


@dataclass(frozen=True, slots=True)
class Lineage:
    """The chain of a policy's versions, with the steps between them.

    entries: the versions, oldest first. steps: the step to each version.
    faults: for the index of each version that could not be compared with the version before, why. Its step opens a new
        beginning (`Step.opens`).
    """

    entries: tuple[ChainEntry, ...]
    steps: tuple[Step, ...]
    faults: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class KeptSteps:
    """As `Lineage`, but a step that isn't kept is None, and so is a step that could not be made."""

    entries: tuple[ChainEntry, ...]
    steps: tuple[Step | None, ...]
    faults: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A step that was made earlier. step: the step; None if it could not be made. fault: why; '' if it could."""

    step: Step | None
    fault: str = ""


class Lineages:
    """The steps between the versions of all policies."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    def kept(self, key: PolicyKey, settled: SettledHistory) -> KeptSteps:
        """Returns the chain of a policy's versions with the steps that are kept. Makes none.

        settled: the policy's settled history. StorageError if the database can't be read.
        """
        entries, checksums, kept = self._state(key, settled)
        found = [kept.get(pair) for pair in _pairs(checksums)]
        faults = {index: step.fault for index, step in enumerate(found) if step and step.fault}
        return KeptSteps(entries, tuple(step.step if step else None for step in found), faults)

    def lineage(self, key: PolicyKey, call: Caller, settled: SettledHistory | None = None) -> Lineage:
        """Returns the chain of a policy's versions with its steps. Writes nothing: steps that are missing are made.

        call: makes a step, for instance in another process with limits on time and memory. settled: the policy's
            settled history, if the caller has it.

        StorageError if the database can't be read; DamageError if a document is damaged.
        """
        entries, checksums, kept = self._state(key, settled)
        made = dict(self._made(checksums, kept.keys(), call))
        steps: list[Step] = []
        faults: dict[int, str] = {}
        for index, pair in enumerate(_pairs(checksums)):
            found = kept.get(pair) or made[pair]
            step = found.step
            if step is None:
                faults[index] = found.fault
                with self._database.read_session() as session:
                    step = first_step(documents.get(session, pair[1]))
            steps.append(step)
        return Lineage(entries, tuple(steps), faults)

    def refresh(self, key: PolicyKey, call: Caller, *, retries: bool = False) -> int:
        """Makes and keeps the steps of a policy that are missing. Returns their number.

        A step that could not be made within the limits is kept with the reason, and is not tried again.

        call: as for `lineage`. retries: whether such steps are tried again.

        StorageError if the database can't be read or written; DamageError if a document is damaged.
        """
        _, checksums, kept = self._state(key)
        known = {pair for pair, found in kept.items() if not (retries and found.fault)}
        count = 0
        for pair, made in self._made(checksums, known, call):
            with self._database.write_session(durable=False) as session:
                _put(session, pair, made)
            count += 1
        return count

    def repeats_last(self, capture: Capture, reading: Mapping[str, Any]) -> bool:
        """Returns whether a capture surely adds no step: it shows the version of the capture before it in the chain.

        It takes one query. False if the answer would need the whole history. reading: the values of the reading's row.
        """
        values = {
            "vendor": capture.vendor,
            "policy": capture.policy,
            "captured_at": capture.captured_at,
            "reader": reading["reader"],
            "rules": _RULES,
        }
        with self._database.read_session() as session:
            rows = session.connection().execute(_EARLIER, values).all()
        versions = [(version_id == reading["version_id"], has_step) for version_id, has_step in rows]
        return bool(versions) and versions[0][0] and any(same and has_step for same, has_step in versions)

    def _state(
        self, key: PolicyKey, settled: SettledHistory | None = None
    ) -> tuple[tuple[ChainEntry, ...], list[str], dict[_Pair, _Kept]]:
        """Returns the chain of a policy, the checksum of each version's document, and the steps that are kept."""
        entries = chain(settled or self._library.settled(key))
        with self._database.read_session() as session:
            by_capture = document_checksums(session, {entry.text.capture_id: entry.text for entry in entries})
            checksums = [by_capture[entry.text.capture_id] for entry in entries]
            return entries, checksums, _kept(session, set(_pairs(checksums)))

    def _made(self, checksums: Sequence[str], known: Collection[_Pair], call: Caller) -> Iterator[tuple[_Pair, _Kept]]:
        for pair in dict.fromkeys(_pairs(checksums)):
            if pair not in known:
                yield pair, self._make(pair, call)

    def _make(self, pair: _Pair, call: Caller) -> _Kept:
        old, new = pair
        with self._database.read_session() as session:
            new_document = documents.get(session, new)
            if old == _NO_DOCUMENT:
                return _Kept(first_step(new_document))
            old_document = documents.get(session, old)
        try:
            return _Kept(call(partial(step_between, old_document, new_document)))
        except StoppedWorkError as error:
            return _Kept(None, str(error))


def _pairs(checksums: Sequence[str]) -> Iterator[_Pair]:
    return pairwise([_NO_DOCUMENT, *checksums])


def document_checksums(session: Session, captures: Mapping[int, Observation]) -> dict[int, str]:
    """Returns the checksum of each capture's document. captures: by id. DamageError if a document is missing."""
    found: dict[int, str] = {}
    for some in _portions(captures):
        query = select(ReadingRow.capture_id, ReadingRow.reader, ReadingRow.document_sha256)
        for capture_id, reader, checksum in session.execute(query.where(ReadingRow.capture_id.in_(some))):
            if reader == captures[capture_id].reader and checksum is not None:
                found[capture_id] = checksum
    if missing := captures.keys() - found.keys():
        raise DamageError(f"the text of capture {min(missing)} is missing from the database; {RESTORE_ADVICE}")
    return found


def _kept(session: Session, pairs: Collection[_Pair]) -> dict[_Pair, _Kept]:
    """Returns the steps that are stored and count. A damaged row is left out, so that its step is made again."""
    kept: dict[_Pair, _Kept] = {}
    columns = StepRow.old_sha256, StepRow.new_sha256, StepRow.checksum, StepRow.data, StepRow.fault
    for some in _portions({new for _, new in pairs}):
        query = select(*columns).where(StepRow.new_sha256.in_(some), StepRow.rules == _RULES)
        try:
            rows = session.execute(query).all()
        except DamageError:  # it doesn't say which row is damaged
            continue
        for old, new, checksum, data, fault in rows:
            if (old, new) in pairs and sha256_hex(data) == checksum:
                step = None if fault else _restored(data)
                if fault or step:
                    kept[old, new] = _Kept(step, fault)
    return kept


def _restored(data: bytes) -> Step | None:
    try:
        return step_json.decode(zstandard.decompress(data))
    except (ValueError, zstandard.ZstdError):
        return None


def _put(session: Session, pair: _Pair, made: _Kept) -> None:
    data = compress(step_json.encode(made.step)) if made.step else b""
    values: dict[str, Any] = {
        "new_sha256": pair[1],
        "old_sha256": pair[0],
        "rules": _RULES,
        "checksum": sha256_hex(data),
        "data": data,
        "fault": made.fault,
    }
    statement = insert(session, StepRow).values(values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[StepRow.new_sha256, StepRow.old_sha256], set_=values)
    )


def _portions(values: Collection[Any]) -> Iterator[list[Any]]:
    remaining = iter(values)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some


def is_current(row: type[StepRow]) -> ColumnElement[bool]:
    """Returns the condition that a row was derived by the rules of this code."""
    return row.rules == _RULES


def restored(data: bytes, checksum: str) -> Step | None:
    """Returns a step out of the columns of its row; None if it is damaged, or could not be made."""
    return _restored(data) if sha256_hex(data) == checksum else None
