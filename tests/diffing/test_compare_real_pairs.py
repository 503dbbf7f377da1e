import pytest

from core.clauses import Document
from diffing.comparison import compare
from diffing.sameness import version_id
from extraction import extract
from tests.diffing.test_compare_properties import accounted_for, as_set, mirrored, rebuilds
from tests.shared_material import SHARED, needs_shared

PAIRS = sorted(path.name.removesuffix(".old.md") for path in (SHARED / "pairs").glob("*.old.md"))[::4]

pytestmark = needs_shared


def documents(name: str) -> tuple[Document, Document]:
    old, new = (
        extract((SHARED / "pairs" / f"{name}.{side}.md").read_bytes(), "text/markdown") for side in ("old", "new")
    )
    return old, new


@pytest.mark.parametrize("name", PAIRS)
def test_the_laws_of_a_comparison_hold_on_real_pairs(name: str):
    old, new = documents(name)
    comparison = compare(old, new)
    assert accounted_for(comparison, old, new)
    assert all(rebuilds(change) for change in comparison.changes if change.redline)
    assert mirrored(compare(new, old)) == as_set(comparison)
    assert not comparison.coarse
    assert compare(old, old).changes == ()


@pytest.mark.parametrize("name", PAIRS)
def test_two_real_texts_are_one_version_where_nothing_but_typography_of_links_differs(name: str):
    old, new = documents(name)
    if version_id(old) == version_id(new):
        assert {change.kind for change in compare(old, new).changes} <= {"cosmetic", "renumbered"}
    else:
        assert compare(old, new).changes
