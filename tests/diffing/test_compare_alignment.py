"""Which clauses belong together, where their words alone do not tell."""

import pytest

from core.changes import Change, Comparison
from core.clauses import Clause, ClauseKind, Document
from diffing import compare
from tests.diffing.comparison_laws import accounts_for_all, as_set, mirrored

Part = tuple[str, ClauseKind]


def heading(text: str) -> Part:
    return text, "heading"


def item(text: str) -> Part:
    return text, "list_item"


def row(*cells: str) -> Part:
    return " | ".join(cells), "table_row"


_PARAGRAPH: ClauseKind = "paragraph"


def document(*parts: str | Part, labels: dict[str, str] | None = None) -> Document:
    clauses = []
    for position, part in enumerate(parts):
        text, kind = part if isinstance(part, tuple) else (part, _PARAGRAPH)
        clauses.append(Clause(position, kind, (labels or {}).get(text), (), text))
    return Document(None, None, None, tuple(clauses))


TOP = (
    heading("Privacy at Fennel Post"),
    "Fennel Post carries letters, and this page says what becomes of the addresses.",
)
END = (heading("Complaints"), "Complaints go to the postal ombudsman in Bern, who answers within a month.")


def told(old: Document, new: Document) -> list[tuple[str, list[str], list[str]]]:
    """Returns the changes, each as its kind, its old texts and its new texts. Checks the laws of comparison, too."""
    comparison = compare(old, new)
    assert accounts_for_all(comparison, old, new)
    assert mirrored(compare(new, old)) == as_set(comparison)
    return [(change.kind, texts(change.old), texts(change.new)) for change in comparison.changes]


def texts(clauses: tuple[Clause, ...]) -> list[str]:
    return [clause.text for clause in clauses]


def find(comparison: Comparison, kind: str) -> Change:
    (change,) = (change for change in comparison.changes if change.kind == kind)
    return change


def test_a_paragraph_that_becomes_a_heading_and_a_long_list_is_one_split() -> None:
    goods = [
        "your full name as in the passport",
        "the street, the house and the floor",
        "a telephone number for the courier",
        "the weight and the value of the parcel",
        "the hour at which somebody is at home",
        "the colour of your front door",
        "a drawing of the way to your house",
        "the name of the dog that guards it",
        "the number of steps to the door",
    ]
    old = document(*TOP, item(f"Delivery – For each parcel our couriers note {', '.join(goods)}."), *END)
    new = document(*TOP, heading("Delivery"), "For each parcel our couriers note:", *map(item, goods), *END)
    ((kind, whole, parts),) = told(old, new)
    assert (kind, len(whole), len(parts)) == ("split", 1, 11)


def test_the_order_of_the_parts_of_a_split_does_not_matter() -> None:
    old = document(
        *TOP,
        "In Norway the controller of your letters is Fennel Nord AS, unless a notice on a stamp names somebody else.",
        *END,
    )
    parts = ["Unless a notice on a stamp names somebody else, your country decides:", "Fennel Nord AS in Norway"]
    new = document(*TOP, parts[0], item(parts[1]), item("Fennel Ltd for all of Wales"), *END)
    changes = told(old, new)
    assert ("split", [old.clauses[2].text], parts) in changes
    assert ("added", [], ["Fennel Ltd for all of Wales"]) in changes


def test_a_first_short_part_belongs_to_the_split() -> None:
    old = document(
        *TOP,
        "Seen by others: as long as your flag is up, other members see your street name, when you were last at "
        "home, and how many parcels you sent.",
        *END,
    )
    new = document(
        *TOP,
        "Others see:",
        item("your age;"),
        item("your street name;"),
        item("when you were last at home;"),
        item("how many parcels you sent."),
        *END,
    )
    changes = told(old, new)
    assert ("added", [], ["your age;"]) in changes
    assert [parts for kind, _, parts in changes if kind == "split"] == [
        ["your street name;", "when you were last at home;", "how many parcels you sent."]
    ]


def test_address_lines_that_become_one_paragraph_are_merged() -> None:
    lines = ["Fennel Post AG", "Attn: Clerk of the letters", "Postgasse 4, 3011 Bern", "+41 31 555 0142"]
    together = "Fennel Holding, Data Officer, Hafenweg 9, 8002 Zürich " + " ".join(lines)
    assert ("merged", lines, [together]) in told(document(*TOP, *lines, *END), document(*TOP, together, *END))


