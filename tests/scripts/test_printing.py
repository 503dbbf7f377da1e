"""Tables fit the terminal, or 80 columns, whatever they contain."""

import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from scripts.printing import print_table, short_times, without_middle

CELLS = st.text(alphabet="ab 東\t-/", max_size=120)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4), st.sampled_from(["", "url"]))
def test_a_table_fits_80_columns_and_loses_no_word(rows: list[tuple[str, str, str]], shortened: str) -> None:
    columns = ("id", "url", "evidence")
    with redirect_stdout(StringIO()) as output:
        print_table([dict(zip(columns, row, strict=True)) for row in rows], columns, shortened)
    lines = output.getvalue().splitlines()
    assert all(cell_len(line) <= 80 for line in lines)
    shown = "".join(lines).count("東")
    expected = sum("".join(row).count("東") for row in rows)
    assert shown == expected or (shortened and shown < expected)


def test_words_stay_whole_while_a_long_name_can_be_broken() -> None:
    row = {
        "vendor": "acme-holding-limited",
        "policy": "data-processing-agreement-for-customers",
        "failing_since": "2026-11-02 quarantined",
        "last_seen": "2026-11-30",
        "quarantined": "5: 3 other_document, 2 unavailable",
        "unread": "12",
    }
    with redirect_stdout(StringIO()) as output:
        print_table([row], tuple(row))
    lines = output.getvalue().splitlines()
    assert all(cell_len(line) <= 80 for line in lines)
    for word in ("2026-11-02", "quarantined", "other_document,", "unavailable", "2026-11-30"):
        assert any(word in line for line in lines)


@given(st.text(alphabet="ab東/", max_size=60), st.integers(16, 40))
def test_a_shortened_address_keeps_its_beginning_and_its_end(text: str, width: int) -> None:
    short = without_middle(text, width)
    assert cell_len(short) <= width
    head, _, tail = short.partition("…")
    assert text.startswith(head.rstrip())
    assert text.endswith(tail)


def test_a_very_long_address_is_shortened_at_once() -> None:
    begin = time.process_time()
    assert cell_len(without_middle("https://marmot.example/" + "x" * 200_000, 40)) == 40
    assert time.process_time() - begin < 1


def test_times_are_as_long_as_it_takes_to_tell_them_apart() -> None:
    texts = ("2024-05-01T06", "2024-05-02T06", "2024-05-02T07:00:01", "2024-05-02T07:00:02")
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]
    text = short_times([moment] for moment in moments)
    assert [text(moment) for moment in moments] == [
        *("2024-05-01", "2024-05-02 06:00", "2024-05-02 07:00:01", "2024-05-02 07:00:02")
    ]
    text = short_times([moments[:2], moments[2:]])
    assert text(moments[0]) == "2024-05-01"
    assert text(moments[1]) == "2024-05-02 06:00"
