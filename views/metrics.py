"""Where the policies stand as metrics, in Prometheus' text format, for the node exporter's textfile collector.

The format: prometheus.io/docs/instrumenting/exposition_formats (text format, version 0.0.4); the collector takes no
sample with a time of its own. The names: prometheus.io/docs/practices/naming.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from core.captures import Reason
from views.policy_status import PolicyStatus

# Of a policy, each value with the labels it has besides the policy's own.
_Values = Iterator[tuple[Mapping[str, str], float]]


def as_metrics(statuses: Iterable[PolicyStatus]) -> str:
    """The metrics of these policies: all are gauges, in captures or in seconds since 1970. No time, no sample."""
    statuses = sorted(statuses, key=lambda one: (one.standing.vendor, one.standing.policy))
    lines: list[str] = []
    for name, help_text, values in _METRICS:
        name = f"clausewatch_policy_{name}"
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
        for one in statuses:
            for labels, value in values(one):
                labels = {"vendor": one.standing.vendor, "policy": one.standing.policy, **labels}
                lines.append(f"{name}{{{_labels(labels)}}} {value}")
    return "\n".join(lines) + "\n"


def _count(count: int) -> _Values:
    yield {}, count


def _moment(moment: datetime | None) -> _Values:
    if moment is not None:
        yield {}, round(moment.timestamp(), 3)


def _quarantined(quarantined: Mapping[Reason, int]) -> _Values:
    for reason, count in sorted(quarantined.items()):
        yield {"reason": reason}, count


_METRICS: tuple[tuple[str, str, Callable[[PolicyStatus], _Values]], ...] = (
    ("captures", "Captures kept.", lambda one: _count(one.standing.captures)),
    (
        "quarantined_captures",
        "Captures that do not show the policy, by reason.",
        lambda one: _quarantined(one.standing.quarantined),
    ),
    ("unread_captures", "Captures kept and not read yet.", lambda one: _count(one.standing.unread)),
    (
        "last_capture_timestamp_seconds",
        "When the newest capture was made.",
        lambda one: _moment(one.standing.last_capture),
    ),
    (
        "last_accepted_timestamp_seconds",
        "When the newest capture that shows the policy was made.",
        lambda one: _moment(one.standing.last_accepted),
    ),
    (
        "last_change_timestamp_seconds",
        "When the newest version first appeared.",
        lambda one: _moment(one.standing.last_change),
    ),
    (
        "failing_since_timestamp_seconds",
        "Since when captures do not show the policy, or are not made; absent when all is well.",
        lambda one: _moment(one.failing_since),
    ),
)


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
