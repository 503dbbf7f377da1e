"""The functions, parameters and results are as docs/python.md describes them."""

import doctest
import inspect
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, fields
from datetime import date
from typing import Any, get_args, get_type_hints

import pytest

from core.captures import Capture, Reading, Reason, Verdict, VerdictName
from core.changes import Change, ChangeKind, Comparison, Redline, RedlineOperation, Significance
from core.clauses import Clause, ClauseKind, Document
from core.settings import CHECKOUT
from demo.captures import PAGES
from diffing import compare
from extraction import extract, read
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES

PAGE = (CHECKOUT / "docs" / "python.md").read_text(encoding="utf-8")
NAMES = re.compile(r"`(\w+)`")

SHAPES: dict[type, dict[str, object]] = {
    Document: {
        "title": str | None,
        "language": str | None,
        "effective_date": date | None,
        "clauses": tuple[Clause, ...],
        "stated_date": str | None,
    },
    Clause: {
        "position": int,
        "kind": ClauseKind,
        "label": str | None,
        "heading_path": tuple[str, ...],
        "text": str,
        "links": tuple[str, ...],
        "typography": str | None,
    },
    Reading: {"verdict": Verdict, "document": Document | None},
    Verdict: {"name": VerdictName, "reason": Reason | None, "evidence": str, "needs_browser": bool, "rule": str},
    Comparison: {
        "old": Document,
        "new": Document,
        "changes": tuple[Change, ...],
        "unchanged": tuple[tuple[int, int], ...],
        "coarse": tuple[str, ...],
    },
    Change: {
        "kind": ChangeKind,
        "significance": Significance,
        "confidence": float,
        "old": tuple[Clause, ...],
        "new": tuple[Clause, ...],
        "redline": Redline,
        "numbers": tuple[tuple[str, str], ...],
        "under": tuple[str, str] | None,
        "governed": tuple[Clause, ...],
        "crossed": tuple[str, ...],
    },
}


def documented_fields(heading: str) -> list[str]:
    """Returns the names in the first column of the table under a heading of docs/python.md."""
    section = PAGE.split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in rows for name in NAMES.findall(cell)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape.__name__))
def test_a_result_has_the_documented_fields(shape: Any) -> None:
    assert [field.name for field in fields(shape)] == documented_fields(shape.__name__)
    assert get_type_hints(shape) == SHAPES[shape]


@pytest.mark.parametrize("values", [ClauseKind, VerdictName, Reason, ChangeKind, Significance, RedlineOperation])
def test_every_possible_value_of_a_field_is_documented(values: object) -> None:
    assert set(get_args(values)) <= set(NAMES.findall(PAGE))


@pytest.mark.parametrize(
    ("function", "parameters", "result"),
    [
        (
            extract,
            "(data, media_type, *, url=None, select=(), remove=(), ignore=())",
            {
                "data": bytes,
                "media_type": str,
                "url": str | None,
                "select": Sequence[str],
                "remove": Sequence[str],
                "ignore": Sequence[str],
                "return": Document,
            },
        ),
        (
            read,
            "(capture, payload, *, select=(), remove=(), ignore=())",
            {
                "capture": Capture,
                "payload": bytes,
                "select": Sequence[str],
                "remove": Sequence[str],
                "ignore": Sequence[str],
                "return": Reading,
            },
        ),
        (compare, "(old, new)", {"old": Document, "new": Document, "return": Comparison}),
    ],
)
def test_a_function_has_the_documented_parameters(
    function: Callable[..., object], parameters: str, result: dict[str, object]
) -> None:
    signature = inspect.signature(function)
    untyped = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    assert str(inspect.Signature(untyped)) == parameters
    assert get_type_hints(function) == result
    returned: Any = result["return"]
    assert f"\n{function.__name__}{parameters} -> {returned.__name__}\n" in PAGE


def test_the_examples_in_the_docs_run() -> None:
    examples = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    parsed = doctest.DocTestParser().get_doctest(examples, {}, "docs/python.md", None, None)
    assert len(parsed.examples) > 10
    output: list[str] = []
    result = doctest.DocTestRunner().run(parsed, out=output.append)
    assert result.failed == 0, "".join(output)


def test_results_are_immutable() -> None:
    document = extract(b"We keep logs.", "text/plain")
    with pytest.raises(FrozenInstanceError):
        document.title = "Other"  # type: ignore[misc]  # the assignment that must fail


def test_clausewatch_diff_prints_the_result_of_compare(clausewatch: Clausewatch) -> None:
    old, new = PAGES / CAPTURES[3][0], PAGES / CAPTURES[4][0]
    printed = json.loads(clausewatch("diff", old, new, "--format", "json").stdout)
    comparison = compare(extract(old.read_bytes(), "text/html"), extract(new.read_bytes(), "text/html")).to_dict()
    for side in ("old", "new"):
        assert comparison[side].items() <= printed[side].items()
    assert {name: printed[name] for name in ("counts", "changes")} == {
        name: comparison[name] for name in ("counts", "changes")
    }
