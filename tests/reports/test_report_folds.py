"""What reports show once, in one line, or folded: headings, runs, contents lists, typography; and what they warn of."""

from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from core.changes import Change
from core.clauses import Clause
from reports import REPORT_FORMATS, FileSide, Report, compare_files
from reports.html_report import as_html
from reports.json_report import as_json
from reports.markdown_report import as_markdown
from reports.rendered_changes import rendered_changes
from reports.terminal_report import as_text
from reports.wording import circumstances
from tests.reports.report_examples import (
    EVERY_KIND,
    added,
    change,
    clause,
    document,
    file_report,
    version_report,
    word_text,
)

PATH = ("Policy", "Sharing")


def shown(report: Report) -> dict[str, str]:
    """Returns the report in each format, as text without the escapes of Markdown."""
    texts = {}
    for name, render in REPORT_FORMATS.items():
        output = render(report)
        texts[name] = output.replace("\\", "") if isinstance(output, str) else word_text(output)
    return texts


def item(position: int, text: str, label: str | None = None, path: tuple[str, ...] = PATH) -> Clause:
    return clause(position, text, label=label, path=path, kind="list_item")


def bullets(count: int) -> list[Change]:
    return [change("added", (), (item(n, f"bullet {n}", f"({'abc'[n]})"),)) for n in range(count)]


def test_a_run_of_added_bullets_stands_under_one_path_with_its_labels() -> None:
    texts = shown(file_report(*bullets(3)))
    assert texts.pop("json").count('"Sharing"') == 3
    for name, text in texts.items():
        if name == "html":
            text = LexborHTMLParser(text).css_first("main section").text()  # type: ignore[union-attr]
        assert text.count("Sharing") == 1, name
        assert all(f"bullet {n}" in text for n in range(3)), name
    assert "      added, 3 list items\n   1  (a) {+bullet 0+}\n   2  (b) {+bullet 1+}\n" in texts["text"]
    assert "**1–3. Added, 3 list items**" in texts["markdown"]


def test_an_added_section_is_one_run() -> None:
    heading = clause(0, "Cookies", kind="heading", label="7.", path=("Policy",))
    below = clause(1, "We set cookies.", path=("Policy", "Cookies"))
    text = as_text(file_report(change("added", (), (heading,)), change("added", (), (below,))))
    assert "\nPolicy\n      added, 2 clauses\n   1  7. {+Cookies+} (heading)\n   2  {+We set cookies.+}\n" in text


def test_changes_of_different_kinds_share_the_path_above_them() -> None:
    changed = change("modified", (item(7, "old"),), (item(7, "new"),), (("delete", "old"), ("insert", "new")))
    text = as_text(file_report(*bullets(1), changed))
    assert "Policy › Sharing\n   1  added, list item (a)\n" in text
    assert text.count("Sharing") == 1


def test_headings_have_their_numbers_in_paths() -> None:
    heading = clause(0, "Sharing", kind="heading", label="4.", path=("Policy",))
    text = as_text(file_report(change("added", (), (clause(1, "New.", label="4.2", path=PATH),)), unchanged=(heading,)))
    assert "Policy › 4. Sharing\n   1  added, clause 4.2\n" in text


def test_a_move_names_clause_numbers_and_what_stands_before() -> None:
    heading = clause(0, "Sharing", kind="heading", label="4.", path=("Policy",))
    first = clause(1, "We share nothing.", label="4.1", path=PATH)
    moved = change(
        "moved",
        (clause(2, "We ask first.", label="4.2", path=PATH),),
        (clause(2, "We ask first.", path=("Policy", "Consent")),),
        significance="editorial",
    )
    for text in shown(file_report(moved, unchanged=(heading, first))).values():
        if not text.startswith("{"):
            note = (
                "Moved from 4.2 under “… › 4. Sharing”, after “4.1 We share nothing”, to under “… › Consent”, after "
                "“4.1 We share nothing”."
            )
            assert note in " ".join(text.split())


TYPOGRAPHY = [
    change(
        "cosmetic",
        (clause(n, f"“Logs {n}”"),),
        (clause(n, f'"Logs {n}"'),),
        (("delete", f"“Logs {n}”"), ("insert", f'"Logs {n}"')),
        significance="editorial",
    )
    for n in range(3)
]


def test_typography_is_folded_into_a_count_and_complete_in_json() -> None:
    moved = change("moved", (clause(3, "Children."),), (clause(3, "Children."),), significance="editorial")
    texts = shown(file_report(*TYPOGRAPHY, moved))
    line = "3 changes of typography, punctuation or paragraph breaks only"
    assert f"{line}; not listed here." in texts["text"]
    assert "[-“Logs" not in texts["text"]
    assert "list every change, for example --format html" in texts["text"]
    assert f"<details>\n<summary>{line}</summary>\n\n#### " in texts["markdown"]
    fold = LexborHTMLParser(texts["html"]).css_first("details")
    assert fold is not None
    assert fold.css_first("summary").text() == line  # type: ignore[union-attr]
    assert [node.attributes["id"] for node in fold.css("article")] == ["change-1", "change-2", "change-3"]
    assert "open" not in fold.attributes
    assert texts["docx"].index("Editorial (4)") < texts["docx"].index(line)
    assert texts["json"].count('"kind": "cosmetic"') == 3


