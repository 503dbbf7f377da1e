"""The kind and the significance of changes."""

import unicodedata

import pytest

from core.changes import Change, Comparison
from core.clauses import Clause, ClauseKind, Document
from diffing import compare

POLICY = (
    "We collect your name and your postal address when you order a kettle from our shop.",
    "Our carriers receive the address so that the parcel finds your door.",
    "We keep invoices for 10 years because the tax office asks us to.",
    "You may ask us at any time which of your details we hold.",
    "Complaints go to the data protection office of the canton of Bern.",
    "Our newsletter comes once a month and can be stopped with one click.",
)


def clause(position: int, text: str, kind: ClauseKind = "paragraph", label: str | None = None, *links: str) -> Clause:
    return Clause(position, kind, label, (), text, links)


def document(*parts: str | tuple[str, ClauseKind] | tuple[str, ClauseKind, str | None]) -> Document:
    clauses = [clause(position, *((part,) if isinstance(part, str) else part)) for position, part in enumerate(parts)]
    return Document(None, None, None, tuple(clauses))


def replaced(position: int, *texts: str) -> Document:
    """Returns the policy after one clause was replaced by clauses with the texts."""
    return document(*POLICY[:position], *texts, *POLICY[position + 1 :])


def kinds(comparison: Comparison) -> dict[str, int]:
    """Counts the changes of each kind."""
    return {kind: count for kind, count in comparison.counts.items() if count and kind != "unchanged"}


def only(comparison: Comparison) -> Change:
    assert len(comparison.changes) == 1
    return comparison.changes[0]


OLD = document(*POLICY)


def test_an_inserted_clause_is_added() -> None:
    change = only(compare(OLD, document(*POLICY[:3], "We never sell your data to brokers.", *POLICY[3:])))
    assert (change.kind, change.significance, change.confidence) == ("added", "substantive", 1.0)


def test_a_deleted_clause_is_removed_and_listed_at_the_old_place() -> None:
    comparison = compare(OLD, document("We brew.", *POLICY[:2], *POLICY[3:]))
    assert [change.kind for change in comparison.changes] == ["added", "removed"]
    assert comparison.changes[1].old[0].text == POLICY[2]


def test_changed_words_are_modified() -> None:
    change = only(compare(OLD, replaced(1, "Our carriers and advertisers receive the address and your number.")))
    assert (change.kind, change.significance) == ("modified", "substantive")
    assert 0.3 < change.confidence < 1


def test_two_dissimilar_clauses_are_a_removal_and_an_addition() -> None:
    comparison = compare(OLD, replaced(1, "Cookies of our website are gone as soon as the browser is closed."))
    assert kinds(comparison) == {"removed": 1, "added": 1}


def test_a_clause_in_another_place_is_moved_not_removed() -> None:
    change = only(compare(OLD, document(POLICY[4], *POLICY[:4], POLICY[5])))
    assert (change.kind, change.significance, change.confidence) == ("moved", "editorial", 1.0)
    assert change.redline == ()


def test_a_moved_and_reworded_clause_is_moved_modified() -> None:
    change = only(compare(OLD, document(POLICY[4].replace("Complaints", "All complaints"), *POLICY[:4], POLICY[5])))
    assert (change.kind, change.significance) == ("moved_modified", "substantive")


def test_a_moved_clause_with_another_number_is_moved_modified_and_substantive() -> None:
    change = only(compare(OLD, document(POLICY[2].replace("10", "5"), *POLICY[:2], *POLICY[3:])))
    assert (change.kind, change.significance) == ("moved_modified", "substantive")
    assert change.numbers == (("10 years", "5 years"),)


def test_cutting_a_clause_in_two_is_an_editorial_split() -> None:
    first, second = "We collect your name and your postal address", "when you order a kettle from our shop."
    change = only(compare(OLD, replaced(0, first, second)))
    assert (change.kind, change.significance) == ("split", "editorial")
    assert [part.text for part in change.new] == [first, second]


def test_a_list_in_a_sentence_that_becomes_list_items_is_editorial() -> None:
    parts = ("We ask for these details:", "your name and your title", "your street and your town")
    (change,) = compare(replaced(0, f"{parts[0]} {parts[1]}; {parts[2]}."), replaced(0, *parts)).changes
    assert (change.kind, change.significance) == ("split", "editorial")


