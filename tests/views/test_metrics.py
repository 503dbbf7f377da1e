"""Metrics in the text format of Prometheus, checked with a strict parser of the format."""

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
    """Yields the samples of a text in Prometheus' text format 0.0.4: the name and labels, and the value.

    Checks that each metric has one HELP line and one TYPE line, that all samples of a metric follow these lines
    directly, and that no two samples of a metric have the same labels.
    """
    assert text.endswith("\n")
    metrics_with_help: list[str] = []
    metrics_with_type: list[str] = []
    samples = set()
    for line in text.removesuffix("\n").split("\n"):
        if match := re.fullmatch(rf"# HELP ({_NAME}) (?:[^\\\n]|\\[\\n])*", line):
            assert match[1] not in metrics_with_help
            metrics_with_help.append(match[1])
        elif match := re.fullmatch(rf"# TYPE ({_NAME}) gauge", line):
            assert match[1] not in metrics_with_type
            metrics_with_type.append(match[1])
        else:
            match = re.fullmatch(rf"({_NAME})\{{({_LABEL}(?:,{_LABEL})*)\}} (\d+(?:\.\d+)?)", line)
            assert match, line
            assert match[1] == metrics_with_type[-1] == metrics_with_help[-1]
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
        vendor="hesk",
        policy="privacy",
        captures=3,
        last_capture=moment,
        quarantined={"blocked": 1, "login": 2},
        reason="login",
        evidence='the page says "Sign in"',
        held_since=moment,
    )
    labels = (("vendor", "hesk"), ("policy", "privacy"))
    assert dict(parse_metrics(as_metrics([PolicyStatus(standing, "quarantined", moment)]))) == {
        ("clausewatch_policy_captures", labels): 3,
        ("clausewatch_policy_quarantined_captures", (*labels, ("reason", "blocked"))): 1,
        ("clausewatch_policy_quarantined_captures", (*labels, ("reason", "login"))): 2,
        ("clausewatch_policy_unread_captures", labels): 0,
        ("clausewatch_policy_last_capture_timestamp_seconds", labels): 1643840325,
        ("clausewatch_policy_failing_since_timestamp_seconds", labels): 1643840325,
        (
            "clausewatch_policy_newest_capture_quarantined",
            (*labels, ("reason", "login"), ("evidence", 'the page says "Sign in"')),
        ): 1,
        ("clausewatch_policy_held_since_timestamp_seconds", labels): 1643840325,
    }


def test_label_values_are_escaped() -> None:
    slug = 'a "b"\\\nc \\n é'
    text = as_metrics([PolicyStatus(Standing(vendor=slug, policy="privacy"), None, None)])
    assert {labels for (_, labels), _ in parse_metrics(text)} == {(("vendor", slug), ("policy", "privacy"))}


def test_without_policies_there_are_no_samples() -> None:
    assert list(parse_metrics(as_metrics([]))) == []
