"""Metrics in Prometheus' text format, read by a parser as strict as the format's description."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from storage import Standing
from views.metrics import as_metrics
from views.policy_status import PolicyStatus

Sample = tuple[str, tuple[tuple[str, str], ...]]

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'


def parse_metrics(text: str) -> Iterator[tuple[Sample, float]]:
    """Yields the samples of a text in Prometheus' text format 0.0.4: name and labels, and value.

    The HELP and TYPE of a metric come once, before its samples; its samples stand together, each set of labels once.
    """
    assert text.endswith("\n")
    helped: list[str] = []
    typed: list[str] = []
    samples = set()
    for line in text.removesuffix("\n").split("\n"):
        if match := re.fullmatch(rf"# HELP ({_NAME}) (?:[^\\\n]|\\[\\n])*", line):
            assert match[1] not in helped
            helped.append(match[1])
        elif match := re.fullmatch(rf"# TYPE ({_NAME}) gauge", line):
            assert match[1] not in typed
            typed.append(match[1])
        else:
            match = re.fullmatch(rf"({_NAME})\{{({_LABEL}(?:,{_LABEL})*)\}} (\d+(?:\.\d+)?)", line)
            assert match, line
            assert match[1] == typed[-1] == helped[-1]
            labels = tuple(
                (name, re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], value))
                for name, value in re.findall(_LABEL, match[2])
            )
            assert len(dict(labels)) == len(labels)
            assert (match[1], labels) not in samples
            samples.add((match[1], labels))
            yield (match[1], labels), float(match[match.lastindex or 0])


def test_each_count_and_each_known_time_is_a_sample() -> None:
    moment = datetime(2022, 2, 2, 22, 18, 45, tzinfo=UTC)
    standing = Standing(
        vendor="hesk", policy="privacy", captures=3, last_capture=moment, quarantined={"blocked": 1, "login": 2}
    )
    labels = (("vendor", "hesk"), ("policy", "privacy"))
    assert dict(parse_metrics(as_metrics([PolicyStatus(standing, "quarantined", moment)]))) == {
        ("clausewatch_policy_captures", labels): 3,
        ("clausewatch_policy_quarantined_captures", (*labels, ("reason", "blocked"))): 1,
        ("clausewatch_policy_quarantined_captures", (*labels, ("reason", "login"))): 2,
        ("clausewatch_policy_unread_captures", labels): 0,
        ("clausewatch_policy_last_capture_timestamp_seconds", labels): 1643840325,
        ("clausewatch_policy_failing_since_timestamp_seconds", labels): 1643840325,
    }


def test_label_values_are_escaped() -> None:
    odd = 'a "b"\\\nc \\n é'
    text = as_metrics([PolicyStatus(Standing(vendor=odd, policy="privacy"), None, None)])
    assert {labels for (_, labels), _ in parse_metrics(text)} == {(("vendor", odd), ("policy", "privacy"))}


def test_without_policies_there_are_no_samples() -> None:
    assert list(parse_metrics(as_metrics([]))) == []
