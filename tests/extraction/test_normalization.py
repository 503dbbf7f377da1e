"""Characters that normalisation keeps, replaces or removes."""

from tests.extraction.example_pages import texts


def test_only_white_space_and_invisible_characters_are_normalised() -> None:
    assert texts("<p>Our\u00a0“own”\n\t terms —\u00ad hid\u200bden\ufeff; cafe\u0301 O\u2019Neil</p>") == [
        "Our “own” terms — hidden; café O\u2019Neil"
    ]
