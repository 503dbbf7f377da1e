"""The wording of reports: summary, groups, notes, excerpts, and printable text."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.changes import Change, Redline, RedlineOperation
from core.clauses import Clause
from reports.change_sections import sections, substantive_runs
from reports.excerpts import excerpt_of, redline_as_text
from reports.rendered_changes import RenderedChange, rendered_changes
from reports.vendor_text import printable
from reports.wording import circumstances, headings_sentence, summary
from tests.reports.report_examples import EVERY_KIND, added, change, clause, file_report, removed
from views.change_lines import side_by_side

OPERATIONS: st.SearchStrategy[RedlineOperation] = st.sampled_from(["equal", "delete", "insert"])


def render(*changes: Change) -> tuple[RenderedChange, ...]:
    return rendered_changes(file_report(*changes).comparison)


@pytest.mark.parametrize(
    ("changes", "unchanged", "sentence"),
    [
        ((), 2, "No difference between the two texts."),
        ((added(0, "A."),), 0, "1 substantive change: 1 added. 0 clauses unchanged."),
        (
            (removed(0, "A."), removed(1, "B."), added(0, "C."), EVERY_KIND[9], EVERY_KIND[3], EVERY_KIND[5]),
            1,
            (
                "3 substantive changes: 2 removed, 1 added. In addition, 1 factual change and 2 editorial changes. "
                "1 clause unchanged."
            ),
        ),
        ((EVERY_KIND[3],), 0, "No change is classed as substantive: 1 editorial change. 0 clauses unchanged."),
        (
            (EVERY_KIND[3], EVERY_KIND[9]),
            0,
            "No change is classed as substantive: 1 factual change and 1 editorial change. 0 clauses unchanged.",
        ),
    ],
)
def test_the_summary_begins_with_substantive_changes(
    changes: tuple[Change, ...], unchanged: int, sentence: str
) -> None:
    same = tuple(clause(100 + number, "Same.") for number in range(unchanged))
    assert summary(file_report(*changes, unchanged=same)) == sentence


def test_changes_grouped_by_significance_keep_their_numbers() -> None:
    groups = [
        (section.significance, [rendered.number for rendered in section.changes])
        for section in sections(render(*EVERY_KIND))
    ]
    assert groups == [
        ("substantive", [1, 2, 3, 5, 7, 8]),
        ("factual", [10]),
        ("editorial", [4, 6, 9]),
        ("volatile", [11]),
    ]


def test_notes_name_differences_that_the_redline_does_not_show() -> None:
    notes = {rendered.kind: rendered.notes for rendered in reversed(render(*EVERY_KIND))}
    assert notes == {
        "removed": (),
        "added": (),
        "modified": ("It is not certain that the old and the new text belong together (the program estimates 45%).",),
        "moved": ("Moved from after “We keep logs for ten days”, to after “Read by 13 people”.",),
        "moved and modified": ("Moved together with the clause before it.",),
        "renumbered": ("Number: 3 → 4.",),
        "split": ("One clause became 2.",),
        "merged": ("2 clauses became one.",),
        "cosmetic": ("Link: http://a.example/ → http://b.example/.",),
        "detail": (),
    }


NUMBER = Change(
    "factual",
    "substantive",
    1.0,
    (clause(4, "Logs are erased after 30 days."),),
    (clause(4, "Logs are erased after 90 days."),),
    (("equal", "Logs are erased after "), ("delete", "30"), ("insert", "90"), ("equal", " days.")),
    (("30 days", "90 days"),),
)


def test_changed_numbers_come_first_with_old_and_new_side_by_side() -> None:
    (section,) = sections(render(added(0, "A."), NUMBER))
    first, second = (change for group in section.groups for run in group.runs for change in run.changes)
    assert (first.number, first.kind, first.notes) == (2, "number", ("Old and new: 30 → 90 days.",))
    assert second.kind == "added"
    assert summary(file_report(added(0, "A."), NUMBER)) == (
        "2 substantive changes: 1 added, 1 number. Logs are erased after 30 → 90 days. 0 clauses unchanged."
    )


@pytest.mark.parametrize(
    ("new", "headline"),
    [
        (clause(4, "Logs are erased after 90 days."), "Logs are erased after 30 → 90 days"),
        (clause(4, "Logs | 90 days", kind="table_row"), "Logs 30 → 90 days"),
        (
            clause(4, "Of what you send us we keep everything for 90 days.", path=("Privacy", "Retention")),
            "Retention 30 → 90 days",
        ),
    ],
)
def test_a_headline_says_what_a_number_is_about(new: Clause, headline: str) -> None:
    (rendered,) = render(replace(NUMBER, new=(new,)))
    assert rendered.headline == headline


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("30 days", "90 days", "30 → 90 days"),
        ("Article 9(2)", "Article 6(1)", "Article 9(2) → 6(1)"),
        ("25 000 euros", "50 000 euros", "25 000 → 50 000 euros"),
        ("one year", "two years", "one year → two years"),
        ("5", "5", "5 → 5"),
        ("Section 5)", "Section 4)", "Section 5 → 4"),
        ("(30 days", "(90 days.", "30 → 90 days"),
        ("(a)", "(b)", "(a) → (b)"),
        ("5.", "5,", "5. → 5,"),
    ],
)
def test_old_and_new_numbers_share_their_words(old: str, new: str, shown: str) -> None:
    assert side_by_side(old, new) == shown


def test_a_move_under_other_words_names_both_and_a_lead_in_names_what_is_below() -> None:
    moved = replace(EVERY_KIND[3], significance="substantive", under=("We never share:", ""))
    lead_in = replace(EVERY_KIND[2], confidence=1.0, governed=(clause(7, "your name"), clause(8, "your town")))
    notes = [rendered.notes for rendered in render(moved, lead_in)]
    assert notes[0][1] == "It was introduced by “We never share:”; now no such words introduce it."
    assert notes[1] == ("These words stand above 2 unchanged clauses: “your name”, “your town”.",)


def test_a_link_that_leads_elsewhere_is_called_a_link() -> None:
    (rendered,) = render(replace(EVERY_KIND[8], significance="substantive"))
    assert rendered.kind == "link"
    assert rendered.notes == ("Link: http://a.example/ → http://b.example/.",)


def test_a_term_with_other_capitals_is_named_once() -> None:
    changes = [
        change("cosmetic", (clause(n, old),), (clause(n, new),), significance="editorial")
        for n, (old, new) in enumerate(
            [
                ("We use partners in Bern.", "We use Partners in Bern."),
                ("Some partners are small.", "Some Partners are small."),
                ("WE SELL NOTHING.", "We sell nothing."),
                ("Contact us", "CONTACT US"),
                ("It ends. partners go on and on.", "It ends. Partners go on and on."),
            ]
        )
    ]
    sentences = circumstances(file_report(*changes))
    assert sentences == ("Capitals differ: “partners” is now “Partners” (in 2 clauses).",)


def test_a_link_or_label_on_only_one_side_is_called_added_or_removed() -> None:
    plain, linked = clause(0, "Terms."), clause(0, "Terms.", label="(b)", links=("http://a.example/",))
    (came, gone) = (
        render(change("cosmetic", *sides))[0].notes for sides in (((plain,), (linked,)), ((linked,), (plain,)))
    )
    assert came == ("Number added: (b).", "Link added: http://a.example/.")
    assert gone == ("Number removed: (b).", "Link removed: http://a.example/.")


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        (("Terms", "Use", "Mail"), ("Terms", "Use", "Calls"), "under “… › Mail” to under “… › Calls”"),
        (("Terms", "Use", "Mail"), ("Terms", "Use"), "under “… › Use › Mail” to under “… › Use”"),
        (("Privacy",), (), "under “Privacy” to under no heading"),
        ((), ("Use", "Mail"), "under no heading to under “Use › Mail”"),
    ],
)
def test_a_move_is_described_by_the_headings_that_differ(
    was: tuple[str, ...], now: tuple[str, ...], sentence: str
) -> None:
    moved = change("moved", (clause(0, "Text.", path=was),), (clause(0, "Text.", path=now),))
    ((note,),) = (rendered.notes for rendered in render(moved))
    assert note == f"Moved from {sentence}."


def test_a_pilcrow_marks_where_clauses_were_split_or_merged() -> None:
    (split, joined) = (
        rendered.redline_with_breaks for rendered in render(*EVERY_KIND) if rendered.kind in ("split", "merged")
    )
    assert redline_as_text(split) == "One. {+¶+}Two."
    assert redline_as_text(joined) == "Three. [-¶-]Four."


def test_a_heading_belongs_to_itself_and_a_preamble_to_no_heading() -> None:
    title = change("added", (), (clause(0, "Cookies", kind="heading", path=("Privacy",)),))
    preamble = change("added", (), (clause(1, "We changed this.", path=()),))
    assert [(rendered.place, rendered.heading) for rendered in render(title, preamble)] == [
        ("Privacy", "Cookies"),
        ("(no heading)", "(no heading)"),
    ]


def under(*headings: str) -> list[Change]:
    return [change("added", (), (clause(n, "New.", path=("Privacy", name)),)) for n, name in enumerate(headings)]


def test_many_changes_are_introduced_by_their_headings() -> None:
    changes = rendered_changes(
        file_report(*under("Cookies", "Cookies", "Sharing", "Cookies", "Rights", "Rights"), EVERY_KIND[3]).comparison
    )
    assert [(run.heading, run.number, run.changes) for run in substantive_runs(changes)] == [
        ("Cookies", 1, 2),
        ("Sharing", 3, 1),
        ("Cookies", 4, 1),
        ("Rights", 5, 2),
    ]
    assert headings_sentence(changes) == "Substantive changes are under “Cookies” (3), “Sharing” and “Rights” (2)."
    assert headings_sentence(changes[:3]) == ""
    many = render(*under(*(f"Part {number}" for number in range(10)), "Part 9"))
    assert headings_sentence(many).endswith("“Part 6”, “Part 9” (2) and 2 more headings.")


def test_text_under_no_heading_is_not_quoted_as_a_heading() -> None:
    changes = (*under("Cookies"), *(change("added", (), (clause(9, "New.", path=()),)) for _ in range(5)))
    assert headings_sentence(render(*changes)) == "Substantive changes are under “Cookies” and no heading (5)."


@pytest.mark.parametrize(
    ("gone", "kept", "sentence"),
    [
        (20, 0, "This is nearly a new text: none of the old text's 20 clauses is unchanged."),
        (20, 1, "This is nearly a new text: only 1 of the old text's 21 clauses is unchanged."),
        (28, 2, "This is nearly a new text: only 2 of the old text's 30 clauses are unchanged."),
        (20, 3, None),
        (5, 0, None),
    ],
)
def test_a_text_with_few_unchanged_clauses_is_called_nearly_new(gone: int, kept: int, sentence: str | None) -> None:
    report = file_report(
        *(removed(number, "Gone.") for number in range(gone)),
        unchanged=tuple(clause(100 + number, "Same.") for number in range(kept)),
    )
    assert circumstances(report) == ((sentence,) if sentence else ())


def test_a_clause_without_a_redline_shows_its_text() -> None:
    shown = [rendered.redline for rendered in render(*EVERY_KIND)]
    assert shown[0] == (("delete", "Cookies"),)
    assert shown[1] == (("insert", "We now sell your data."),)
    assert shown[3] == (("equal", "Children under 16."),)
    (respelled,) = rendered_changes(
        file_report(change("cosmetic", (clause(0, "E-Mail"),), (clause(0, "e-mail"),))).comparison
    )
    assert respelled.redline == (("delete", "E-Mail"), ("insert", "e-mail"))


def test_long_unchanged_text_beside_a_difference_is_shortened() -> None:
    words = " ".join(f"word{number}" for number in range(100))
    redline = excerpt_of((("equal", words), ("delete", "old"), ("equal", words), ("insert", "new"), ("equal", words)))
    before, _, middle, _, after = (text for _, text in redline)
    assert before.startswith("…")
    assert before.endswith("word98 word99")
    assert middle.startswith("word0 word1 ")
    assert middle.endswith(" word99")
    assert "…" in middle[50:-50]
    assert after.startswith("word0")
    assert after.endswith("…")
    assert all(len(text) < 220 for text in (before, middle, after))
    short: Redline = (("delete", "old"), ("equal", "x " * 130), ("insert", "new"))
    assert excerpt_of(short) == short


def test_a_clause_that_only_moved_is_shown_by_its_beginning() -> None:
    ((_, text),) = excerpt_of((("equal", "lorem " * 200),))
    assert text.endswith("lorem …")
    assert len(text) <= 210


@given(st.lists(st.tuples(OPERATIONS, st.text(max_size=700)), max_size=5))
def test_an_excerpt_keeps_every_deletion_and_insertion_whole(redline: list[tuple[RedlineOperation, str]]) -> None:
    kept = [part for part in excerpt_of(tuple(redline)) if part[0] != "equal"]
    assert kept == [part for part in redline if part[0] != "equal"]


def test_printable_text_has_no_control_or_bidi_characters() -> None:
    everything = "".join(map(chr, range(0x110000)))
    result = printable(everything)
    assert len(result) == len(everything)
    acted_on = [*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFFFE, 0xFFFF]
    assert not {ord(char) for char in result} & {*acted_on, *range(0xD800, 0xE000)}


def test_printable_text_keeps_words_of_any_script() -> None:
    for text in ("Größe – „Zitat“ …", "سياسة الخصوصية", "プライバシー", "क्षत्रिय \u200d\u200c", "👩‍👩‍👧"):
        assert printable(text) == text


def test_notes_on_many_changed_links_take_linear_time() -> None:
    """20,000 changed links took 6.7 seconds. Comparisons are counted, because time varies."""
    compared = 0

    class Link(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    old, new = (tuple(Link(f"https://{side}.example/{number}") for number in range(500)) for side in ("a", "b"))
    report = file_report(change("cosmetic", (clause(1, "Links", links=old),), (clause(1, "Links", links=new),)))
    (rendered,) = rendered_changes(report.comparison)
    assert "https://a.example/499" in rendered.notes[0]
    assert compared < 5_000