def test_a_split_with_changed_words_is_substantive() -> None:
    change = only(
        compare(OLD, replaced(0, "We collect your name and your postal address", "whenever you order from our shop."))
    )
    assert (change.kind, change.significance) == ("split", "substantive")


def test_a_clause_may_be_inserted_between_the_parts_of_a_split() -> None:
    new = replaced(
        0,
        "We collect your name and your postal address",
        "This is new, and nobody expected it.",
        "when you order a kettle from our shop.",
    )
    assert kinds(compare(OLD, new)) == {"split": 1, "added": 1}


def test_two_clauses_that_were_joined_are_merged() -> None:
    change = only(compare(OLD, document(f"{POLICY[0]} {POLICY[1]}", *POLICY[2:])))
    assert (change.kind, change.significance) == ("merged", "editorial")
    assert [part.position for part in change.old] == [0, 1]


def test_a_table_row_that_became_paragraphs_is_split() -> None:
    old = document(*POLICY, ("Billing data | Your name and address | Ten years", "table_row"))
    new = document(*POLICY, "Billing data", "Your name and address", "Ten years")
    assert kinds(compare(old, new)) == {"split": 1}


def test_a_changed_number_in_a_table_changes_only_one_row() -> None:
    rows: list[tuple[str, ClauseKind]] = [
        (f"{data} | {years} years", "table_row") for data, years in (("Invoices", 10), ("Letters", 5))
    ]
    changed: list[tuple[str, ClauseKind]] = [rows[0], ("Letters | 6 years", "table_row")]
    comparison = compare(document(*POLICY, *rows), document(*POLICY, *changed))
    assert kinds(comparison) == {"factual": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Receipts | ✓ | | –", "Receipts | | ✓ | –"),
        ("Receipts | Yes | |", "Receipts | | | Yes"),
        ("Receipts | ● | ○", "Receipts | ○ | ●"),
        ("Receipts | •", "Receipts |"),
        ("Receipts | 7 years | |", "Receipts | | 7 years |"),
        ("Receipts | ✗ | ✗", "Receipts | ✗ | ✓"),
        ("Receipts | ❌ | ✅", "Receipts | ✅ | ❌"),
        ("☐ We sell receipts", "☑ We sell receipts"),
        ("Buyers aged ≥ 16", "Buyers aged ≤ 16"),
    ],
)
def test_an_answer_in_another_column_or_another_sign_is_substantive(old: str, new: str) -> None:
    change = only(compare(document(*POLICY, (old, "table_row")), document(*POLICY, (new, "table_row"))))
    assert (change.kind, change.significance) == ("modified", "substantive")


def test_flags_are_editorial() -> None:
    change = only(compare(document(*POLICY, "Buyers from Brazil 🇧🇷"), document(*POLICY, "Buyers from Brazil")))
    assert change.significance == "editorial"


@pytest.mark.parametrize("spelled", ["Receipts | ✓ | –", "Receipts  |  ✓  |"])
def test_dashes_and_spaces_in_empty_cells_are_cosmetic(spelled: str) -> None:
    old, new = (document(*POLICY, (row, "table_row")) for row in ("Receipts | ✓ |", spelled))
    assert kinds(compare(old, new)).keys() <= {"cosmetic"}


@pytest.mark.parametrize(
    "spelled",
    [
        POLICY[3].upper(),
        POLICY[3].removesuffix("."),
        POLICY[3].replace("at any time", "at any time").replace(" ", "\u00a0", 2),
        POLICY[3].replace("ask", "**ask**"),
        POLICY[3].replace(" us ", " us\u200b "),
    ],
)
def test_spacing_case_emphasis_and_final_punctuation_are_cosmetic(spelled: str) -> None:
    change = only(compare(OLD, replaced(3, spelled)))
    assert (change.kind, change.significance) == ("cosmetic", "editorial")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The vendor's “data” – all of it…", 'The vendor’s "data" — all of it...'),
        ("We define the official office.", "We deﬁne the oﬃcial oﬃce."),
        ("Nous gérons vos données déjà reçues.", unicodedata.normalize("NFD", "Nous gérons vos données déjà reçues.")),
    ],
)
def test_quotes_dashes_ligatures_and_unicode_forms_are_cosmetic(old: str, new: str) -> None:
    assert kinds(compare(document(*POLICY, old), document(*POLICY, new))) == {"cosmetic": 1}


