"""The laws of comparison, checked on real policies. To save time, only every fourth pair is compared."""

import pytest

from core.clauses import Document
from diffing import compare
from diffing.sameness import version_id
from extraction import extract
from tests.diffing.comparison_laws import accounts_for_all, as_set, mirrored, rebuilds
from tests.shared_material import SHARED, needs_shared

PAIRS = sorted(path.name.removesuffix(".old.md") for path in (SHARED / "pairs").glob("*.old.md"))[::4]

pytestmark = needs_shared


def documents(name: str) -> tuple[Document, Document]:
    old, new = (
        extract((SHARED / "pairs" / f"{name}.{side}.md").read_bytes(), "text/markdown") for side in ("old", "new")
    )
    return old, new


@pytest.mark.parametrize("name", PAIRS)
def test_real_pairs_obey_the_laws_of_comparison(name: str) -> None:
    old, new = documents(name)
    comparison = compare(old, new)
    assert accounts_for_all(comparison, old, new)
    assert all(rebuilds(change) for change in comparison.changes if change.redline)
    assert mirrored(compare(new, old)) == as_set(comparison)
    assert not comparison.coarse
    assert compare(old, old).changes == ()


@pytest.mark.parametrize("name", PAIRS)
def test_two_texts_of_one_version_have_only_minor_changes(name: str) -> None:
    old, new = documents(name)
    if version_id(old) == version_id(new):
        assert {change.kind for change in compare(old, new).changes} <= {"cosmetic", "renumbered"}
    else:
        assert compare(old, new).changes
