"""The statuses of policies, the last run and the outbox as metrics in Prometheus' text format.

The metrics are for the node exporter's textfile collector. The format is described in
prometheus.io/docs/instrumenting/exposition_formats (text format, version 0.0.4). A sample has no timestamp, because the
collector rejects files with timestamps. The metrics' names follow prometheus.io/docs/practices/naming.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from core.addresses import without_userinfo
from core.captures import Reason
from storage import Run
from views.operation import Operation
from views.policy_status import PolicyStatus, quoted_evidence

# The samples of one metric for one policy. Each sample is a pair of labels and a value: `{"reason": "blocked"}, 3`. The
# labels `vendor` and `policy` are added later.
_Samples = Iterator[tuple[Mapping[str, str], float]]


def as_metrics(statuses: Iterable[PolicyStatus], shown: Operation) -> str:
    """Returns the text of a metrics file with the statuses of policies, the last run and the outbox.

    All metrics are gauges. The value of a metric is a number, or a time in seconds since 1 January 1970, or 1. If the
    time is not known for a policy, the metric has no sample for that policy.
    """
    statuses = sorted(statuses, key=lambda status: (status.standing.vendor, status.standing.policy))
    lines: list[str] = []
    for name, help_text, samples_of in _METRICS:
        name = f"clausewatch_policy_{name}"
        lines += _head(name, help_text)
        for status in statuses:
            for labels, value in samples_of(status):
                labels = {"vendor": status.standing.vendor, "policy": status.standing.policy, **labels}
                lines.append(f"{name}{{{_label_pairs(labels)}}} {value}")
    for name, help_text, number_of in _OPERATION_METRICS:
        name = f"clausewatch_{name}"
        number = number_of(shown)
        lines += [*_head(name, help_text), *([] if number is None else [f"{name} {number}"])]
    return "\n".join(lines) + "\n"


def _head(name: str, help_text: str) -> list[str]:
    return [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]


def _count(count: int) -> _Samples:
    yield {}, count


def _moment(moment: datetime | None) -> _Samples:
    if moment is not None:
        yield {}, _seconds(moment)


def _seconds(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


def _by_reason(quarantined: Mapping[Reason, int]) -> _Samples:
    for reason, count in sorted(quarantined.items()):
        yield {"reason": reason}, count


def _quarantine(status: PolicyStatus) -> _Samples:
    if status.reason is not None:
        yield {"reason": status.reason, "evidence": quoted_evidence(status.evidence or "")}, 1


def _fault(status: PolicyStatus) -> _Samples:
    if status.standing.fault:
        yield {"reason": quoted_evidence(status.standing.fault)}, 1


def _failed_fetches(status: PolicyStatus) -> _Samples:
    for failed in status.failed_fetches:
        yield {"url": without_userinfo(failed.url)}, failed.times


def _not_fetched_since(status: PolicyStatus) -> _Samples:
    for failed in status.failed_fetches:
        yield {"url": without_userinfo(failed.url), "reason": quoted_evidence(failed.reason)}, _seconds(failed.since)


def _moved_pages(status: PolicyStatus) -> _Samples:
    for moved in status.moved_pages:
        yield {"url": without_userinfo(moved.address), "to": without_userinfo(moved.moved_to)}, 1


def _run_time(run: Run | None, name: Literal["begun_at", "ended_at"]) -> float | None:
    moment: datetime | None = getattr(run, name, None)
    return None if moment is None else _seconds(moment)


def _duration(run: Run | None) -> float | None:
    return round((run.ended_at - run.begun_at).total_seconds(), 3) if run and run.ended_at else None


_OPERATION_METRICS: tuple[tuple[str, str, Callable[[Operation], float | None]], ...] = (
    (
        "run_begin_timestamp_seconds",
        "Time at which the last run began; absent if there was none.",
        lambda shown: _run_time(shown.last_run, "begun_at"),
    ),
    (
        "run_in_progress",
        "1 if a run is in progress, otherwise 0.",
        lambda shown: int(shown.state == "in progress"),
    ),
    (
        "run_killed",
        "1 if the last run did not end and is not in progress, otherwise 0.",
        lambda shown: int(shown.state == "killed"),
    ),
    (
        "run_end_timestamp_seconds",
        "Time at which the last run that ended did so; absent if there was none.",
        lambda shown: _run_time(shown.last_ended_run, "ended_at"),
    ),
    (
        "run_duration_seconds",
        "How long that run took.",
        lambda shown: _duration(shown.last_ended_run),
    ),
    (
        "run_exit_status",
        "The exit status of that run.",
        lambda shown: shown.last_ended_run.exit_status if shown.last_ended_run else None,
    ),
    (
        "outbox_waiting_messages",
        "Number of messages that have not been sent yet, except those to refused addresses.",
        lambda shown: shown.outbox.waiting,
    ),
    (
        "outbox_oldest_timestamp_seconds",
        "Time at which the oldest of these messages was composed; absent if there is none.",
        lambda shown: None if shown.outbox.oldest is None else _seconds(shown.outbox.oldest),
    ),
    (
        "refused_addresses",
        "Number of addresses that the mail server has refused; they get no more messages.",
        lambda shown: sum(trouble.is_refused for trouble in shown.troubles),
    ),
)

_METRICS: tuple[tuple[str, str, Callable[[PolicyStatus], _Samples]], ...] = (
    ("captures", "Number of stored captures.", lambda status: _count(status.standing.captures)),
    (
        "quarantined_captures",
        "Number of quarantined captures, by reason.",
        lambda status: _by_reason(status.standing.quarantined),
    ),
    (
        "unread_captures",
        "Number of stored captures that have not been read yet.",
        lambda status: _count(status.standing.unread),
    ),
    (
        "last_capture_timestamp_seconds",
        "Time of the newest capture.",
        lambda status: _moment(status.standing.last_capture),
    ),
    (
        "last_accepted_timestamp_seconds",
        "Time of the newest accepted capture.",
        lambda status: _moment(status.standing.last_accepted),
    ),
    (
        "last_change_timestamp_seconds",
        "Time at which the newest version first appeared; absent while there is only one version.",
        lambda status: _moment(status.standing.last_change),
    ),
    (
        "failing_since_timestamp_seconds",
        "Time since which the policy fails; absent if the policy does not fail or was never captured.",
        lambda status: _moment(status.failing_since),
    ),
    (
        "newest_capture_quarantined",
        "1 if the newest capture is quarantined, with the reason and the evidence; otherwise absent.",
        _quarantine,
    ),
    (
        "held_since_timestamp_seconds",
        "Time since which a text is held that shares nothing with the text before; absent if no text is held.",
        lambda status: _moment(status.held_since),
    ),
    (
        "changes_not_told",
        "1 if digests could not tell the policy's newest changes, with the reason; otherwise absent.",
        _fault,
    ),
    (
        "failed_fetches",
        "Number of failed fetches of a location since its last successful fetch; absent if there were none.",
        _failed_fetches,
    ),
    (
        "not_fetched_since_timestamp_seconds",
        "Time of the first of these failed fetches, with the reason of the last one.",
        _not_fetched_since,
    ),
    ("moved_page", "1 if a page redirects permanently, with its new address; otherwise absent.", _moved_pages),
)


def _label_pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
