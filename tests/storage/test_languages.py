"""A page in another language than its policy makes no version.

Some sites send another language to visitors from another country. The declaration states the policy's language.
Without such a statement, the policy's other captures decide which language is the policy's.
"""

import random

import pytest

from core.declarations import Policy
from core.policies import PolicyKey
from storage import Review, Store
from tests import keeping
from tests.stored_captures import BEGIN, POLICY, capture_of, page

KEY = PolicyKey("marmot", "privacy")
ENGLISH = page("We keep your messages for a year.")
OTHER_ENGLISH = page("We keep your messages for a month.")
GERMAN = """<!DOCTYPE html><html lang="de"><head><title>Datenschutz</title></head><body><main>
<h1>Datenschutzerklärung</h1>
<p>Diese Erklärung sagt, welche personenbezogenen Daten Marmot Mail erhebt, wenn Sie unseren Dienst nutzen.</p>
<h2>Was wir erheben</h2>
<p>Wenn Sie ein Konto eröffnen, fragen wir nach Ihrem Namen und Ihrer Adresse und speichern Ihre Nachrichten.</p>
<h2>Ihre Rechte</h2>
<p>Sie können jederzeit Auskunft über Ihre personenbezogenen Daten verlangen, sie berichtigen oder löschen lassen.</p>
<p>Schreiben Sie unserem Datenschutzbeauftragten, wenn Sie Fragen zu dieser Erklärung oder zu Cookies haben.</p>
</main></body></html>""".encode()


def keep(store: Store, payload: bytes, day: float, vendor: str = "marmot", declared: Policy = POLICY) -> int:
    return keeping.keep(store, capture_of(payload, day, vendor=vendor), payload, declared).capture_id


def reasons(store: Store, vendor: str = "marmot") -> list[str | None]:
    return [stored.verdict.reason for stored in store.library.captures(PolicyKey(vendor, "privacy"))]


def test_a_language_variant_between_two_captures_makes_no_version(store: Store) -> None:
    for day, payload in enumerate((ENGLISH, GERMAN, ENGLISH, OTHER_ENGLISH)):
        keep(store, payload, day)
    assert reasons(store) == [None, "other_language", None, None]
    variant = store.library.captures(KEY)[1]
    assert variant.version_id is None
    assert variant.verdict.evidence == (
        "in German, while the captures before (2019-03-04) and after (2019-03-06) are in English"
    )
    assert len(store.library.history(KEY).periods) == 2


def test_verdicts_do_not_depend_on_the_order_of_arrival(store: Store) -> None:
    captures = list(enumerate((GERMAN, ENGLISH, ENGLISH, GERMAN, ENGLISH, OTHER_ENGLISH, GERMAN)))
    outcomes = set()
    for number in range(4):
        random.Random(number).shuffle(captures)
        for day, payload in captures:
            keep(store, payload, day, f"vendor-{number}")
        outcomes.add(tuple(reasons(store, f"vendor-{number}")))
    assert outcomes == {(None, None, None, "other_language", None, None, "other_language")}


def test_a_lasting_change_of_language_is_accepted_after_a_month(store: Store) -> None:
    for day in (0, 1, 2, 3, 4):
        keep(store, ENGLISH, day)
    for day in (10, 25, 39):
        keep(store, GERMAN, day)
    assert reasons(store)[5:] == ["other_language"] * 3
    keep(store, GERMAN, 40)
    assert reasons(store)[5:] == [None] * 4
    assert len(store.library.history(KEY).versions) == 2


def test_a_declared_language_decides_by_itself(store: Store) -> None:
    german = Policy(locations=POLICY.locations, language="de")
    keep(store, ENGLISH, 0, declared=german)
    keep(store, GERMAN, 1, declared=german)
    first, second = store.library.captures(KEY)
    assert (first.verdict.reason, second.verdict.reason) == ("other_language", None)
    assert first.verdict.evidence == "in English, while the declaration states German"
    keep(store, ENGLISH, 2)
    assert reasons(store) == [None, "other_language", None]


def test_a_capture_accepted_by_a_user_is_not_quarantined_by_language(store: Store) -> None:
    for day, payload in enumerate((ENGLISH, GERMAN, ENGLISH)):
        keep(store, payload, day)
    store.library.review([2], Review("accepted", "ann", "", BEGIN))
    assert reasons(store) == [None, None, None]


@pytest.mark.parametrize("text", ["This notice is no longer available.", "Cette politique n'existe plus."])
def test_a_short_text_is_not_quarantined_by_its_language(store: Store, text: str) -> None:
    short = f"<html lang='fr'><title>Privacy</title><body><h1>Privacy policy</h1><p>{text}</p></body></html>".encode()
    for day, payload in enumerate((ENGLISH, short, ENGLISH)):
        keep(store, payload, day)
    assert "other_language" not in reasons(store)