def test_a_new_quote_style_on_the_whole_page_is_only_cosmetic() -> None:
    old = document(*(f"The shop’s rule {word}: {text}" for word, text in zip("abcdef", POLICY, strict=True)))
    new = document(*(clause.text.replace("’", "'") for clause in old.clauses))
    assert kinds(compare(old, new)) == {"cosmetic": len(POLICY)}


def test_new_commas_that_no_reader_minds_are_cosmetic() -> None:
    change = only(compare(OLD, replaced(3, POLICY[3].replace("us at any time", "us, at any time,"))))
    assert (change.kind, change.significance) == ("cosmetic", "editorial")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Write to privacy@example.com.", "Write to dpo@example.org."),
        ("Write to privacy@example.com.", "Write to privacy {AT} example {DOT} com."),
        ("Call +41 31 555 01 00 for help.", "Call 0800 555 010 for help."),
        ("Last updated: 3 May 2019", "Last updated: June 14, 2021"),
        ("See https://example.com/a for more.", "See https://example.com/b for more."),
        ("Dernière mise à jour : 14 février 2020", "Dernière mise à jour : 2 août 2022"),
    ],
)
def test_contact_details_and_the_own_date_are_factual(old: str, new: str) -> None:
    change = only(compare(document(*POLICY, old), document(*POLICY, new)))
    assert (change.kind, change.significance) == ("factual", "factual")
    assert change.redline


def test_a_changed_number_among_changed_words_is_modified() -> None:
    change = only(compare(OLD, replaced(2, "We keep invoices for 5 years because we like to.")))
    assert change.kind == "modified"


def test_a_number_of_days_is_not_taken_for_a_clause_number() -> None:
    old = document(*POLICY, "30 days after the order we delete it.")
    new = document(*POLICY, "60 days after the order we delete it.")
    assert kinds(compare(old, new)) == {"factual": 1}


def test_a_clause_with_a_new_label_is_renumbered_and_editorial() -> None:
    old = document(*((text, "paragraph", f"{number}.") for number, text in enumerate(POLICY, 1)))
    new = document(*((text, "paragraph", f"{number}.") for number, text in enumerate(POLICY, 2)))
    comparison = compare(old, new)
    assert kinds(comparison) == {"renumbered": len(POLICY)}
    assert {change.significance for change in comparison.changes} == {"editorial"}


def test_a_clause_number_within_the_text_counts_as_a_label() -> None:
    old, new = document(*POLICY, "4. How to reach us"), document(*POLICY, "5. How to reach us")
    assert kinds(compare(old, new)) == {"renumbered": 1}


def test_the_day_of_a_date_is_no_clause_number() -> None:
    old, new = document(*POLICY, "4. Juni 2018"), document(*POLICY, "14. Juni 2018")
    assert kinds(compare(old, new)) == {"factual": 1}


def test_added_removed_and_repunctuated_labels_are_not_changes() -> None:
    plain = document(*POLICY)
    dotted = document(*((text, "list_item", f"{number}.") for number, text in enumerate(POLICY)))
    bracketed = document(*((text, "list_item", f"({number})") for number, text in enumerate(POLICY)))
    for old, new in ((plain, dotted), (dotted, plain), (dotted, bracketed)):
        assert compare(old, new).changes == ()


def test_a_clause_with_new_words_and_a_new_label_is_modified() -> None:
    old = document(*((text, "paragraph", f"{number}.") for number, text in enumerate(POLICY)))
    new = document(
        *POLICY[:5], ("Our newsletter comes once a week and can be stopped with one click.", "paragraph", "9.")
    )
    assert kinds(compare(old, new)) == {"modified": 1}


def test_a_different_clause_kind_or_heading_path_is_no_change() -> None:
    old = Document(
        None, None, None, tuple(Clause(position, "heading", None, ("A",), text) for position, text in enumerate(POLICY))
    )
    new = Document(
        None, None, None, tuple(Clause(position, "paragraph", None, (), text) for position, text in enumerate(POLICY))
    )
    assert compare(old, new).changes == ()


def linked(*links: str) -> Document:
    return Document(None, None, None, (*OLD.clauses, clause(6, "Write to us.", "paragraph", None, *links)))


def test_a_new_link_target_is_cosmetic_and_substantive() -> None:
    change = only(compare(linked("https://example.com/a"), linked("https://example.com/b")))
    assert (change.kind, change.significance) == ("cosmetic", "substantive")


