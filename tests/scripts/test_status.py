"""`clausewatch status`: what is told, in which order, and the metrics."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.captures import Reason
from core.declarations import Vendor
from storage import Standing
from tests.conftest import Clausewatch
from tests.demo_pages import ingested
from views.metrics import as_metrics
from views.policy_status import PolicyStatus, policy_statuses
from views.quarantine import SILENCE

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def vendor(slug: str, until: str | None = None) -> Vendor:
    location = {"url": f"https://{slug}.example/privacy", **({"until": until} if until else {})}
    return Vendor.model_validate(
        {
            "slug": slug,
            "name": slug,
            "homepage": f"https://{slug}.example/",
            "policies": {"privacy": {"locations": [location]}},
        }
    )


def standing(
    slug: str,
    seen: float = 0,
    failing: float | None = None,
    quarantined: dict[Reason, int] | None = None,
    unread: int = 0,
) -> Standing:
    """seen, failing: days ago."""
    moment = NOW - timedelta(days=seen)
    return Standing(
        vendor=slug,
        policy="privacy",
        captures=10,
        last_capture=moment,
        last_accepted=moment,
        last_change=moment,
        failing_since=None if failing is None else NOW - timedelta(days=failing),
        quarantined=quarantined or {},
        unread=unread,
    )


def statuses(*standings: Standing, vendors: tuple[Vendor, ...] = ()) -> tuple[PolicyStatus, ...]:
    declared = vendors or tuple(vendor(one.vendor) for one in standings)
    return policy_statuses({one.slug: one for one in declared}, standings, NOW)


def test_trouble_comes_first_and_what_lasts_longest_before_the_rest() -> None:
    week = SILENCE / timedelta(days=1)
    found = statuses(
        standing("fine", seen=week),
        standing("also-fine"),
        standing("unread", unread=1),
        standing("quiet", seen=week + 1),
        standing("refused-today", failing=0.5),
        standing("refused", seen=0, failing=30),
        vendors=tuple(
            map(vendor, ("fine", "also-fine", "unread", "quiet", "refused-today", "refused", "new", "another-new"))
        ),
    )
    assert [(one.standing.vendor, one.failing) for one in found] == [
        ("refused", "quarantined"),
        ("quiet", "no capture"),
        ("refused-today", "quarantined"),
        ("another-new", "never captured"),
        ("new", "never captured"),
        ("unread", None),
        ("also-fine", None),
        ("fine", None),
    ]
    assert [one.failing_since for one in found[:4]] == [
        NOW - timedelta(days=30),
        NOW - timedelta(days=week + 1),
        NOW - timedelta(days=0.5),
        None,
    ]


def test_a_policy_that_is_published_nowhere_any_more_does_not_fail() -> None:
    gone = vendor("gone", until="2026-11-25")
    for one in (standing("gone", seen=900), standing("gone", seen=900, failing=950)):
        assert [found.failing for found in statuses(one, vendors=(gone,))] == [None]
    assert [found.failing for found in statuses(vendors=(gone,))] == [None]


def test_what_is_no_longer_declared_is_not_told() -> None:
    assert [one.standing.vendor for one in statuses(standing("a"), standing("b"), vendors=(vendor("a"),))] == ["a"]


@pytest.fixture
def history(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 3)


def test_the_table_has_a_line_for_each_policy(history: Clausewatch) -> None:
    result = history("status")
    head, line = result.stdout.splitlines()
    assert re.split(r"  +", head) == [
        *("vendor", "policy", "failing since", "last seen", "last changed", "quarantined", "unread")
    ]
    assert re.split(r"  +", line) == [
        *("lanternpost", "privacy", "2022-02-02 quarantined", "2022-02-02", "2021-03-04", "1 blocked")
    ]
    assert result.stderr == ""


def test_as_json(history: Clausewatch) -> None:
    assert json.loads(history("status", "--format", "json").stdout) == [
        {
            "vendor": "lanternpost",
            "policy": "privacy",
            "failing": "quarantined",
            "failing_since": "2022-02-02T22:18:45Z",
            "last_seen": "2022-02-02T22:18:45Z",
            "last_accepted": "2021-09-14T06:30:12Z",
            "last_changed": "2021-03-04T10:15:00Z",
            "captures": 3,
            "quarantined": {"blocked": 1},
            "unread": 0,
        }
    ]


def test_nothing_captured_yet(clausewatch: Clausewatch) -> None:
    assert re.split(r"  +", clausewatch("status").stdout.splitlines()[1]) == [
        *("lanternpost", "privacy", "never captured")
    ]
    (row,) = json.loads(clausewatch("status", "--format", "json").stdout)
    assert (row["captures"], row["last_seen"], row["failing"]) == (0, None, "never captured")


def test_metrics_go_to_a_file_that_is_there_whole(history: Clausewatch, tmp_path: Path) -> None:
    target = tmp_path / "textfiles" / "clausewatch.prom"
    target.parent.mkdir()
    target.write_text("before")
    result = history("status", "--metrics", target)
    assert (result.stdout, result.stderr) == ("", "")
    assert history("status", "--metrics", "-").stdout == target.read_text("utf-8")
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.stat().st_mode & 0o444 == 0o444  # the node exporter is another user
    samples = dict(parsed(target.read_text("utf-8")))
    its = (("vendor", "lanternpost"), ("policy", "privacy"))
    assert samples == {
        ("clausewatch_policy_captures", its): 3,
        ("clausewatch_policy_quarantined_captures", (*its, ("reason", "blocked"))): 1,
        ("clausewatch_policy_unread_captures", its): 0,
        ("clausewatch_policy_last_capture_timestamp_seconds", its): 1643840325,
        ("clausewatch_policy_last_accepted_timestamp_seconds", its): 1631601012,
        ("clausewatch_policy_last_change_timestamp_seconds", its): 1614852900,
        ("clausewatch_policy_failing_since_timestamp_seconds", its): 1643840325,
    }


def test_label_values_are_escaped() -> None:
    odd = 'a "b"\\\nc \\n é'
    text = as_metrics([PolicyStatus(Standing(vendor=odd, policy="privacy"), None, None)])
    assert {labels for _, labels in dict(parsed(text))} == {(("vendor", odd), ("policy", "privacy"))}


def test_no_policy_is_no_sample() -> None:
    assert list(parsed(as_metrics([]))) == []


_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'


def parsed(text: str) -> Iterator[tuple[tuple[str, tuple[tuple[str, str], ...]], float]]:
    """The samples of a text in Prometheus' format 0.0.4, as strictly as its description puts it.

    Each metric's HELP and TYPE come before its samples, once, and its samples stand together, each label set once.
    """
    assert text.endswith("\n")
    helped: list[str] = []
    typed: list[str] = []
    seen = set()
    for line in text.removesuffix("\n").split("\n"):
        if found := re.fullmatch(rf"# HELP ({_NAME}) (?:[^\\\n]|\\[\\n])*", line):
            assert found[1] not in helped
            helped.append(found[1])
        elif found := re.fullmatch(rf"# TYPE ({_NAME}) gauge", line):
            assert found[1] not in typed
            typed.append(found[1])
        else:
            found = re.fullmatch(rf"({_NAME})\{{({_LABEL}(?:,{_LABEL})*)\}} (\d+(?:\.\d+)?)", line)
            assert found, line
            assert found[1] == typed[-1] == helped[-1]
            labels = tuple(
                (name, re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], value))
                for name, value in re.findall(_LABEL, found[2])
            )
            assert len(dict(labels)) == len(labels)
            assert (found[1], labels) not in seen
            seen.add((found[1], labels))
            yield (found[1], labels), float(found[found.lastindex or 0])