def test_bullets_that_become_a_table_row_are_merged() -> None:
    bullets = ["The stamps you bought;", "The letters you posted;", "The parcels you got."]
    cells = row("Records", " ".join(bullets), "ten years")
    assert ("merged", bullets, [cells[0]]) in told(
        document(*TOP, *map(item, bullets), *END), document(*TOP, cells, *END)
    )


SECTIONS = [
    (heading("Which letters do we open?"), "We open letters without a stamp."),
    (heading("Who reads the cards?"), "Cards are read by whoever carries them."),
    (heading("Where are parcels kept?"), "Parcels wait in the cellar of the post office."),
]


@pytest.mark.parametrize("kind", ["list_item", "paragraph", "heading"])
def test_a_contents_list_takes_no_partner_of_a_heading(kind: ClauseKind) -> None:
    contents: list[Part] = [(title[0], kind) for title, _ in SECTIONS]
    body = [part for section in SECTIONS for part in section]
    old, new = document(*TOP, *contents, TOP[1], *body), document(*TOP, TOP[1], *body)
    comparison = compare(old, new)
    assert [change.kind for change in comparison.changes] == ["removed"] * 3
    assert {change.significance for change in comparison.changes} == {"editorial"}
    assert {change.old[0].position for change in comparison.changes} == {2, 3, 4}


def test_a_line_that_leaves_one_list_and_enters_another_has_not_moved() -> None:
    def lists(*with_mail: bool) -> Document:
        parts: list[str | Part] = []
        for purpose, mail in zip(("greet you", "bill you", "warn you", "thank you"), with_mail, strict=True):
            parts += [heading(f"To {purpose}"), f"In order to {purpose} we use these:", item(f"The {purpose} file")]
            parts += [item("E-mail address")] if mail else []
        return document(*TOP, *parts, *END)

    changes = told(lists(True, True, True, False), lists(True, False, True, True))
    assert sorted(kind for kind, _, _ in changes) == ["added", "removed"]


def test_copies_are_paired_by_their_neighbours() -> None:
    rule = "For senders below the age that the law sets, for example 14 in Chur, a parent signs the form first."
    old = document(*TOP, rule, "Once signed, the form stays with us for a year.", rule, *END)
    new = document(
        *TOP,
        rule.replace("a parent signs", "both parents sign").replace("first", "first, also for a card"),
        "Once signed, the form stays with us for a year.",
        rule.replace(", for example", " – for example"),
        *END,
    )
    assert not [kind for kind, _, _ in told(old, new) if kind.startswith("moved")]


def test_a_reworded_item_goes_before_an_equal_item_of_another_list() -> None:
    def lists(shown: str, *guarding: str | Part) -> Document:
        return document(
            *TOP,
            heading("Showing parcels"),
            "To show parcels we use:",
            item("The colour of the paper"),
            item(shown),
            *guarding,
            *END,
        )

    guarding = (heading("Guarding parcels"), "To guard parcels we use:", item("Keys that broke"))
    other = item("The place where the parcel is, and its owner")
    changes = told(lists("The place at which the parcel is", *guarding, other), lists(other[0]))
    assert changes[0] == ("modified", ["The place at which the parcel is"], [other[0]])
    assert [kind for kind, _, _ in changes] == ["modified", *["removed"] * 4]


@pytest.mark.parametrize(
    ("old_text", "new_text"),
    [
        (
            "In some cases that the old charter lists, you can call for binding arbitration by the guild.",
            "A quarrel under the new charter may come before an arbitrator of the guild whose word is binding.",
        ),
        (
            "Your letters are neither sold to other firms nor shown to a king, save where this page says so.",
            "In plain words, nothing is sold. Nor do other firms get your letters unless you nod, and some kings may.",
        ),
    ],
)
def test_related_clauses_alone_between_the_same_neighbours_are_one_change(old_text: str, new_text: str) -> None:
    old, new = document(*TOP, old_text, *END), document(*TOP, new_text, *END)
    assert told(old, new) == [("modified", [old_text], [new_text])]
    assert find(compare(old, new), "modified").confidence < 0.6


def test_headings_with_the_same_number_are_one_change() -> None:
    def sections(title: str) -> Document:
        labels = {"Stamps": "2.1", title: "2.2", "Parcels": "2.3"}
        return document(
            *TOP,
            heading("Stamps"),
            "We keep a list of stamps.",
            heading(title),
            "We count what you send and get.",
            heading("Parcels"),
            "Parcels are weighed.",
            labels=labels,
        )

    assert told(sections("Messages"), sections("Correspondence")) == [("modified", ["Messages"], ["Correspondence"])]


