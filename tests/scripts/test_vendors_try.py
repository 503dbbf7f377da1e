"""`clausewatch vendors try` reads a saved page, and explains which rules decided."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from demo.captures import PAGES
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES
from tests.extraction.example_pages import PARAGRAPHS, POLICY, html

PAGE = html(
    f"<nav><a href=/>Shop</a></nav><h1>Privacy Policy</h1>{POLICY}"
    f"<div class=newsletter><p>{'東京から毎週お届け ' * 9}</p><input></div><p><a href='#'>Back\nto top</a></p>"
)
CHALLENGE = html("<h1>Checking your browser</h1><p>This takes a moment.</p>", title="Just a moment...")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "saved.html"
    path.write_bytes(PAGE)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("saved.html", PAGE),
        ("saved.md", b"# Privacy Policy\n\n" + "\n\n".join(PARAGRAPHS).encode()),
        ("saved.txt", "\n\n".join(("Privacy Policy", *PARAGRAPHS)).encode()),
    ],
)
def test_a_saved_page_is_read(clausewatch: Clausewatch, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    result = clausewatch("vendors", "try", tmp_path / name)
    assert f"{len(content):,} bytes\nverdict: accepted\n" in result.stderr
    assert "left out" not in result.stderr
    assert all(text in result.stdout for text in PARAGRAPHS)
    assert "Shop" not in result.stdout


def test_a_pdf_is_read(clausewatch: Clausewatch) -> None:
    pdf = Path(__file__).parents[1] / "corpora/pages/46-northgate-plain.pdf"
    result = clausewatch("vendors", "try", pdf, "--explain")
    assert "verdict: accepted\n0 blocks left out\n24 clauses" in result.stderr


def test_each_block_that_is_left_out_is_explained_in_page_order(clausewatch: Clausewatch, page: Path) -> None:
    result = clausewatch("vendors", "try", page, "--explain")
    assert "verdict: accepted\n3 blocks left out\n" in result.stderr
    menu, newsletter, top = result.stdout.splitlines()[:3]
    assert menu == "page_frame: Shop"
    assert newsletter.startswith("named_widget: 東京から毎週お届け 東京から")
    assert newsletter.endswith("…")
    assert 95 < cell_len(newsletter) <= 100
    assert top == "scrap_at_edge: Back to top"


def test_the_verdict_names_its_rule(clausewatch: Clausewatch, tmp_path: Path) -> None:
    (tmp_path / "saved.html").write_bytes(CHALLENGE)
    result = clausewatch("vendors", "try", tmp_path / "saved.html")
    _, verdict, rule, evidence, *_ = result.stderr.splitlines()
    assert verdict == "verdict: quarantined (blocked)"
    assert rule.removeprefix("rule: ").isidentifier()
    assert evidence.startswith("evidence: ")


def test_a_saved_page_is_judged_as_the_named_policy(clausewatch: Clausewatch) -> None:
    page = PAGES / CAPTURES[0][0]
    assert "verdict: accepted" in clausewatch("vendors", "try", page).stderr
    assert "(other document)" in clausewatch("vendors", "try", page, "--policy", "cookies").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.html",), "'missing.html' is not a web address, and there is no file with this name"),
        (("PAGE", "--render", "browser"), "omit it if you name a file"),
        (("PAGE", "https://northwind.example/privacy"), "a single file, or the URLs"),
        (("https://northwind.example/privacy", "--policy", "terms"), "omit it if you name a URL"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(
    clausewatch: Clausewatch, page: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = clausewatch(
        "vendors", "try", *(page if argument == "PAGE" else argument for argument in arguments), exit_code=2
    )
    assert message in result.stderr
    assert result.stdout == ""
