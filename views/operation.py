"""What the operator sees besides the policies: the last run of `clausewatch run`, and the outbox."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from core.dates import iso, iso_or_none
from core.escaping import escape_line
from core.plurals import plural
from storage import DeliveryTrouble, OutboxCounts, Run, Store
from views.deliveries import delivery_sentences

#: How the last run stands.
#: `ended`: it ended, and its exit status says how.
#: `in progress`: it has not ended yet.
#: `killed`: it did not end, and it is not in progress: its process was killed, or the machine was switched off.
RunState = Literal["ended", "in progress", "killed"]


@dataclass(frozen=True, slots=True)
class Operation:
    """The last run and the outbox.

    last_run: the run that began last; None if no run is recorded. state: how it stands; None without such a run.
    last_ended_run: the run that ended last; None if neither of the last two runs ended.
    outbox: the messages that have not been sent. troubles: the addresses to which the last attempt failed.
    """

    last_run: Run | None
    state: RunState | None
    last_ended_run: Run | None
    outbox: OutboxCounts
    troubles: tuple[DeliveryTrouble, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {
            "last_run": None if self.last_run is None else {"state": self.state, **_run_fields(self.last_run)},
            "last_ended_run": None if self.last_ended_run is None else _run_fields(self.last_ended_run),
            "outbox": {
                "waiting": self.outbox.waiting,
                "oldest": iso_or_none(self.outbox.oldest),
                "refused": self.outbox.refused,
            },
            "troubles": [trouble.to_dict() for trouble in self.troubles],
        }


def operation(store: Store) -> Operation:
    """Returns the last run and the outbox. StorageError if the database can't be read."""
    last_run, state = store.journal.last_run(), None
    if last_run is not None:
        state = _state(last_run, store)
        if state == "killed":  # unless it has ended in between
            last_run = store.journal.last_run() or last_run
            state = state if last_run.ended_at is None else "ended"
    last_ended_run, outbox = store.journal.last_ended_run(), store.outbox
    return Operation(last_run, state, last_ended_run, outbox.counts(), outbox.troubles())


def operation_sentences(shown: Operation) -> Iterator[str]:
    """Yields a line about the last run, a line about the outbox, and a line for each address that fails."""
    run = shown.last_run
    if run is None:
        yield "last run: none yet"
    else:
        yield f"last run: began {iso(run.begun_at)}, {_course(run, shown.state)}"
        if shown.state != "ended" and (before := shown.last_ended_run) is not None:
            yield f"the run before: began {iso(before.begun_at)}, {_course(before, 'ended')}"
    outbox = shown.outbox
    waiting = f"{plural(outbox.waiting, 'digest')} not sent yet"
    yield f"outbox: {waiting}, the oldest since {iso(outbox.oldest)}" if outbox.oldest else "outbox: empty"
    if outbox.refused:
        yield f"to refused addresses: {plural(outbox.refused, 'digest')}"
    yield from delivery_sentences(shown.troubles)


def _state(run: Run, store: Store) -> RunState:
    if run.ended_at is not None:
        return "ended"
    return "in progress" if store.database.run_is_in_progress() else "killed"


def _course(run: Run, state: RunState | None) -> str:
    if run.ended_at is None:
        return "in progress" if state == "in progress" else "did not end: it was killed"
    summary = escape_line("; ".join(run.summary.splitlines()))
    return f"took {_duration(_seconds(run))}, exit status {run.exit_status}: {summary}"


def _duration(seconds: float) -> str:
    minutes, whole_seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole_seconds} s" if minutes else f"{whole_seconds} s"


def _seconds(run: Run) -> float:
    return (run.ended_at - run.begun_at).total_seconds() if run.ended_at else 0


def _run_fields(run: Run) -> dict[str, Any]:
    return {
        "begun_at": iso(run.begun_at),
        "ended_at": iso_or_none(run.ended_at),
        "exit_status": run.exit_status,
        "summary": run.summary or None,
    }
