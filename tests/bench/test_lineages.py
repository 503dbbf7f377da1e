"""Clauses are followed through chains of versions whose lines of descent are known."""

from bench.diff.lineages import measure


def test_nearly_all_links_of_known_lines_are_found() -> None:
    total, right = measure(seed=3, versions=10)
    assert {"modified", "moved", "split", "merged", "removed", "returned"} <= set(total)
    assert right.total() >= 0.98 * total.total()
    assert right.total() - right["unchanged"] >= 0.95 * (total.total() - total["unchanged"])
