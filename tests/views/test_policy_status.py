"""The status of policies: whether a policy fails, and the order in which policies are listed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.captures import Reason
from core.declarations import Vendor
from storage import Standing
from views.policy_status import PolicyStatus, attention_sentences, policy_statuses, quoted_evidence
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
    """Returns the standing of a vendor's privacy policy.

    seen: the time since the last capture, in days.
    failing: the time since the policy began to fail, in days; None if the policy doesn't fail.
    """
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
    """Returns the statuses of the policies of some vendors; by default, of all vendors that have a standing."""
    declared = vendors or tuple(vendor(standing.vendor) for standing in standings)
    return policy_statuses({vendor.slug: vendor for vendor in declared}, standings, NOW)


def test_policies_that_have_failed_longest_are_listed_first() -> None:
    week = SILENCE / timedelta(days=1)
    ordered = statuses(
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
    assert [(status.standing.vendor, status.failing) for status in ordered] == [
        ("refused", "quarantined"),
        ("quiet", "no capture"),
        ("refused-today", "quarantined"),
        ("another-new", "never captured"),
        ("new", "never captured"),
        ("unread", None),
        ("also-fine", None),
        ("fine", None),
    ]
    assert [status.failing_since for status in ordered[:4]] == [
        NOW - timedelta(days=30),
        NOW - timedelta(days=week + 1),
        NOW - timedelta(days=0.5),
        None,
    ]


def test_a_policy_that_is_no_longer_published_does_not_fail() -> None:
    gone = vendor("gone", until="2026-11-25")
    for old_standing in (standing("gone", seen=900), standing("gone", seen=900, failing=950)):
        assert [status.failing for status in statuses(old_standing, vendors=(gone,))] == [None]
    assert [status.failing for status in statuses(vendors=(gone,))] == [None]


def test_a_policy_that_is_no_longer_declared_has_no_status() -> None:
    ordered = statuses(standing("a"), standing("b"), vendors=(vendor("a"),))
    assert [status.standing.vendor for status in ordered] == ["a"]


def test_a_quarantined_or_held_policy_is_named_with_what_the_page_says() -> None:
    quarantined = replace(standing("shy", failing=0.1), reason="blocked", evidence="the page says:\n'Go\x1b away'")
    held = replace(standing("changed"), held_since=NOW - timedelta(days=1), held_text="Socks")
    both = replace(standing("odd", failing=0.2), reason="login", evidence="a form", held_since=NOW - timedelta(days=2))
    sentences = attention_sentences(statuses(quarantined, held, both, standing("fine"), standing("quiet", seen=90)))
    assert list(sentences) == [
        "odd privacy: quarantined since 2026-11-25 as login: a form",
        "odd privacy: held since 2026-11-23: the text shares nothing with the text before",
        "shy privacy: quarantined since 2026-11-25 as blocked: the page says: 'Go\\x1b away'",
        "changed privacy: held since 2026-11-24: the text shares nothing with the text before; it begins: Socks",
    ]


def test_evidence_is_the_quarantines_and_otherwise_the_held_text() -> None:
    held = replace(standing("a"), held_since=NOW, held_text="Autumn catalogue")
    quarantined = replace(held, failing_since=NOW, reason="blocked", evidence="a challenge")
    assert [(status.reason, status.evidence) for status in statuses(held)] == [(None, "Autumn catalogue")]
    assert [(status.reason, status.evidence) for status in statuses(quarantined)] == [("blocked", "a challenge")]
    assert [(status.reason, status.evidence) for status in statuses(standing("a"))] == [(None, None)]


def test_a_quarantined_policy_that_is_no_longer_published_is_not_named() -> None:
    gone = vendor("gone", until="2026-11-25")
    old = replace(standing("gone", failing=3), reason="not_found", evidence="gone")
    assert list(attention_sentences(statuses(old, vendors=(gone,)))) == []


def test_long_evidence_is_shortened() -> None:
    assert len(quoted_evidence("語" * 400)) == 160
    assert quoted_evidence("a " * 100).endswith("a…")
    assert quoted_evidence("a" * 160) == "a" * 160