def contents_report() -> Report:
    def policy(*contents: str) -> FileSide:
        names = ("Sharing", "Retention", "Cookies", "Rights")
        clauses = [item(0, name, path=()) for name in contents]
        for name in names:
            clauses += [clause(0, name, kind="heading", path=()), clause(0, f"About {name} we say this.", path=(name,))]
        numbered = (replace(one, position=position) for position, one in enumerate(clauses))
        return FileSide(Path("policy.md"), "0" * 64, document(*numbered))

    return compare_files(policy("Sharing", "Retention", "Cookies"), policy("Sharing", "Retention", "Cookies", "Rights"))


def test_a_change_of_a_contents_list_is_one_line() -> None:
    texts = shown(contents_report())
    assert '"kind": "added"' in texts.pop("json")
    for name, text in texts.items():
        assert "The contents list differs: 1 added" in text, name
    assert "{+Rights+}" not in texts["text"]


def test_every_format_warns_of_doubtful_pairings_in_plain_words() -> None:
    pairs = [(clause(n, f"old {n}"), clause(n, f"new {n}"), confidence) for n, confidence in enumerate((0.62, 0.95))]
    texts = shown(file_report(*(change("modified", (old,), (new,), (), "substantive", c) for old, new, c in pairs)))
    assert '"confidence": 0.62' in texts.pop("json")
    for name, text in texts.items():
        text = " ".join(text.split())
        sentence = "In 1 change, the program is not certain that the old and the new text belong together: no. 1."
        assert sentence in text, name
        assert "It is not certain that the old and the new text belong together (the program estimates 62%)." in text, (
            name
        )
        assert "95%" not in text


def test_doubtful_pairings_beyond_the_first_dozen_are_counted() -> None:
    changes = [replace(EVERY_KIND[2], confidence=0.5)] * 14
    (sentence,) = (text for text in circumstances(file_report(*changes)) if "certain" in text)
    assert sentence.endswith("nos. 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more.")


def test_html_has_the_changes_before_the_evidence() -> None:
    html = as_html(version_report(*EVERY_KIND))
    assert html.index('id="change-1"') < html.index('id="evidence"') < html.index('id="whole"')
    assert 'href="#evidence"' in html


def test_a_version_id_is_short_never_wraps_and_is_whole_in_its_title() -> None:
    html = as_html(version_report(added(0, "A.")))
    assert '<span class="checksum id" title="aaaa">@aaaa</span>' in html
    assert ".id { white-space: nowrap; }" in html


def test_one_term_capitalised_throughout_is_told_in_every_format() -> None:
    pairs = [(f"We ask partners of type {n}.", f"We ask Partners of type {n}.") for n in range(2)]
    report = file_report(
        *(
            change("cosmetic", (clause(n, old),), (clause(n, new),), significance="editorial")
            for n, (old, new) in enumerate(pairs)
        )
    )
    texts = shown(report)
    assert '"capitals": [\n    {\n      "old": "partners",\n      "new": "Partners",\n      "clauses": 2' in texts.pop(
        "json"
    )
    for name, text in texts.items():
        assert text.count("“partners” is now “Partners” (in 2 clauses)") == 1, name


@pytest.mark.parametrize("kind", ["moved", "moved_modified"])
def test_words_above_a_moved_clause_are_named_in_every_format(kind: str) -> None:
    old, new = (
        document(clause(0, "We never share:"), item(1, "names"), clause(2, "We share:"), item(3, "towns")),
        document(clause(0, "We never share:"), clause(1, "We share:"), item(2, "towns"), item(3, "names")),
    )
    if kind == "moved_modified":
        new = document(*new.clauses[:3], item(3, "all names"))
    old_side, new_side = (FileSide(Path("policy.md"), "0" * 64, side) for side in (old, new))
    report = compare_files(old_side, new_side)
    if not any(rendered.change.under for rendered in rendered_changes(report.comparison)):
        assert kind == "moved_modified"  # so short a clause is removed and added
        return
    for name, text in shown(report).items():
        if name != "json":
            assert "It was introduced by “We never share:”; now it is introduced by “We share:”." in " ".join(
                text.split()
            )
    assert '"under": [\n' in as_json(report)


def test_markdown_of_a_fold_is_still_markdown_inside() -> None:
    assert as_markdown(file_report(*TYPOGRAPHY)).endswith("\n\n</details>\n")


def test_an_editorial_change_of_words_is_not_called_typography() -> None:
    changed = change(
        "modified", (item(1, "old"),), (item(1, "new"),), (("delete", "old"), ("insert", "new")), "editorial"
    )
    text = as_text(file_report(changed))
    assert "typography, punctuation" not in text
    assert "[-old-]" in text