def test_a_new_mail_or_telephone_target_is_factual_and_has_a_redline() -> None:
    for old, new in (("mailto:a@example.com", "mailto:b@example.com"), ("tel:+15550100", "tel:+15550199")):
        change = only(compare(linked(old), linked(new)))
        assert (change.kind, change.significance) == ("factual", "factual")
        assert change.redline == (("equal", "Write to us."),)


def test_an_address_in_the_text_that_becomes_a_link_is_cosmetic() -> None:
    old = Document(None, None, None, (clause(0, "Write to a@example.com."),))
    new = Document(None, None, None, (clause(0, "Write to a@example.com.", "paragraph", None, "mailto:a@example.com"),))
    assert kinds(compare(old, new)) == {"cosmetic": 1}


@pytest.mark.parametrize("spelled", ["tel:004631555123", "tel:031555123", "tel:+46-31-555 123"])
def test_another_spelling_of_a_telephone_number_in_the_text_is_cosmetic(spelled: str) -> None:
    old, new = (
        Document(None, None, None, (clause(0, "Ring +46 (0) 31 555 123.", "paragraph", None, link),))
        for link in ("tel:4631555123", spelled)
    )
    assert [(change.kind, change.significance) for change in compare(old, new).changes] == [("cosmetic", "editorial")]


def test_a_title_with_all_words_changed_is_modified() -> None:
    old = document(("PRIVACY STATEMENT OF KETTLE & CO", "heading"), *POLICY)
    new = document(("How we treat data", "heading"), *POLICY)
    change = only(compare(old, new))
    assert change.kind == "modified"
    assert change.confidence < 0.5


def test_titles_of_unrelated_documents_are_not_matched() -> None:
    old = document(("Statement of privacy", "heading"), "Kettles boil water.")
    new = document(("Terms", "heading"), "Nobody reads this page.")
    assert kinds(compare(old, new)) == {"removed": 2, "added": 2}


def test_one_more_copy_of_a_repeated_clause_is_one_addition() -> None:
    parts = [part for text in POLICY for part in (text, "Back to top")]
    comparison = compare(document(*parts), document(*parts[:5], "Back to top", *parts[5:]))
    assert kinds(comparison) == {"added": 1}


def test_clauses_without_letters_are_never_moved() -> None:
    old = document("$10.50", *POLICY, "$20.75", "—")
    new = document("$20.75", *POLICY, "$10.50", "*")
    assert "moved" not in kinds(compare(old, new))


def test_each_clause_of_a_moved_section_is_moved() -> None:
    section = ["Travel", "We tell the airline your name and the day you fly.", "Trains ask for nothing at all."]
    new = document(*section, *POLICY)
    assert kinds(compare(document(*POLICY, *section), new)) == {"moved": 3}


def test_moving_a_sentence_to_another_clause_modifies_both_clauses() -> None:
    moving = "Kettles are sent by rail."
    old = document(f"{POLICY[0]} {moving}", *POLICY[1:])
    new = document(*POLICY[:5], f"{moving} {POLICY[5]}")
    assert kinds(compare(old, new)) == {"modified": 2}


@pytest.mark.parametrize(
    ("text", "significance"),
    [
        ("Effective Date: 26th October, 2020", "factual"),
        ("June 30, 2020", "factual"),
        ("Version 3.2", "factual"),
        ("Stand: 3. Mai 2024", "factual"),
        ("© 2023 Fennel Post Ltd.", "factual"),
        ("You may object until June 30, 2020.", "substantive"),
        ("From June 30, 2020", "substantive"),
        ("Since June 2020", "substantive"),
        ("June 2020", "substantive"),
    ],
)
def test_a_stamp_that_comes_or_goes_is_a_fact_of_the_document(text: str, significance: str) -> None:
    with_text, without = document("Privacy policy", text), document("Privacy policy")
    for old, new, kind in ((with_text, without, "removed"), (without, with_text, "added")):
        (change,) = compare(old, new).changes
        assert (change.kind, change.significance) == (kind, significance)


@pytest.mark.parametrize(
    ("lead_in", "kind"), [("You may object until:", "paragraph"), ("Rules", "table_row"), ("Rules", "list_item")]
)
def test_a_date_that_may_belong_to_a_rule_is_no_stamp(lead_in: str, kind: ClauseKind) -> None:
    old, new = document("Privacy policy", lead_in), document("Privacy policy", lead_in, ("June 30, 2020", kind))
    assert only(compare(old, new)).significance == "substantive"
