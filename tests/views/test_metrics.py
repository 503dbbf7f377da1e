"""Metrics in the text format of Prometheus, checked with a strict parser of the format."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from storage import DeliveryTrouble, FailedFetches, MovedPage, OutboxCounts, Run, Standing
from views.metrics import as_metrics
from views.operation import Operation
from views.policy_status import PolicyStatus

Sample = tuple[str, tuple[tuple[str, str], ...]]

BEGAN = datetime(2026, 11, 2, 6, 15, 3, tzinfo=UTC)
IDLE = Operation(None, None, None, OutboxCounts(0, None))
IDLE_SAMPLES: dict[Sample, float] = {
    ("clausewatch_run_in_progress", ()): 0,
    ("clausewatch_run_killed", ()): 0,
    ("clausewatch_outbox_waiting_messages", ()): 0,
    ("clausewatch_refused_addresses", ()): 0,
}

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
            match = re.fullmatch(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (\d+(?:\.\d+)?)", line)
            assert match, line
            assert match[1] == metrics_with_type[-1] == metrics_with_help[-1]
            labels = tuple(
                (name, re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], value))
                for name, value in re.findall(_LABEL, match[2] or "")
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
    assert dict(parse_metrics(as_metrics([PolicyStatus(standing, "quarantined", moment)], IDLE))) == {
        **IDLE_SAMPLES,
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
    text = as_metrics([PolicyStatus(Standing(vendor=slug, policy="privacy"), None, None)], IDLE)
    assert {labels for (_, labels), _ in parse_metrics(text) if labels} == {(("vendor", slug), ("policy", "privacy"))}


def test_without_policies_there_are_no_samples() -> None:
    assert dict(parse_metrics(as_metrics([], IDLE))) == IDLE_SAMPLES


def test_a_location_that_fails_or_has_moved_is_a_sample() -> None:
    url = "https://www.hesk.com/privacy"
    failed = FailedFetches("hesk", "privacy", url, url, "connection refused", BEGAN, BEGAN, 4)
    moved = MovedPage("hesk", "privacy", url, url, "https://ann:secret@hesk.com/privacy", BEGAN)
    status = PolicyStatus(
        Standing(vendor="hesk", policy="privacy"), None, None, failed_fetches=(failed,), moved_pages=(moved,)
    )
    samples = dict(parse_metrics(as_metrics([status], IDLE)))
    labels = (("vendor", "hesk"), ("policy", "privacy"), ("url", url))
    assert samples["clausewatch_policy_failed_fetches", labels] == 4
    reason = ("reason", "connection refused")
    assert samples["clausewatch_policy_not_fetched_since_timestamp_seconds", (*labels, reason)] == BEGAN.timestamp()
    assert samples["clausewatch_policy_moved_page", (*labels, ("to", "https://***@hesk.com/privacy"))] == 1


def test_the_last_run_and_the_outbox_are_samples() -> None:
    ended = Run(BEGAN, BEGAN + timedelta(minutes=5), 3, "1 failed")
    killed = Run(BEGAN + timedelta(days=1), None, None, "")
    refused = DeliveryTrouble("a@client.example", BEGAN, BEGAN, 1, None, "550 no such user")
    put_off = DeliveryTrouble("b@client.example", BEGAN, BEGAN, 1, BEGAN, "451 later")
    shown = Operation(killed, "killed", ended, OutboxCounts(2, BEGAN), (refused, put_off))
    assert {name: value for (name, _), value in parse_metrics(as_metrics([], shown))} == {
        "clausewatch_run_begin_timestamp_seconds": BEGAN.timestamp() + 86400,
        "clausewatch_run_in_progress": 0,
        "clausewatch_run_killed": 1,
        "clausewatch_run_end_timestamp_seconds": BEGAN.timestamp() + 300,
        "clausewatch_run_duration_seconds": 300,
        "clausewatch_run_exit_status": 3,
        "clausewatch_outbox_waiting_messages": 2,
        "clausewatch_outbox_oldest_timestamp_seconds": BEGAN.timestamp(),
        "clausewatch_refused_addresses": 1,
    }
