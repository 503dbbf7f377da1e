"""What all crawls of this machine may ask of one archive, together: one file for each archive, which they share.

An archive sees one address, not how many crawls there are behind it; and the block it answers too much with holds for
all of them.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from core.dates import iso
from core.exceptions import ArchiveError
from crawler.archives.wayback import Kind

_T = TypeVar("_T")

# The Wayback Machine's firewall blocks for an hour at first, and twice as long each time it has to again.
_FIRST_BLOCK = timedelta(hours=1)
_FORGIVEN_AFTER = timedelta(days=1)
# Nobody waits as long as this for a turn: a clock that was put back would have all wait for the difference.
_LONGEST_QUEUE = timedelta(minutes=10)
_LOCK_TIMEOUT = 30


class State(BaseModel):
    """What the file holds. Times are timezone-aware UTC.

    turns: by kind of request, when the next one may go out. paused_until: nothing goes out before; it is waited for.
    blocked_until, why: nothing goes out before, and nobody waits for it. block: how long the last block was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    turns: dict[Kind, AwareDatetime] = {}
    paused_until: AwareDatetime | None = None
    blocked_until: AwareDatetime | None = None
    why: str = ""
    block: timedelta | None = None


def with_turn(state: State, kind: Kind, interval: timedelta, now: datetime) -> tuple[State, datetime]:
    """The state when one more request of a kind goes out, and when that is: an interval after the one before it."""
    turn = min(state.turns.get(kind, now), now + _LONGEST_QUEUE)
    turn = max(turn, now, state.paused_until or now)
    return state.model_copy(update={"turns": {**state.turns, kind: turn + interval}}), turn


def with_pause(state: State, until: datetime) -> State:
    """The state when nothing may go out before that time."""
    return state.model_copy(update={"paused_until": max(until, state.paused_until or until)})


def with_block(state: State, now: datetime) -> State:
    """The state when the archive has begun to refuse connections: blocked for an hour, or twice the last time's."""
    if state.blocked_until is not None and state.blocked_until > now:
        return state  # another crawl has seen it, too
    block = _FIRST_BLOCK
    if state.block is not None and state.blocked_until is not None and now - state.blocked_until < _FORGIVEN_AFTER:
        block = 2 * state.block
    why = "it refuses connections, as it does for hours when it is asked too much"
    return state.model_copy(update={"blocked_until": now + block, "block": block, "why": why})


def with_rest(state: State, until: datetime, why: str) -> State:
    """The state when the archive has asked to be left alone until then."""
    return state.model_copy(update={"blocked_until": until, "why": why})


class Budget:
    """The file of one archive. ArchiveError, with what to do, when it cannot be read or written."""

    def __init__(self, state_home: Path, archive: str) -> None:
        name = re.sub(r"[^\w.-]", "_", urlsplit(archive).netloc.lower())
        self._path = state_home.expanduser() / "clausewatch" / f"{name}.json"

    def turn(self, kind: Kind, interval: timedelta) -> datetime | None:
        """When a request of that kind may go out; the turn is taken. None when it may not while this crawl lasts."""

        def take(state: State) -> tuple[State, datetime | None]:
            now = datetime.now(UTC)
            if _is_blocked(state, now):
                return state, None
            return with_turn(state, kind, interval, now)

        return self._change(take)

    def may_go(self) -> bool:
        """Whether nothing has come in between while a turn was waited for."""
        state, now = self._read(), datetime.now(UTC)
        return not _is_blocked(state, now) and (state.paused_until is None or state.paused_until <= now)

    def blocked(self) -> str | None:
        """Until when the archive is left alone and why, in words; None when it may be asked."""
        state = self._change(lambda state: (state, state))  # which finds out whether it can be written, too
        if state.blocked_until is None or not _is_blocked(state, datetime.now(UTC)):
            return None
        return f"the archive is left alone until {iso(state.blocked_until)}: {state.why}"

    def pause(self, until: datetime) -> None:
        """Nothing goes out before that time."""
        self._change(lambda state: (with_pause(state, until), None))

    def block(self) -> None:
        """The archive has begun to refuse connections."""
        self._change(lambda state: (with_block(state, datetime.now(UTC)), None))

    def rest(self, until: datetime, why: str) -> None:
        """The archive has asked to be left alone until then."""
        self._change(lambda state: (with_rest(state, until, why), None))

    def _change(self, change: Callable[[State], tuple[State, _T]]) -> _T:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_LOCK_TIMEOUT):
                before = self._read()
                after, result = change(before)
                if after != before:
                    # Replaced whole: whoever dies meanwhile, or reads without the lock, leaves or finds one of the two.
                    new = self._path.with_suffix(".new")
                    new.write_text(after.model_dump_json(indent=1, exclude_defaults=True) + "\n", encoding="utf-8")
                    new.replace(self._path)
                return result
        except Timeout:
            raise ArchiveError(
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
            raise ArchiveError(
                f"{self._path}, by which the crawls of this machine keep to the archive's limits together, is broken: "
                "delete it once no crawl is under way"
            ) from None

    def _unusable(self, error: OSError) -> ArchiveError:
        return ArchiveError(
            f"{error.filename or self._path}: {error.strerror}; by the files there, the crawls of this machine keep to "
            "the archive's limits together: let this user write to that folder, or set XDG_STATE_HOME to another one"
        )


def _is_blocked(state: State, now: datetime) -> bool:
    return state.blocked_until is not None and state.blocked_until > now
