"""What all crawls of this machine together may send to one archive. They share a file for each archive.

An archive sees one address, not how many crawls are behind it. If it blocks that address, it blocks all of them.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from core.dates import iso
from core.exceptions import ArchiveBlockedError, ArchiveBudgetError
from crawler.archives.protocol import RequestKind

_T = TypeVar("_T")

# No crawl waits longer than this for its turn. If the clock was put back, turns in the file lie far ahead, and all
# crawls would wait for the difference.
_LONGEST_QUEUE = timedelta(minutes=10)
_LOCK_TIMEOUT = 30


class State(BaseModel):
    """The content of the file. Times are timezone-aware UTC.

    turns: by kind of request, when the next one may go out. paused_until: no request goes out before; crawls wait.
    blocked_until: no request goes out before; crawls end rather than wait. why: the reason for the block, in words.
    block: how long the last block was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    turns: dict[RequestKind, AwareDatetime] = {}
    paused_until: AwareDatetime | None = None
    blocked_until: AwareDatetime | None = None
    why: str = ""
    block: timedelta | None = None

    def is_blocked(self, now: datetime) -> bool:
        """Returns whether no request may go out now, and crawls are not to wait."""
        return self.blocked_until is not None and self.blocked_until > now


def with_turn(state: State, kind: RequestKind, interval: timedelta, now: datetime) -> tuple[State, datetime]:
    """Returns the state once another request has taken its turn, and when that turn is.

    interval: between two requests of this kind.
    """
    turn = min(state.turns.get(kind, now), now + _LONGEST_QUEUE)
    turn = max(turn, now, state.paused_until or now)
    return state.model_copy(update={"turns": {**state.turns, kind: turn + interval}}), turn


def with_pause(state: State, until: datetime) -> State:
    """Returns the state in which no request goes out before that time."""
    return state.model_copy(update={"paused_until": max(until, state.paused_until or until)})


def with_block(state: State, now: datetime, first_block: timedelta, memory: timedelta) -> State:
    """Returns the state once the archive has begun to refuse connections.

    first_block: how long the archive is left alone; or twice as long as the last time, if that block ended less than
    `memory` ago.
    """
    if state.is_blocked(now):
        return state  # another crawl has noted the same block
    block = first_block
    if state.block is not None and state.blocked_until is not None and now - state.blocked_until < memory:
        block = 2 * state.block
    why = "it refuses connections, as it does for hours when it is asked too much"
    return state.model_copy(update={"blocked_until": now + block, "block": block, "why": why})


def with_rest(state: State, until: datetime, why: str) -> State:
    """Returns the state once the archive has asked to be left alone until then."""
    return state.model_copy(update={"blocked_until": until, "why": why})


class Budget:
    """The file for one archive. ArchiveBudgetError, which says what to do, if it can't be read or written.

    state_home: the folder of which the file is in the subfolder `clausewatch`. key: names the archive, as by its host.
    """

    def __init__(self, state_home: Path, key: str) -> None:
        name = re.sub(r"[^\w.-]", "_", key)
        self._path = state_home.expanduser() / "clausewatch" / f"{name}.json"

    def turn(self, kind: RequestKind, interval: timedelta) -> datetime | None:
        """Takes a turn and returns when the request may go out; None if the archive is left alone for now."""

        def take(state: State) -> tuple[State, datetime | None]:
            now = datetime.now(UTC)
            return (state, None) if state.is_blocked(now) else with_turn(state, kind, interval, now)

        return self._change(take)

    def may_go(self) -> bool:
        """Returns whether a turn still holds: no pause and no block began while the crawl waited for it."""
        state, now = self._read(), datetime.now(UTC)
        return not state.is_blocked(now) and (state.paused_until is None or state.paused_until <= now)

    def blocked(self) -> ArchiveBlockedError | None:
        """Returns until when the archive is left alone, and why; None if it may be asked.

        Takes the file's lock, so that a crawl that can't write to the folder fails when it begins, not later.
        """
        state = self._change(lambda state: (state, state))
        if state.blocked_until is None or not state.is_blocked(datetime.now(UTC)):
            return None
        return ArchiveBlockedError(f"the archive is left alone until {iso(state.blocked_until)}: {state.why}")

    def pause(self, until: datetime) -> None:
        """Holds all requests back until that time."""
        self._change(lambda state: (with_pause(state, until), None))

    def block(self, first_block: timedelta, memory: timedelta) -> None:
        """Notes that the archive has begun to refuse connections. first_block, memory: as for `with_block`."""
        self._change(lambda state: (with_block(state, datetime.now(UTC), first_block, memory), None))

    def rest(self, until: datetime, why: str) -> None:
        """Notes that the archive has asked to be left alone until then."""
        self._change(lambda state: (with_rest(state, until, why), None))

    def _change(self, change: Callable[[State], tuple[State, _T]]) -> _T:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_LOCK_TIMEOUT):
                before = self._read()
                after, result = change(before)
                if after != before:
                    # The file is replaced as a whole, so that a process that dies, or reads without the lock, leaves
                    # or sees either the old state or the new one.
                    new = self._path.with_suffix(".new")
                    new.write_text(after.model_dump_json(indent=1, exclude_defaults=True) + "\n", encoding="utf-8")
                    new.replace(self._path)
                return result
        except Timeout:
            raise ArchiveBudgetError(
                f"{self._path}.lock has been held by another process for {_LOCK_TIMEOUT} s: end the crawl that hangs"
            ) from None
        except OSError as error:
            raise self._unusable(error) from None

    def _read(self) -> State:
        try:
            return State.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise self._unusable(error) from None
        except ValidationError:
            raise ArchiveBudgetError(
                f"{self._path}, by which the crawls of this machine keep to the archive's limits together, is broken: "
                "delete it once no crawl is under way"
            ) from None

    def _unusable(self, error: OSError) -> ArchiveBudgetError:
        return ArchiveBudgetError(
            f"{error.filename or self._path}: {error.strerror}; by the files there, the crawls of this machine keep to "
            "the archive's limits together: let this user write to that folder, or set XDG_STATE_HOME to another one"
        )
