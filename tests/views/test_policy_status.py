"""The status of policies: whether a policy fails, and the order in which policies are listed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.captures import Reason
from core.declarations import Vendor
from storage import FailedFetches, MovedPage, Standing
from views.policy_status import (
    PolicyStatus,
    attention_sentences,
    fetch_sentences,
    policy_statuses,
    quoted_evidence,
)
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
        "odd/privacy: quarantined since 2026-11-25 (login): a form",
        "odd/privacy: held since 2026-11-23: the text shares nothing with the text before",
        "shy/privacy: quarantined since 2026-11-25 (blocked): the page says: 'Go\\x1b away'",
        "changed/privacy: held since 2026-11-24: the text shares nothing with the text before; it begins: Socks",
        "`clausewatch review` lists these captures; accept or reject them there.",
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


def failed_fetches(slug: str, days: float, times: int, path: str = "privacy") -> FailedFetches:
    """Returns failed fetches of a vendor's privacy policy. days: the time since the first of them."""
    url, since = f"https://{slug}.example/{path}", NOW - timedelta(days=days)
    return FailedFetches(slug, "privacy", url, url, "no such host\x1b", since, NOW, times)


def test_a_policy_fails_from_its_first_failed_fetch_on() -> None:
    vendors = {slug: vendor(slug) for slug in ("fine", "lost", "new", "quiet", "shy")}
    standings = [standing("fine"), standing("lost"), standing("quiet", seen=8), standing("shy", failing=1)]
    failed = [failed_fetches("lost", 2, 3), failed_fetches("quiet", 9, 9)]
    failed += [failed_fetches("new", 1, 1), failed_fetches("shy", 3, 3)]
    failed += [failed_fetches("fine", 90, 90, "earlier")]  # not declared any more
    ordered = policy_statuses(vendors, standings, NOW, failed)
    assert [(status.standing.vendor, status.failing, status.failing_since) for status in ordered] == [
        ("quiet", "no capture", NOW - timedelta(days=8)),
        ("lost", "not fetched", NOW - timedelta(days=2)),
        ("shy", "quarantined", NOW - timedelta(days=1)),
        ("new", "never captured", None),
        ("fine", None, None),
    ]
    assert list(fetch_sentences(ordered))[1:] == [
        "lost/privacy: not fetched 3 times since 2026-11-23: https://lost.example/privacy: no such host\\x1b",
        "shy/privacy: not fetched 3 times since 2026-11-22: https://shy.example/privacy: no such host\\x1b",
        "new/privacy: not fetched once on 2026-11-24: https://new.example/privacy: no such host\\x1b",
    ]


def test_a_permanent_redirect_is_advice_and_no_failure() -> None:
    url = "https://hesk.example/privacy"
    moved = MovedPage("hesk", "privacy", url, url, "https://ann:secret@new.example/", NOW - timedelta(days=3))
    gone = replace(moved, url="https://hesk.example/earlier")
    (status,) = policy_statuses({"hesk": vendor("hesk")}, [standing("hesk")], NOW, (), [moved, gone])
    assert status.failing is None
    (sentence,) = fetch_sentences([status])
    assert sentence == (
        f"hesk/privacy: moved permanently: since 2026-11-22, {url} redirects to https://***@new.example/. "
        "Correct the address in the declaration."
    )