def test_the_header_of_a_table_finds_its_successor() -> None:
    rows = [row("So that letters arrive", "Street", "Contract"), row("So that we are paid", "Bank", "Contract")]
    header, successor = row("Why we Use Details", "Which are Used", "Ground in Law"), row("Aim", "Kinds", "Basis")
    lead_in = "The table says why we use details, which kinds are used, and the ground in law for each use."
    changes = told(document(*TOP, header, *rows, *END), document(*TOP, lead_in, successor, *rows, *END))
    assert changes == [("added", [], [lead_in]), ("modified", [header[0]], [successor[0]])]


def test_headings_are_matched_by_the_word_that_tells_them_apart() -> None:
    def sections(*sections: tuple[str, str]) -> Document:
        return document(*TOP, *(part for title, text in sections for part in (heading(title), text)), *END)

    gathering = ("Collection of Postal Details", "We collect what stands on the envelope.")
    old = sections(gathering, ("Use of Postal Details", "We may use what we collect for the aims set out above."))
    new = sections(
        gathering,
        ("Sources of Postal Details", "Neighbours and shops give us details, too."),
        ("How We Use Postal Details", "We use them for the aims in part two, and for advertisements."),
    )
    assert ("modified", ["Use of Postal Details"], ["How We Use Postal Details"]) in told(old, new)


def test_a_word_of_a_menu_is_not_matched_with_a_heading_elsewhere() -> None:
    old = document(TOP[0], item("Fennel Stamps"), item("Parcels"), item("Shop"), TOP[1], *END)
    new = document(*TOP, *END, heading("Stamps"), "Stamps stick.", heading("Parcels Plus"), "Plus is for two parcels.")
    assert {kind for kind, _, _ in told(old, new)} == {"added", "removed"}


def test_a_clause_of_many_words_that_becomes_two_is_a_split() -> None:
    long = " ".join(f"word{number}" for number in range(20_000))
    cut = long.index("word9000")
    assert [kind for kind, _, _ in told(document(long), document(long[:cut], long[cut:]))] == ["split"]


def test_the_text_below_a_former_title_belongs_to_the_split() -> None:
    old_text = (
        "Letters to others. Sometimes you name friends, with street and birthday, so that we can send them a card."
    )
    body = "For some cards – like when you name friends for a card of their own – we take their street from you."
    new = document(*TOP, heading("Letters to others"), body, *END)
    assert told(document(*TOP, old_text, *END), new) == [("split", [old_text], ["Letters to others", body])]


def test_a_matched_neighbour_makes_a_doubtful_pair_more_certain() -> None:
    old_text = "Our carriers see the address, the weight and the colour of the stamp."
    new_text = "Carriers of ours and their helpers may see the weight, and sometimes a stamp."
    near = compare(document(*TOP, old_text, *END), document(*TOP, new_text, *END))
    far = compare(
        document("It snows.", old_text, "Snow melts.", *END), document("Rain falls.", new_text, "It is wet.", *END)
    )
    assert find(far, "modified").confidence < find(near, "modified").confidence < 1


def test_a_page_that_also_shows_the_old_version_is_compared_with_its_first_copy() -> None:
    towns = ("Bern", "Chur", "Thun", "Biel", "Genf", "Visp", "Brig", "Sion", "Olten", "Aarau", "Baden", "Zug", "Uster")
    rules = [f"In {town} a letter waits at the counter for {10 + n} days." for n, town in enumerate(towns)]
    rules = [f"{rule} After that, the clerk of {town} burns it." for rule, town in zip(rules, towns, strict=True)]
    newer = [rules[0].replace("10 days", "90 days"), *rules[1:]]
    old = document(*TOP, *rules, *END)
    new = document(*TOP, *newer, *END, "In force until May:", *TOP, *rules, *END)
    assert told(old, new)[0] == ("factual", [rules[0]], [newer[0]])
    added = {clause.text: change for change in compare(old, new).changes for clause in change.new}
    assert {text: added[text].significance for text in (rules[0], rules[1])} == {
        rules[0]: "substantive",
        rules[1]: "editorial",
    }
    assert [kind for kind, _, _ in told(new, old)].count("removed") == len(old.clauses) + 1


@pytest.mark.parametrize(
    ("first", "second", "significance"),
    [
        ("Adults", "Children", "substantive"),
        ("EU", "Customers in the US", "substantive"),
        ("Adults", "Adults (previous version, in force until May 2024)", "editorial"),
    ],
)
def test_a_second_copy_is_editorial_only_as_another_version(first: str, second: str, significance: str) -> None:
    rules = [
        f"In the town number {n} a letter waits at the counter for ten days, and is burnt then." for n in range(16)
    ]
    old, new = document(heading(first), *rules), document(heading(first), *rules, heading(second), *rules)
    changes = compare(old, new).changes
    assert {change.significance for change in changes if change.new[0].kind != "heading"} == {significance}


