"""The corpora of bench/extraction: pages and verdicts that no change of the extractor may lose."""

import re
import subprocess
import sys
from pathlib import Path

from tests.shared_material import needs_shared

CHECKOUT = Path(__file__).resolve().parents[2]


def measured(*parts: str) -> str:
    """What the bench prints for these parts."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.extraction", *parts, "--details"],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def kept_and_let_in(printed: str) -> tuple[float, float]:
    """In per cent, of the last line that says so."""
    *_, found = re.finditer(r"pages: ([\d.]+) % of \d+ words kept, ([\d.]+) % of \d+ let in", printed)
    return float(found[1]), float(found[2])


def test_the_text_of_pages_is_kept_whole_and_furniture_left_out():
    printed = measured("pages")
    kept, let_in = kept_and_let_in(printed)
    assert kept >= 99.5, printed
    assert let_in <= 0.5, printed
    right, clauses = map(int, re.findall(r"(\d+) of (\d+) clauses word for word", printed)[0])
    assert right >= 0.97 * clauses, printed


def test_no_page_that_is_not_the_policy_passes_and_no_policy_is_quarantined():
    printed = measured("screening")
    (wrong,) = re.findall(
        r"(\d+) pages that are not the policy: \d+ quarantined, (\d+) with the right verdict", printed
    )
    assert int(wrong[1]) >= 0.99 * int(wrong[0]), printed
    assert re.search(r"\d+ pages that are the policy: 0 quarantined", printed), printed


@needs_shared
def test_real_pages_are_read_as_a_person_reads_them():
    printed = measured("readings")
    kept, let_in = kept_and_let_in(printed)
    assert kept >= 99.5, printed
    assert let_in <= 0.5, printed


# What changed there is no word of the policy: links to get the app, an address that Cloudflare hid, a missing page.
NOISE = {
    ("her-privacy-policy", "2024-05-28T00:32:34Z"),
    ("hily-privacy-policy", "2022-12-22T12:32:37Z"),
    ("mektoube-privacy-policy", "2025-11-18T12:33:42Z"),
}


@needs_shared
def test_every_change_of_words_is_a_version_and_little_else_is():
    printed = measured("versions")
    assert set(re.findall(r"missed: (\S+) (\S+)", printed)) == NOISE, printed
    (ratio,) = re.findall(r"our versions to its versions: ([\d.]+)", printed)
    assert float(ratio) <= 0.8, printed
