"""Volatile text: a change of volatile text is volatile and does not change the version id."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.changes import Change
from core.clauses import Clause, Document
from diffing import compare
from diffing.sameness import version_id
from diffing.volatile import strip_volatile

VOLATILE = (
    "Updated 2 days ago",
    "Last updated: 3 hours ago",
    "Updated over a week ago",
    "Last updated about 3 months ago by Anna Smith",
    "an hour ago",
    "just now",
    "Zuletzt aktualisiert vor 3 Tagen",
    "Mis à jour il y a 2 jours",
    "Actualizado hace 2 días",
    "Atualizado há 2 dias",
    "Aggiornato 2 giorni fa",
    "Bijgewerkt 2 dagen geleden",
    "Zaktualizowano przed 3 dniami",
    "3 dni temu",
    "Uppdaterad för 2 dagar sedan",
    "2 gün önce",
    "2日前",
    "1,234 views",
    "1.2k views",
    "Views: 1234",
    "Viewed 123 times",
    "12 users online",
    "Visitors: 123",
    "5 comments",
    "Rated 4.5 out of 5 (123 votes)",
    "3 min read",
    "123 people found this helpful",
    "12 out of 34 found this helpful",
    "Updated 2 days ago · 5 min read · 1,234 views",
    "Page generated on 25 Nov 2026 at 12:00:01",
    "Page generated in 0.123 seconds",
    "You are visitor number 12,345 since January 1, 1998.",
    "You are visitor #4711",
    "You're our 4,711th visitor!",
    "the 4711th visitor",
    "This page has been accessed 4,711 times since June 3, 1997.",
    "Since 1 May 1998 this page has been visited 4711 times",
    "Number of hits: 4711",
    "4711 hits (since 1 May 1999)",
    "Sie sind der 4711. Besucher dieser Seite seit dem 1. Mai 1999.",
    "Sie sind Besucher Nr. 4711",
    "Diese Seite wurde bisher 4.711 mal aufgerufen.",
    "Vous êtes le 4711ème visiteur depuis le 1er mai 1999",
    "Cette page a été consultée 4711 fois.",
    "Usted es el visitante número 4711",
    "Esta página foi visitada 4711 vezes",
    "Sei il visitatore n. 4711 dal 1 maggio 1999",
    "U bent bezoeker nummer 4711 sinds 1 mei 1999",
    "Jesteś 4711. gościem",
    "Antal besøg: 4711",
    "Počet návštěv: 4711",
    "Количество посещений: 4711",
    "あなたは4711人目の訪問者です",
    "您是第4711位访客",
    "조회수 4711",
    "Welcome! You are the 4,711th visitor Hits: 008151",
    "Sie sind der 4.711. Besucher seit dem 3. Juni 2002 Besucherzähler: 0008151",
    "Visiteurs : 004711 En ligne : 3",
    "Besucher heute: 12, gesamt: 4711",
    "Today: 12 Yesterday: 34 Total: 4711",
    "Updated 2 days ago 1,234 views",
    "This page has been accessed 4711 times since June 3, 1997. Thank you for visiting!",
    "You are the 4,711th person to read this page.",
    "Page hits 004711",
    "Visitor count: 4711",
    "Bisher 4711 Besucher",
    "Diese Seite wurde seit dem 3. Juni 1997 4711 mal aufgerufen.",
    "Es usted el visitante número 4711",
    "Odwiedziło nas 4711 osób",
    "あなたは 4711 人目の訪問者です。",
    "Request ID: 8f3a9c0d1e",
    "Cloudflare Ray ID: 7f1a2b3c4d5e6f70",
    "CSRF token: a8f3bb92cc",
)
NOT_VOLATILE = (
    "We delete logs after 30 days",
    "within 30 days",
    "30 days",
    "2 years",
    "10 users",
    "Data older than 2 years ago is deleted",
    "Messages sent more than 2 years ago are deleted.",
    "Old messages (2 years ago or more) are deleted",
    "Data you sent, more than 2 years ago, is deleted",
    "more than 2 years ago",
    "as of 3 days ago",
    "Last updated: 25 Nov 2026",
    "Last updated 25 Nov 2026 at 12:00",
    "This policy was generated on 25 May 2018",
    "Version 2.1",
    "Session ID: 30 days",
    "session_id | 30 days",
    "Each share carries (1 vote)",
    "We keep comments for 12 months, 3 views at most",
    "Sessions end 15 minutes after the page was viewed 3 times by 12 users in the same network",
    "vor 30 Tagen gelöschte Daten",
    "Sleeping accounts | last active more than 9 years ago",
    "Sleeping accounts – last seen over 60 months ago",
    "Sleeping accounts (last active 2 years ago)",
    "Sleeping accounts, 2 years ago",
    "Receipts | created 10 years ago",
    "Sketches | created 45 days ago",
    "created 45 days ago",
    "Drafts · last edited more than 2 years ago",
    "Last active 2 years ago",
    "Konten | vor 2 Jahren",
    "Comptes inactifs (il y a 3 ans)",
    "Visitors: 30 days",
    "Guest accounts 1 year Visits: 30",
    "Accounts last active 2 years ago Updated 2 days ago",
    "Last active 2 years ago 3 years ago",
    "Number of visits kept: 30 days",
    "Total: 4711",
    "Visits 30",
    "Thank you for visiting",
    "Welcome",
    "Besucher: 30 Tage",
    "You are a visitor under 16",
    "Files accessed less than 5 times",
)


def document(*texts: str, links: tuple[str, ...] = ()) -> Document:
    return Document(None, None, None, tuple(Clause(n, "paragraph", None, (), t, links) for n, t in enumerate(texts)))


def changes(old: tuple[str, ...], new: tuple[str, ...]) -> list[Change]:
    return list(compare(document(*old), document(*new)).changes)


@pytest.mark.parametrize("text", VOLATILE)
def test_volatile_text_is_stripped_and_makes_no_new_version(text: str) -> None:
    assert strip_volatile(text) == ""
    assert version_id(document("We sell nothing.", text)) == version_id(document("We sell nothing."))


@pytest.mark.parametrize("text", NOT_VOLATILE)
def test_text_that_resembles_volatile_text_is_not_stripped(text: str) -> None:
    assert strip_volatile(text) == text


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Privacy policy · 1,234 views", "Privacy policy"),
        ("Written by Anna, 3 days ago", "Written by Anna"),
        ("5 min read | Privacy policy", "Privacy policy"),
        ("Was this helpful? 3 out of 5 found this helpful", "Was this helpful?"),
        ("Privacy policy (updated 2 days ago)", "Privacy policy"),
    ],
)
def test_a_volatile_segment_at_the_beginning_or_end_is_stripped(text: str, rest: str) -> None:
    assert strip_volatile(text) == rest


def test_in_prose_only_a_counter_at_the_end_is_stripped() -> None:
    prose = (
        "We collect your name, your postal address and the addresses of the people you write to, and no more than that"
    )
    assert strip_volatile(f"{prose}. 1,234 views") == f"{prose}."
    assert strip_volatile(f"{prose} (updated 2 days ago)") == f"{prose} (updated 2 days ago)"
    assert strip_volatile(f"1,234 views. {prose}.") == f"1,234 views. {prose}."


def test_a_new_number_in_a_counter_is_volatile_and_makes_no_version() -> None:
    old, new = ("We sell nothing.", "1,234 views"), ("We sell nothing.", "1,240 views")
    (change,) = changes(old, new)
    assert (change.kind, change.significance) == ("factual", "volatile")
    assert ("insert", "1,240") in change.redline
    assert version_id(document(*old)) == version_id(document(*new))


def test_a_new_relative_time_beside_equal_words_is_volatile() -> None:
    (change,) = changes(("Privacy policy, 2 days ago", "A."), ("Privacy policy, an hour ago", "A."))
    assert (change.kind, change.significance) == ("factual", "volatile")


def test_an_added_or_removed_counter_is_volatile() -> None:
    for old, new, kind in ((("A.",), ("A.", "5 views"), "added"), (("5 views", "A."), ("A.",), "removed")):
        (change,) = changes(old, new)
        assert (change.kind, change.significance) == (kind, "volatile")
        assert version_id(document(*old)) == version_id(document(*new))


def test_a_counter_does_not_affect_the_significance_of_a_change() -> None:
    (change,) = changes(("We sell nothing · 12 views",), ("We sell everything · 13 views",))
    assert (change.kind, change.significance) == ("modified", "substantive")


def test_a_moved_clause_with_a_new_counter_number_is_editorial() -> None:
    long = [f"Clause number {name} is about something of its own." for name in ("one", "two", "three", "four")]
    old, new = (*long, "Privacy at Marmot Mail · 12 views"), ("Privacy at Marmot Mail · 13 views", *long)
    (change,) = changes(old, new)
    assert (change.kind, change.significance) == ("moved_modified", "editorial")


def test_a_contact_link_in_a_volatile_clause_makes_a_new_version() -> None:
    plain = document("We sell nothing.")
    linked = document("We sell nothing.", "12 views", links=("mailto:privacy@marmot.example",))
    assert version_id(plain) != version_id(linked)


@given(st.lists(st.sampled_from([*VOLATILE, *NOT_VOLATILE, "A."]), max_size=6), st.data())
def test_changes_within_one_version_are_volatile_or_editorial(old: list[str], data: st.DataObject) -> None:
    new = data.draw(st.permutations([*old, data.draw(st.sampled_from([*VOLATILE, *NOT_VOLATILE]))]))
    is_same_version = version_id(document(*old)) == version_id(document(*new))
    significances = {change.significance for change in changes(tuple(old), tuple(new))}
    if is_same_version:
        assert significances <= {"volatile", "editorial"}
    else:
        assert significances - {"volatile"}


@given(st.text(st.sampled_from("12 :,.()·|-–agodysview#abc年前"), max_size=300))
def test_stripping_any_text_only_removes_characters(text: str) -> None:
    text = " ".join(text.split())
    rest = strip_volatile(text)
    assert rest in text
    assert strip_volatile(rest) == rest or len(rest) < len(text)


@pytest.mark.parametrize(
    "unit",
    ["1", "1,", "1 ", "a-1", "last ", "updated 1 ", "(", "1.1:", "ray id: ", "· ", "you are the ", "1 visits since 1 "],
)
def test_stripping_any_text_takes_bounded_time(unit: str) -> None:
    start = time.perf_counter()
    for length in (80, 150, 161, 5_000, 200_000):
        strip_volatile(unit * (length // len(unit)))
    assert time.perf_counter() - start < 1


def test_clauses_without_a_counter_take_hardly_any_time() -> None:
    texts = [
        f"Of the data we hold {n} days, {n + 1} parts are kept for reasons that the law gives." for n in range(5_000)
    ]
    start = time.perf_counter()
    for text in texts:
        strip_volatile(text)
    assert time.perf_counter() - start < 2
