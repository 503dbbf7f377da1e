"""What a change is worth to a reader: numbers, signs, stops, commas, capitals and link targets."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.changes import Change
from core.clauses import Clause, ClauseKind, Document
from diffing import compare
from diffing.numerals import VALUES
from diffing.punctuation import says_the_same
from diffing.sameness import version_id

BEFORE = "We collect your name and your postal address when you order a kettle from our shop."
AFTER = "Our carriers receive the address so that the parcel finds your door."


def document(text: str, *links: str, kind: ClauseKind = "paragraph", stated: date | None = None) -> Document:
    texts = (BEFORE, text, AFTER)
    return Document(
        None,
        None,
        stated,
        tuple(
            Clause(position, kind if position == 1 else "paragraph", None, (), text, links if position == 1 else ())
            for position, text in enumerate(texts)
        ),
    )


def only(old: Document, new: Document) -> Change:
    (change,) = compare(old, new).changes
    return change


@pytest.mark.parametrize(
    ("old", "new", "numbers"),
    [
        ("Logs are erased after 40 days.", "Logs are erased after 80 days.", ("40 days", "80 days")),
        (
            "We answer within thirty (30) days.",
            "We answer within sixty (60) days.",
            ("thirty (30) days", "sixty (60) days"),
        ),
        ("We answer within 1 day.", "We answer within 2 days.", ("1 day", "2 days")),
        ("Kept for three years.", "Kept for seven years.", ("three years", "seven years")),
        ("Conservées pendant deux ans.", "Conservées pendant six ans.", ("deux ans", "six ans")),
        ("Nach zwölf Monaten gelöscht.", "Nach achtzehn Monaten gelöscht.", ("zwölf Monaten", "achtzehn Monaten")),
        ("Conservati per due anni.", "Conservati per dieci anni.", ("due anni", "dieci anni")),
        ("Se guardan un año.", "Se guardan dos años.", ("un año", "dos años")),
        ("Храним два года.", "Храним пять лет.", ("два года", "пять лет")),
        ("数据保存30天。", "数据保存60天。", ("30天", "60天")),
        ("数据保存两年。", "数据保存五年。", ("两年", "五年")),
        ("Only people aged 16 may order.", "Only people aged 13 may order.", ("16", "13")),
        ("A copy costs €5 at most.", "A copy costs €9 at most.", ("€5", "€9")),
        ("We look at 5% of orders.", "We look at 50% of orders.", ("5%", "50%")),
        ("Under Article 9(2) of the law.", "Under Article 6(1) of the law.", ("Article 9(2)", "Article 6(1)")),
        ("Write if under 16. Otter Ltd, 12 Main Street", "Write if under 13. Otter Ltd, 12 Main Street", ("16", "13")),
        ("See Section 4 below.", "See Section 7 below.", ("Section 4", "Section 7")),
        ("Object until 1 May 2019 in writing.", "Object until 9 May 2019 in writing.", ("1 May 2019", "9 May 2019")),
        (
            "1. August 2019 tritt dies in Kraft.",
            "9. August 2019 tritt dies in Kraft.",
            ("1. August 2019", "9. August 2019"),
        ),
    ],
)
def test_a_number_that_counts_is_factual_and_substantive(old: str, new: str, numbers: tuple[str, str]) -> None:
    change = only(document(old), document(new))
    assert (change.kind, change.significance) == ("factual", "substantive")
    assert change.numbers == (numbers,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Marmot GmbH, Lindenallee 4, 20095 Hamburg", "Marmot GmbH, Lindenallee 6, 20097 Hamburg"),
        ("Marmot Ltd, 12 Harbour Street, Dublin", "Marmot Ltd, 14 Harbour Street, Dublin"),
        ("Marmot SA, 3 rue des Loutres, 75002 Paris", "Marmot SA, 5 rue des Loutres, 75003 Paris"),
        ("Salem, Oregon 97301", "Salem, Oregon 97302"),
        ("Write to a@marmot.example.", "Write to b@marmot.example."),
        ("Tel.: 040 555 0199", "Tel.: 040 555 0150"),
        ("Last updated: 3 May 2019", "Last updated: June 14, 2021"),
        ("25. Mai 2018", "1. Mai 2018"),
        ("Stand: Juni 2020", "Stand: Juli 2021"),
        ("Ostatnia aktualizacja: 3 maja 2020 r.", "Ostatnia aktualizacja: 5 czerwca 2021 r."),
        ("最終更新日：2020年5月1日", "最終更新日：2021年6月2日"),
        ("Version 3.1 vom 1. Mai 2020", "Version 3.2 vom 3. Juni 2021"),
        ("© 2019 Marmot Ltd. All rights reserved.", "© 2020 Marmot Ltd. All rights reserved."),
    ],
)
def test_contacts_addresses_and_stamps_are_factual(old: str, new: str) -> None:
    change = only(document(old), document(new))
    assert (change.kind, change.significance, change.numbers) == ("factual", "factual", ())


def test_the_date_that_a_document_states_is_its_own_in_any_sentence() -> None:
    sentence = "These rules, which replace all others that we have ever had, hold for all of our shops from {} on."
    old = document(sentence.format("1 March 2020"), stated=date(2020, 3, 1))
    new = document(sentence.format("2 April 2021"), stated=date(2021, 4, 2))
    assert only(old, new).significance == "factual"


@pytest.mark.parametrize(
    ("stated", "significance"), [(("2020-03", "2021-04"), "factual"), ((None, None), "substantive")]
)
def test_a_stated_month_is_a_date_of_the_document(stated: tuple[str | None, ...], significance: str) -> None:
    sentence = "These rules are those of {}."
    old, new = (
        replace(document(sentence.format(month)), stated_date=date_of_text)
        for month, date_of_text in zip(("March 2020", "April 2021"), stated, strict=True)
    )
    assert only(old, new).significance == significance


@pytest.mark.parametrize(
    ("sentence", "old", "new", "stated", "significance"),
    [
        ("We erase all the data collected before {}.", "December 2024", "December 2025", None, "substantive"),
        ("Before {}, we erase it.", "May 2024", "March 2025", None, "substantive"),
        ("We erase all the data collected before {}.", "May 2024", "March 2025", None, "substantive"),
        ("These rules are those of {}.", "May 2024", "March 2025", None, "factual"),
        ("These rules are those of {}.", "Mai 2024", "März 2025", None, "factual"),
        ("These rules are those of {}.", "June 2024", "March 2025", None, "substantive"),
        ("These rules of ours hold from {} on.", "3 May 2024", "4 March 2025", "day", "factual"),
        ("These rules of ours hold from {} on.", "03/05/2024", "04/03/2025", "day", "factual"),
        ("These rules of ours hold from {} on.", "3 June 2024", "4 March 2025", "day", "substantive"),
        ("These rules of ours hold from {} on.", "03/06/2024", "04/03/2025", "day", "substantive"),
    ],
)
def test_another_month_than_the_stated_one_counts(
    sentence: str, old: str, new: str, stated: str | None, significance: str
) -> None:
    dates = ("2024-05-03", "2025-03-04") if stated else ("2024-05", "2025-03")
    before, after = (
        replace(document(sentence.format(text)), stated_date=day) for text, day in zip((old, new), dates, strict=True)
    )
    assert only(before, after).significance == significance


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("We answer within thirty (30) days.", "We answer within 30 days."),
        ("Since 3 May 2019 we sell kettles.", "Since May 3, 2019 we sell kettles."),
    ],
)
def test_a_number_that_is_only_spelled_otherwise_is_editorial(old: str, new: str) -> None:
    change = only(document(old), document(new))
    assert (change.kind, change.significance) == ("factual", "editorial")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("We don't sell what you've told us.", "We do not sell what you have told us."),
        ("Personalized letters favor behavior.", "Personalised letters favour behaviour."),
        ("Your E-mail and your licence can't be cancelled.", "Your email and your license cannot be canceled."),
        ("We send e-mails. E-mailing ends on request.", "We send emails. Emailing ends on request."),
        ("We print catalogues, and fulfil orders.", "We print catalogs, and fulfill orders."),
    ],
)
def test_another_spelling_of_the_same_words_is_modified_and_editorial(old: str, new: str) -> None:
    change = only(document(old), document(new))
    assert (change.kind, change.significance) == ("modified", "editorial")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("We don't sell what you told us.", "We do sell what you told us."),
        ("The size of the prize is four francs.", "The sizes of the prize are four francs."),
        ("We won't ask, and you won't tell.", "We would not ask, and you will not tell."),
        ("We share it with Color Inc.", "We share it with Colour Inc."),
        ("See colour.example for more.", "See color.example for more."),
        ("We can not only see the address.", "We cannot only see the address."),
    ],
)
def test_other_words_are_no_other_spelling(old: str, new: str) -> None:
    assert only(document(old), document(new)).significance == "substantive"


def test_without_another_number_nothing_is_factual() -> None:
    for old, new in (
        ("A third party buyer named in section 9.", "A third-party buyer named in section 9."),
        ("Children under 13 may order.", "Children under 13 order."),
    ):
        assert only(document(old), document(new)).kind in ("cosmetic", "modified")


TELLING = [
    ("We don't keep your name if you opt out. We erase it.", "We don't keep your name. If you opt out we erase it."),
    ("We keep it in Bern: nowhere else is a copy made.", "We keep it in Bern. Nowhere else is a copy made."),
    ("We work with carriers, who signed our terms.", "We work with carriers who signed our terms."),
    ("Wir arbeiten mit Boten, die unterschrieben haben.", "Wir arbeiten mit Boten die unterschrieben haben."),
    ("We do not keep names, because you asked.", "We do not keep names because you asked."),
    ("No, names are sold.", "No names are sold."),
    ("Buyers aged ≥ 18 get offers.", "Buyers aged ≤ 18 get offers."),
    ("A copy costs £ 5.", "A copy costs $ 5."),
    ("☐ Send me offers", "☑ Send me offers"),
    ("■ Send me offers", "□ Send me offers"),
    ("We sell totals only.", "We sell totals only?"),
    ("We do not “sell” names.", "We do not sell names."),
    ("Names go to US carriers.", "Names go to us carriers."),
    ("We do ~~not~~ sell names.", "We do not sell names."),
    ("For buyers aged 18+ only.", "For buyers aged 18 only."),
    ("Sold to sponsors 👍", "Sold to sponsors 👎"),
]


@pytest.mark.parametrize(("old", "new"), TELLING)
def test_punctuation_and_capitals_that_tell_are_modified_and_substantive(old: str, new: str) -> None:
    change = only(document(old), document(new))
    assert (change.kind, change.significance) == ("modified", "substantive")
    assert version_id(document(old)) != version_id(document(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [("Health | Yes |", "Health | | Yes"), ("Place | ✓ | ✗", "Place | ✓ | ✓"), ("Mail | ● | ○", "Mail | ○ | ●")],
)
def test_an_answer_in_another_column_is_substantive_and_makes_a_version(old: str, new: str) -> None:
    old_document, new_document = document(old, kind="table_row"), document(new, kind="table_row")
    assert only(old_document, new_document).significance == "substantive"
    assert version_id(old_document) != version_id(new_document)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The names of buyers, of guests, and of heirs.", "The names of buyers, of guests and of heirs."),
        ("In some countries we ask first.", "In some countries, we ask first."),
        ("We keep your name. We sell none.", "We keep your name; we sell none."),
        ("We sell tea, including Assam.", "We sell tea including Assam."),
        ("We share it with Partners.", "We share it with partners."),
        ("You DO NOT pay for it.", "You do not pay for it."),
        ("Marmot Inc. and its carriers.", "Marmot Inc and its carriers."),
        ("Nous gardons les « Données » reçues.", "Nous gardons les “Données” reçues."),
        ("✓ shared with carriers", "✔ shared with carriers"),
        ("• your name", "your name"),
        ("Brazil 🇧🇷", "Brazil"),
        ("Settings > Privacy", "Settings → Privacy"),
    ],
)
def test_punctuation_that_no_reader_minds_is_editorial(old: str, new: str) -> None:
    assert only(document(old), document(new)).significance == "editorial"


def test_another_link_target_is_substantive_and_makes_no_version() -> None:
    old, new = (document("Use this form.", f"https://marmot.example/{page}") for page in ("opt-out", "newsletter"))
    change = only(old, new)
    assert (change.kind, change.significance) == ("cosmetic", "substantive")
    assert version_id(old) == version_id(new)
    assert change.to_dict()["new"][0]["links"] == ["https://marmot.example/newsletter"]
    assert only(old, document("Use this form.")).significance == "substantive"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://www.marmot.example/terms/", "https://marmot.example/terms"),
        ("/terms", "https://marmot.example/terms"),
        ("https://marmot.example/f?id=3&x=y", "https://marmot.example/f?id%3D3%26x%3Dy"),
        ("https://marmot.example/privacy#part-3", "https://marmot.example/privacy#part-4"),
        ("https://marmot.example/privacy#rights", "https://marmot.example/legal/privacy#rights"),
    ],
)
def test_another_way_to_the_same_place_is_editorial(old: str, new: str) -> None:
    assert only(document("See our terms.", old), document("See our terms.", new)).significance == "editorial"


def test_an_address_in_the_text_that_becomes_a_link_is_editorial() -> None:
    text = "See https://marmot.example/terms for more."
    assert only(document(text), document(text, "https://marmot.example/terms")).significance == "editorial"


def test_a_label_that_is_the_day_of_a_date_is_no_clause_number() -> None:
    old, new = (
        Document(None, None, None, (Clause(0, "list_item", label, (), "Mai 2018 wird gelöscht."),))
        for label in ("25.", "1.")
    )
    change = only(old, new)
    assert (change.kind, change.significance) == ("factual", "substantive")


@given(
    st.lists(
        st.sampled_from(["we", "US", "us", "not", "sell", "names", "which", "18", "NASA"]), min_size=1, max_size=12
    ),
    st.data(),
)
def test_whether_two_texts_say_the_same_does_not_depend_on_their_order(words: list[str], data: st.DataObject) -> None:
    gaps = st.sampled_from([" ", ", ", ". ", "; ", " ≤ ", " “", "” ", " - ", "? ", " | "])

    def text() -> str:
        cased = [data.draw(st.sampled_from([word, word.lower(), word.upper()])) for word in words]
        return "".join(word + data.draw(gaps) for word in cased).strip()

    old, new = text(), text()
    assert says_the_same(old, new) == says_the_same(new, old)
    assert says_the_same(old, old)


@given(st.sampled_from(sorted(VALUES)), st.sampled_from(sorted(VALUES)))
def test_a_changed_number_of_years_is_never_hidden(old: str, new: str) -> None:
    changes = compare(document(f"Kept for {old} years."), document(f"Kept for {new} years.")).changes
    if VALUES[old] != VALUES[new]:
        assert [change.significance for change in changes] == ["substantive"]


@pytest.mark.parametrize(
    ("old", "new", "significance"),
    [
        ("Wir fragen Nachbarn, sofern sie zusagen.", "Wir fragen Nachbarn, sofern Sie zusagen.", "substantive"),
        ("Wir geben Nachbarn ihre Adresse.", "Wir geben Nachbarn Ihre Adresse.", "substantive"),
        ("Gut zu wissen: sie können ablehnen.", "Gut zu wissen: Sie können ablehnen.", "substantive"),
        ("Wir fragen zuerst; sie können ablehnen.", "Wir fragen zuerst; Sie können ablehnen.", "substantive"),
        ("ihre Adresse und Ihren Namen;", "Ihre Adresse und Ihren Namen;", "substantive"),
        ("Wir fragen. sie können ablehnen.", "Wir fragen. Sie können ablehnen.", "editorial"),
    ],
)
def test_the_capital_of_a_german_pronoun_says_who_is_meant(old: str, new: str, significance: str) -> None:
    assert only(document(old), document(new)).significance == significance


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("● Kettles that we mended in your name;", "o Kettles that we mended in your name;", "cosmetic"),
        ("⠀⠀● Kettles that we mended for you;", "**⠀⠀o Kettles that we mended for you;", "cosmetic"),
        ("Kettles that we mended in your name;", "o Kettles that we mended in your name;", "modified"),
    ],
)
def test_a_letter_that_takes_the_place_of_a_bullet_is_cosmetic(old: str, new: str, kind: str) -> None:
    assert only(document(old), document(new)).kind == kind


def test_a_number_glued_to_its_clause_may_become_a_label() -> None:
    old = document("1Kettles that we mend", kind="heading")
    labelled = replace(old.clauses[1], label="1.", text="Kettles that we mend")
    new = replace(old, clauses=(old.clauses[0], labelled, old.clauses[2]))
    assert (only(old, new).kind, only(old, new).significance) == ("cosmetic", "editorial")


def test_a_label_in_front_of_a_number_is_not_glued_to_it() -> None:
    old = document("5 years for invoices", kind="list_item")
    labelled = replace(old.clauses[1], label="1.")
    old = replace(old, clauses=(old.clauses[0], labelled, old.clauses[2]))
    assert only(old, document("15 years for invoices", kind="list_item")).significance == "substantive"


def sections(*titles: str) -> Document:
    kinds: tuple[ClauseKind, ClauseKind] = ("heading", "paragraph")
    texts = [text for title in titles for text in (title, f"What we say of {title.split()[-1]} holds in every shop.")]
    return Document(None, None, None, tuple(Clause(n, kinds[n % 2], None, (), text) for n, text in enumerate(texts)))


def test_headings_that_count_up_without_full_stops_are_renumbered() -> None:
    old = sections("1 Kettles", "2 Spouts", "3 Lids", "4 Handles")
    new = sections("1 Kettles", "2 Spouts", "3 Whistles", "4 Lids", "5 Handles")
    told = [(change.kind, change.significance) for change in compare(old, new).changes if change.old]
    assert told == [("renumbered", "editorial")] * 2


def test_a_number_in_a_heading_that_counts_nothing_up_is_a_fact() -> None:
    old, new = sections("Kettles", "3 years for lids"), sections("Kettles", "4 years for lids")
    assert [(change.kind, change.significance) for change in compare(old, new).changes] == [("factual", "substantive")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            ("1 Jahr Rechnungen", "2 Jahre Verträge", "3 Jahre Protokolle"),
            ("1 Jahr Rechnungen", "2 Jahre Briefe", "3 Jahre Verträge", "4 Jahre Protokolle"),
        ),
        (
            ("1 warning, letter", "2 warnings, suspension", "3 warnings, ban"),
            ("1 warning, letter", "2 warnings, call", "3 warnings, suspension", "4 warnings, ban"),
        ),
        (
            ("1 Warning, letter", "2 Warnings, suspension", "3 Warnings, ban"),
            ("1 Warning, letter", "2 Warnings, call", "3 Warnings, suspension", "4 Warnings, ban"),
        ),
    ],
)
def test_headings_that_count_something_are_not_numbered(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    told = compare(sections(*old), sections(*new)).changes
    assert "renumbered" not in {change.kind for change in told}
