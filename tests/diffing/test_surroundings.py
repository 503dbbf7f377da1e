"""Menus and teasers around the policy, in files made from a whole page."""

from core.clauses import Clause, ClauseKind, Document
from diffing import compare

MENU = ("News", "Weather", "Cattle", "Tractors", "Seed prices", "Auctions", "Letters", "Recipes", "Shop", "Log in")
TICKER = ("Barley 182.40", "Rapeseed 455.10")
POLICY = (
    "The farmers' gazette keeps the name and the street of everybody who subscribes to it.",
    "We hand your street to the carrier who brings the gazette, and to nobody else.",
)


def clauses(site: str, *lines: str, kind: ClauseKind = "list_item") -> list[Clause]:
    return [Clause(0, kind, None, (), line, (f"https://{site}/{line[:3]}",)) for line in lines]


def document(*parts: list[Clause]) -> Document:
    policy = [Clause(0, "paragraph", None, (), text) for text in POLICY]
    together = [*(parts[0] if parts else []), *policy, *(clause for part in parts[1:] for clause in part)]
    return Document(
        None,
        None,
        None,
        tuple(Clause(n, clause.kind, None, (), clause.text, clause.links) for n, clause in enumerate(together)),
    )


def told(old: Document, new: Document) -> set[tuple[str, str]]:
    return {(change.kind, change.significance) for change in compare(old, new).changes}


def test_menus_and_teasers_that_come_and_go_are_editorial() -> None:
    menu, teasers = (
        clauses("gazette.example", *MENU),
        clauses("www.gazette.example", *(f"{line}!" for line in MENU[:9])),
    )
    teasers = [Clause(0, "list_item", None, (), clause.text[:-1] + " again", clause.links) for clause in teasers]
    assert told(document(menu, teasers), document()) == {("removed", "editorial")}
    assert told(document(), document(menu, teasers)) == {("added", "editorial")}


def test_numbers_in_a_ticker_beside_the_menu_are_volatile() -> None:
    old, new = (
        document(clauses("gazette.example", *(line.replace("182", price) for line in TICKER), *MENU))
        for price in ("182", "179")
    )
    assert told(old, new) == {("factual", "volatile")}


def test_a_list_of_partners_at_the_end_of_a_policy_stays_substantive() -> None:
    partners = [clause for n, name in enumerate(MENU) for clause in clauses(f"partner{n}.example", name)]
    assert told(document([], partners), document([])) == {("removed", "substantive")}


def test_a_list_below_the_last_lead_in_of_a_policy_stays_substantive() -> None:
    lead_in, links = [Clause(0, "paragraph", None, (), "We hand names to:")], clauses("gazette.example", *MENU)
    assert told(document([], lead_in, links), document([], lead_in)) == {("removed", "substantive")}


def test_a_few_links_at_the_end_of_a_policy_stay_substantive() -> None:
    links = clauses("gazette.example", "Opt out of letters", "Opt out of calls")
    assert told(document([], links), document([])) == {("removed", "substantive")}


def test_a_list_with_links_within_the_policy_stays_substantive() -> None:
    links = clauses("gazette.example", *MENU)
    after = [Clause(0, "paragraph", None, (), text.replace("street", "house")) for text in POLICY]
    assert told(document([], links, after), document([], after)) == {("removed", "substantive")}


def test_a_menu_above_a_copyright_line_is_part_of_the_page_around_the_policy() -> None:
    menu = clauses("gazette.example", *MENU[:9])
    rights = [Clause(0, "paragraph", None, (), "© 2031 The Farmers' Gazette Ltd.")]
    assert told(document([]), document([], menu, rights)) == {("added", "editorial")}


def heading(text: str) -> list[Clause]:
    return [Clause(0, "heading", None, (), text)]


def test_a_table_at_the_end_of_a_policy_is_no_menu() -> None:
    def cookies(period: str, date: str) -> Document:
        rows = [
            Clause(0, "table_row", None, (), f"[{name}](https://gazette.example/{name[:3]}) | {period}", ())
            for name in MENU
        ]
        return document([], heading("Cookies"), rows, [Clause(0, "paragraph", None, (), f"Effective from 1 {date}")])

    old, new = cookies("90 days", "May"), cookies("900 days", "June")
    changes = compare(old, new).changes
    assert {change.significance for change in changes if change.numbers} == {"substantive"}
    assert "volatile" not in {change.significance for change in changes}


def test_a_linked_list_below_a_heading_of_the_policy_is_no_menu() -> None:
    links = clauses("gazette.example", *MENU)
    old, new = (
        document([], heading("Data we sell"), links, more) for more in ([], clauses("gazette.example", "Fingerprints"))
    )
    assert told(old, new) == {("added", "substantive")}


def test_linked_lines_with_periods_are_no_menu() -> None:
    old, new = (
        document(
            [],
            [
                Clause(0, "list_item", None, (), f"{name} {days} days", (f"https://gazette.example/{name}",))
                for name in MENU
            ],
        )
        for days in (90, 900)
    )
    assert told(old, new) == {("factual", "substantive")}


def test_a_sentence_between_two_menus_keeps_its_significance() -> None:
    first, second = clauses("gazette.example", *MENU), clauses("gazette.example", *(f"{name} today" for name in MENU))
    old, new = (
        document([], first, [Clause(0, "paragraph", None, (), text)], second)
        for text in ("We never sell your data to anybody at all.", "We sell your data to anybody at all.")
    )
    assert told(old, new) == {("modified", "substantive")}
    assert ("added", "substantive") in told(document([], first, second), new)
