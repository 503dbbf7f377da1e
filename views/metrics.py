"""The statuses of policies as metrics in Prometheus' text format, for the node exporter's textfile collector.

The format is prometheus.io/docs/instrumenting/exposition_formats (text format, version 0.0.4); the collector rejects
samples that have timestamps. Names follow prometheus.io/docs/practices/naming.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from core.captures import Reason
from views.policy_status import PolicyStatus

# The samples of one metric for one policy: labels besides `vendor` and `policy`, and value.
_Values = Iterator[tuple[Mapping[str, str], float]]


def as_metrics(statuses: Iterable[PolicyStatus]) -> str:
    """Returns the metrics of these policies. All are gauges, in captures or in seconds since 1970.

    A metric whose time is not known has no sample for that policy.
    """
    statuses = sorted(statuses, key=lambda status: (status.standing.vendor, status.standing.policy))
    lines: list[str] = []
    for name, help_text, values_of in _METRICS:
        name = f"clausewatch_policy_{name}"
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
        for status in statuses:
            for labels, value in values_of(status):
                labels = {"vendor": status.standing.vendor, "policy": status.standing.policy, **labels}
                lines.append(f"{name}{{{_label_pairs(labels)}}} {value}")
    return "\n".join(lines) + "\n"


def _count(count: int) -> _Values:
    yield {}, count


def _moment(moment: datetime | None) -> _Values:
    if moment is not None:
        yield {}, round(moment.timestamp(), 3)


def _by_reason(quarantined: Mapping[Reason, int]) -> _Values:
    for reason, count in sorted(quarantined.items()):
        yield {"reason": reason}, count


_METRICS: tuple[tuple[str, str, Callable[[PolicyStatus], _Values]], ...] = (
    ("captures", "Captures stored.", lambda status: _count(status.standing.captures)),
    (
        "quarantined_captures",
        "Captures that do not show the policy, by reason.",
        lambda status: _by_reason(status.standing.quarantined),
    ),
    ("unread_captures", "Captures stored but not read yet.", lambda status: _count(status.standing.unread)),
    (
        "last_capture_timestamp_seconds",
        "When the newest capture was made.",
        lambda status: _moment(status.standing.last_capture),
    ),
    (
        "last_accepted_timestamp_seconds",
        "When the newest capture that shows the policy was made.",
        lambda status: _moment(status.standing.last_accepted),
    ),
    (
        "last_change_timestamp_seconds",
        "When the newest version first appeared.",
        lambda status: _moment(status.standing.last_change),
    ),
    (
        "failing_since_timestamp_seconds",
        "Since when captures are missing or do not show the policy; absent if it does not fail or has no capture.",
        lambda status: _moment(status.failing_since),
    ),
)


def _label_pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
