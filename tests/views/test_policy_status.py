"""The status of policies: whether a policy fails, and the order in which policies are listed."""

from datetime import UTC, datetime, timedelta

from core.captures import Reason
from core.declarations import Vendor
from storage import Standing
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