def test_an_item_below_another_lead_in_of_a_second_copy_is_no_repetition() -> None:
    rules = [
        f"In the town number {n} a letter waits at the counter for ten days, and is burnt then." for n in range(16)
    ]
    copy: list[str | Part] = [*TOP, *rules, "We never sell:", item("Names"), *END]
    again: list[str | Part] = ["We sell:" if part == "We never sell:" else part for part in copy]
    (change,) = (
        change
        for change in compare(document(*copy), document(*copy, "Previous version:", *again)).changes
        if change.new[0].text == "Names"
    )
    assert change.significance == "substantive"


def test_a_list_that_moved_keeps_its_items_although_another_list_has_a_closer_one() -> None:
    rights = [
        "The right to ask for a copy of the letters that we hold, and how long we hold them.",
        "The right to forbid or to restrict what we do with the letters.",
        "The right to correct, amend or update letters that you have given us (in some towns at the counter itself).",
        "The right to have letters burnt, in part or as a whole, in your presence.",
        "The right to take back a consent that you have given to a clerk at the counter.",
    ]
    other = "The right to correct, update or rectify your letters and cards."
    reworded = "The right to correct, amend or update your letters."
    old = document(*map(item, rights), "Elsewhere you have:", item(other), *TOP, *END)
    new = document(*TOP, *END, *map(item, [*rights[:2], reworded, *rights[3:]]))
    changes = told(old, new)
    assert ("moved_modified", [rights[2]], [reworded]) in changes or ("modified", [rights[2]], [reworded]) in changes
    assert ("removed", [other], []) in changes


def test_the_copy_beside_the_neighbours_of_a_match_is_the_right_one() -> None:
    copy = "What we know about your house, its colour and its cellar"
    kept: list[str | Part] = [heading("Houses"), item(copy), heading("Gardens"), "Gardens are drawn on a map."]
    sold: list[str | Part] = [
        "These may be sold:",
        item("What you wrote on your cards, stamped or not;"),
        item(f"{copy};"),
    ]
    old = document(*TOP, *kept, *sold, *END)
    new = document(
        *TOP,
        heading("Selling"),
        "These may be sold or lent:",
        item("Cards: What you wrote on your cards, stamped or not."),
        item(f"Houses: {copy}."),
        *END,
    )
    assert ("modified", [f"{copy};"], [f"Houses: {copy}."]) in told(old, new)


def test_lists_under_headings_that_become_one_row_are_merged() -> None:
    lists = {
        "Who you are": ["First name and last name", "E-mail address", "Number of the passport"],
        "What you send": ["Weight of each parcel", "Colour of the wrapping", "Value that you state"],
        "Where you live": ["Street and house", "Hour at which you come home"],
    }
    parts: list[Part] = [part for title, lines in lists.items() for part in (heading(title), *map(item, lines))]
    cell = " ".join(f"{title} * {' * '.join(lines)}" for title, lines in lists.items()).replace("E-mail", "Email")
    old = document(*TOP, *parts, *END)
    new = document(*TOP, row(f"{cell} And * The sound of your bell", "Carriers in your street"), *END)
    ((kind, merged, _),) = told(old, new)
    assert (kind, len(merged)) == ("merged", len(parts))


def test_a_long_list_that_a_page_shows_twice_is_no_second_copy_of_the_policy() -> None:
    towns = ("Bern", "Chur", "Thun", "Biel", "Genf", "Visp", "Brig", "Sion", "Olten", "Aarau", "Baden", "Zug", "Uster")
    menu = [item(f"What becomes of letters and of parcels to the town of {town}, by post") for town in towns]
    rules = [
        f"In {town} a letter waits at the counter for {n + 9} days, and longer in {town} in the winter months."
        for n, town in enumerate((*towns, *(f"Old {town}" for town in towns)))
    ]
    old = document(*menu, TOP[1], *menu, *rules)
    new = document(
        *menu,
        TOP[1],
        *menu[:4],
        "A new line, which stands within the second menu of this long page.",
        *menu[4:],
        *rules,
    )
    assert [kind for kind, _, _ in told(old, new)] == ["added"]


