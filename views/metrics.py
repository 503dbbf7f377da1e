"""The statuses of policies as metrics in Prometheus' text format, for the node exporter's textfile collector.

The format is described in prometheus.io/docs/instrumenting/exposition_formats (text format, version 0.0.4). A sample
has no timestamp, because the collector rejects files with timestamps. The metrics' names follow
prometheus.io/docs/practices/naming.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from core.captures import Reason
from views.policy_status import PolicyStatus, quoted_evidence

# The samples of one metric for one policy. Each sample is a pair of labels and a value: `{"reason": "blocked"}, 3`. The
# labels `vendor` and `policy` are added later.
_Samples = Iterator[tuple[Mapping[str, str], float]]


def as_metrics(statuses: Iterable[PolicyStatus]) -> str:
    """Returns the text of a metrics file with the statuses of policies.

    All metrics are gauges. The value of a metric is a number of captures, or a time in seconds since 1 January 1970, or
    1. If the time is not known for a policy, the metric has no sample for that policy.
    """
    statuses = sorted(statuses, key=lambda status: (status.standing.vendor, status.standing.policy))
    lines: list[str] = []
    for name, help_text, samples_of in _METRICS:
        name = f"clausewatch_policy_{name}"
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
        for status in statuses:
            for labels, value in samples_of(status):
                labels = {"vendor": status.standing.vendor, "policy": status.standing.policy, **labels}
                lines.append(f"{name}{{{_label_pairs(labels)}}} {value}")
    return "\n".join(lines) + "\n"


def _count(count: int) -> _Samples:
    yield {}, count


def _moment(moment: datetime | None) -> _Samples:
    if moment is not None:
        yield {}, round(moment.timestamp(), 3)


def _by_reason(quarantined: Mapping[Reason, int]) -> _Samples:
    for reason, count in sorted(quarantined.items()):
        yield {"reason": reason}, count


def _quarantine(status: PolicyStatus) -> _Samples:
    if status.reason is not None:
        yield {"reason": status.reason, "evidence": quoted_evidence(status.evidence or "")}, 1


def _fault(status: PolicyStatus) -> _Samples:
    if status.standing.fault:
        yield {"reason": quoted_evidence(status.standing.fault)}, 1


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
)


def _label_pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
