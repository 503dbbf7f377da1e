"""The budget: how often all crawls of this machine together may send requests to one archive.

All crawls of a machine have the same IP address. If an archive blocks the address, it blocks all crawls. So for each
archive, the crawls share a file with the time from which the next request may be sent. Before a crawl sends a request,
it takes a *turn*: it reads this time, and replaces it by a later time for the next request.
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

# A turn is at most this far in the future. After the machine's clock was set back, the file may contain a later time.
# Without this limit, all crawls would wait for that time.
_LONGEST_QUEUE = timedelta(minutes=10)
_LOCK_TIMEOUT = 30  # seconds


class State(BaseModel):
    """The content of the file. Times are timezone-aware UTC.

    turns: for each kind of request, the time from which the next request may be sent.
    paused_until: the end of a short pause. Crawls wait until the pause ends.
    blocked_until: the end of a long break. A crawl does not wait for the end of a break: the crawl ends.
    why: the reason for the break, in words.
    block: the length of the last break that began because the archive blocked this machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    turns: dict[RequestKind, AwareDatetime] = {}
    paused_until: AwareDatetime | None = None
    blocked_until: AwareDatetime | None = None
    why: str = ""
    block: timedelta | None = None

    def is_blocked(self, now: datetime) -> bool:
        """Returns whether a long break is in progress. During a long break, crawls end instead of waiting."""
        return self.blocked_until is not None and self.blocked_until > now


def with_turn(state: State, kind: RequestKind, interval: timedelta, now: datetime) -> tuple[State, datetime]:
    """Takes a turn. Returns the new state, and the time from which the request may be sent.

    interval: the minimum time between two requests of this kind.
    """
    turn = min(state.turns.get(kind, now), now + _LONGEST_QUEUE)
    turn = max(turn, now, state.paused_until or now)
    return state.model_copy(update={"turns": {**state.turns, kind: turn + interval}}), turn


def with_pause(state: State, until: datetime) -> State:
    """Returns the state after a pause was set: no request is sent before `until`."""
    return state.model_copy(update={"paused_until": max(until, state.paused_until or until)})


def with_block(state: State, now: datetime, first_block: timedelta, memory: timedelta) -> State:
    """Returns the state after the archive has begun to refuse connections: no request is sent for some time.

    first_block: the length of the new block if no earlier block ended less than `memory` ago. Otherwise, the new block
        is twice as long as the last block.
    """
    if state.is_blocked(now):
        return state  # another crawl has recorded the same block
    block = first_block
    if state.block is not None and state.blocked_until is not None and now - state.blocked_until < memory:
        block = 2 * state.block
    why = "it refuses connections, as archives do for hours after too many requests"
    return state.model_copy(update={"blocked_until": now + block, "block": block, "why": why})


def with_rest(state: State, until: datetime, why: str) -> State:
    """Returns the state after the archive has asked for a long break. No request is sent before `until`."""
    return state.model_copy(update={"blocked_until": until, "why": why})


class Budget:
    """The budget for one archive, stored in a file that all crawls of this machine share.

    All methods raise ArchiveBudgetError if the file can't be read or written. The message contains advice for the user.

    state_home: the folder for state files. The file is in the subfolder `clausewatch`.
    key: a name for the archive, such as the archive's host. The file's name is made from the key.
    """

    def __init__(self, state_home: Path, key: str) -> None:
        name = re.sub(r"[^\w.-]", "_", key)
        self._path = state_home.expanduser() / "clausewatch" / f"{name}.json"

    def turn(self, kind: RequestKind, interval: timedelta) -> datetime | None:
        """Takes a turn. Returns the time from which the request may be sent; None during a long break."""

        def take(state: State) -> tuple[State, datetime | None]:
            now = datetime.now(UTC)
            return (state, None) if state.is_blocked(now) else with_turn(state, kind, interval, now)

        return self._change(take)

    def may_go(self) -> bool:
        """Returns whether a request may be sent. Called when the time of its turn has come.

        False if a pause or a long break has begun while the crawl waited for that time.
        """
        state, now = self._read(), datetime.now(UTC)
        return not state.is_blocked(now) and (state.paused_until is None or state.paused_until <= now)

    def blocked(self) -> ArchiveBlockedError | None:
        """Returns an error if a long break is in progress; otherwise None. The message has the break's end and reason.

        A crawl also calls this method at its start, to check that the file can be locked. If the crawl can't write to
        the folder, the crawl then ends at once with an ArchiveBudgetError.
        """
        state = self._change(lambda state: (state, state))
        if state.blocked_until is None or not state.is_blocked(datetime.now(UTC)):
            return None
        return ArchiveBlockedError(f"no requests are sent to the archive until {iso(state.blocked_until)}: {state.why}")

    def pause(self, until: datetime) -> None:
        """Records a pause: no crawl of this machine sends a request before `until`."""
        self._change(lambda state: (with_pause(state, until), None))

    def block(self, first_block: timedelta, memory: timedelta) -> None:
        """Records that the archive has begun to refuse connections. first_block, memory: see `with_block`."""
        self._change(lambda state: (with_block(state, datetime.now(UTC), first_block, memory), None))

    def rest(self, until: datetime, why: str) -> None:
        """Records that the archive has asked for a long break, until `until`. why: the reason, in words."""
        self._change(lambda state: (with_rest(state, until, why), None))

    def _change(self, change: Callable[[State], tuple[State, _T]]) -> _T:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_LOCK_TIMEOUT):
                before = self._read()
                after, result = change(before)
                if after != before:
                    # The file is replaced in one step. So the file always contains a complete state, even if this
                    # process dies or another process reads without the lock.
                    new = self._path.with_suffix(".new")
                    new.write_text(after.model_dump_json(indent=1, exclude_defaults=True) + "\n", encoding="utf-8")
                    new.replace(self._path)
                return result
        except Timeout:
            raise ArchiveBudgetError(
                f"another crawl of this archive has kept all others waiting for {_LOCK_TIMEOUT} s and seems to hang "
                f"(it holds {self._path}.lock); end it, and run this crawl again"
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
                f"{self._path}, in which the crawls of this machine count their requests to the archive, is damaged; "
                "when no crawl is running, delete it"
            ) from None

    def _unusable(self, error: OSError) -> ArchiveBudgetError:
        return ArchiveBudgetError(
            f"{error.filename or self._path}, where the crawls of this machine count their requests to the archive, "
            f"can't be used: {error.strerror}; give this user the right to write to the folder, or set XDG_STATE_HOME "
            "to "
            "another folder"
        )
