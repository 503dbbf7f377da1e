"""The public interface of the package `diffing`, and the libraries that importing the package loads."""

import dataclasses
import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import diffing
from core.changes import CHANGE_KINDS, Change, Comparison
from core.clauses import Clause, Document
from diffing import compare


def document(*texts: str) -> Document:
    clauses = (Clause(position, "paragraph", None, (), text) for position, text in enumerate(texts))
    return Document(None, None, None, tuple(clauses))


def test_compare_takes_two_documents_and_returns_a_comparison() -> None:
    assert diffing.__all__ == ["compare"]
    assert list(inspect.signature(compare).parameters) == ["old", "new"]
    assert get_type_hints(compare) == {"old": Document, "new": Document, "return": Comparison}


def test_a_comparison_has_documents_changes_and_unchanged_positions() -> None:
    old, new = document("We keep your name.", "We sell nothing."), document("We keep your name.", "We sell your data.")
    comparison = compare(old, new)
    assert (comparison.old, comparison.new, comparison.unchanged, comparison.coarse) == (old, new, ((0, 0),), ())
    (change,) = comparison.changes
    assert (change.kind, change.significance, change.old, change.new) == (
        "modified",
        "substantive",
        (old.clauses[1],),
        (new.clauses[1],),
    )
    assert [operation for operation, _ in change.redline] == ["equal", "delete", "insert", "equal"]
    assert set(comparison.counts) == {*CHANGE_KINDS, "unchanged"}


def test_the_fields_of_comparisons_and_changes_are_the_documented_ones() -> None:
    assert [field.name for field in dataclasses.fields(Comparison)] == ["old", "new", "changes", "unchanged", "coarse"]
    assert [field.name for field in dataclasses.fields(Change)] == [
        *("kind", "significance", "confidence", "old", "new", "redline", "numbers", "under", "governed", "crossed")
    ]


@pytest.mark.parametrize("module", ["diffing", "diffing.sameness"])
def test_importing_the_package_loads_no_library_of_the_comparison(module: str) -> None:
    """Processes that read captures import `diffing.sameness`. The processes start faster without these libraries."""
    code = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, check=True, text=True
    ).stdout.split()
    assert "diffing" in loaded
    assert not {"rapidfuzz", "diff_match_patch", "sqlalchemy"} & set(loaded)