def test_two_addresses_exchange_lines_and_paragraph_without_a_move() -> None:
    shop = ("Fennel Post Ltd", "4 Quay Street", "9042 Speicher am Hang", "Telephone 071 344 10 20")
    clerk = ("Mrs Rosa Tobler", "17 Mill Lane", "9042 Speicher am Hang", "clerk@fennel.example")
    old = document(*TOP, ", ".join(shop), heading("Our clerk"), *clerk, *END)
    new = document(*TOP, *shop[:3], "Telephone 071 344 10 21", heading("Our clerk"), ", ".join(clerk), *END)
    assert told(old, new) == [
        ("split", [", ".join(shop)], [*shop[:3], "Telephone 071 344 10 21"]),
        ("merged", list(clerk), [", ".join(clerk)]),
    ]
    assert {change.significance for change in compare(old, new).changes} <= {"factual", "editorial"}


def test_a_row_whose_first_cell_is_divided_between_two_rows_is_split() -> None:
    def table(*rows: Part) -> Document:
        return document(
            *TOP,
            row("What", "What for", "How long"),
            row("Parcels", "to carry them", "a week"),
            *rows,
            row("Complaints", "to answer them", "five years"),
            *END,
        )

    whole = row("Stamps and envelopes of letters", "to collect them", "until the end of the season")
    parts = (
        row("Stamps", "to collect them", "until they fade"),
        row("Envelopes of letters", "to collect them", "until the end of the season"),
    )
    assert told(table(whole), table(*parts)) == [("split", [whole[0]], [part[0] for part in parts])]
    other = row("Seals", "to break them", "until they melt")
    assert ("added", [], [other[0]]) in told(table(whole), table(parts[1], other))


def test_the_copy_under_the_heading_of_the_same_name_is_the_right_one() -> None:
    lines = ("Fennel Post", "Attention of the privacy clerk", "17 Mill Lane", "Speicher AR")
    first = (heading("Carts and their drivers"), "Drivers who carry letters ask us in writing:", *lines)
    last = (heading("Write to us"), "Everybody else sends a card with the stamp of the village:", *lines)
    joined = " ".join(lines)
    new_last = (heading("WRITE TO US"), "Letters to us go to this address:", joined)
    added = (heading("Our houses"), item("Fennel Carts, 17 Mill Lane, Speicher AR"))
    old, new = document(*TOP, *first, *END, *last), document(*TOP, *END, *new_last, *added)
    merged = [change for change in compare(old, new).changes if texts(change.new) == [joined]]
    assert [change.kind for change in merged] == ["merged"]
    assert [clause.position for clause in merged[0].old] == list(range(len(old.clauses) - 4, len(old.clauses)))


def test_reworded_clauses_that_begin_with_related_titles_are_one_change() -> None:
    kept = "Letters are sorted by hand in the hall, and nobody reads what the cards say."
    old = item("Mill transfers. We may tell whoever buys some carts, horses or stables which villages they served.")
    snow = item("Snow. When the pass is closed, letters wait in the valley until the road is free again for horses.")
    new = item("Any mill transfers. Once somebody buys stables from Fennel Post, addresses can change hands, too.")
    kinds = {change[0] for change in told(document(*TOP, kept, old, *END), document(*TOP, kept, snow, new, *END))}
    assert kinds == {"added", "modified"}


def test_a_reworded_clause_beside_clauses_that_moved_is_found_there() -> None:
    rights = (item("The right to read what the ledger says."), item("The right to strike out what is wrong in it."))
    asked = (
        "If you would like to use your rights under the postal law, please write to the clerk in Speicher about them."
    )
    asks = "Questions about your rights go to Speicher: the clerk, to whom you write in person, knows the postal law."
    houses = tuple(
        f"Post house number {n} lies where the road to village {n} begins, beside the mill." for n in range(9)
    )
    old = document(*TOP, *houses, heading("Rights"), *rights, asked, *END)
    for between in ((), ("Answers take a week, or two in winter when the pass is closed.",)):
        new = document(*TOP, heading("What you may ask"), *rights, *between, asks, *houses, *END)
        assert ("moved_modified", [asked], [asks]) in told(old, new)


def test_an_inflected_item_of_a_list_that_was_a_paragraph_belongs_to_the_split() -> None:
    whole = (
        "We use the ledger to carry letters, to perform our contractual obligations and complete the deliveries that"
        " you order from the village, and to write to you in winter when the pass is closed."
    )
    items = ("Writing to you in winter when the pass is closed.", "Completing deliveries ordered from villages.")
    other = "Weighing the horses of strangers at every third mill."
    old, new = document(*TOP, whole, *END), document(*TOP, *map(item, items), item(other), *END)
    assert told(old, new) == [("split", [whole], list(items)), ("added", [], [other])]
