"""The date on which a policy states that it takes effect or was last updated."""

from datetime import date

import pytest

from extraction.words.stated_dates import stated_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Last updated: March 13th, 2013", date(2013, 3, 13)),
        ("Last updated - 18-JUL-2022", date(2022, 7, 18)),
        ("Effective as of 1 September 2019.", date(2019, 9, 1)),
        ("This policy was last modified on 2018-05-25.", date(2018, 5, 25)),
        ("Dernière mise à jour : 25 mai 2018", date(2018, 5, 25)),
        ("En vigueur au 1er août 2021", date(2021, 8, 1)),
        ("Stand: 25. Mai 2018", date(2018, 5, 25)),
        ("Zuletzt aktualisiert am 03.04.2018", date(2018, 4, 3)),
        ("Última actualización: 5 de diciembre de 2020", date(2020, 12, 5)),
        ("Ultimo aggiornamento: 12 gennaio 2022", date(2022, 1, 12)),
        ("Laatst bijgewerkt op 7 maart 2021", date(2021, 3, 7)),
        ("Senast uppdaterad 3 oktober 2019", date(2019, 10, 3)),
        ("This Privacy Policy applies from 29/04/2022.", date(2022, 4, 29)),
        ("Last updated 04/29/2022", date(2022, 4, 29)),
        ("Last updated: 3/11/2025", None),
        ("Last updated: 31 February 2020", None),
        ("We were founded on 3 May 2001.", None),
        ("Last updated when we had time.", None),
    ],
)
def test_stated_date_is_read_if_it_is_unambiguous(text: str, day: date | None) -> None:
    assert stated_date([text]) == day


def test_effective_date_is_preferred_to_the_date_of_the_last_update() -> None:
    assert stated_date(["Last updated: 3 May 2021", "Some words.", "Effective date: 1 June 2021"]) == date(2021, 6, 1)


def test_date_in_the_clause_below_the_announcement_is_recognised() -> None:
    assert stated_date(["Last updated", "3 May 2021"]) == date(2021, 5, 3)


def test_later_date_is_not_used_if_the_first_date_is_ambiguous() -> None:
    assert stated_date(["Last updated: 3/4/2018", "Updated: 5 May 2017"]) is None
