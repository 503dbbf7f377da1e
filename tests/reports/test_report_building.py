"""Reports from a store and from files: the sides, the interval, the versions in between, and the JSON output."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.captures import sha256_hex
from core.declarations import Vendor
from core.exceptions import UsageError
from core.policies import PolicyKey
from reports import FileSide, Report, VersionSide, build_report, compare_files
from reports.html_report import as_html
from reports.json_report import as_json
from reports.markdown_report import as_markdown
from reports.terminal_report import as_text
from reports.word_report import as_docx
from storage import Store
from tests.keeping import keep
from tests.reports.report_examples import added, clause, document, file_report, word_text
from tests.stored_captures import BEGIN, POLICY, capture_of, page

VENDOR = Vendor(slug="marmot", name="Marmot Mail", homepage="https://www.marmot.example/", policies={"privacy": POLICY})
KEY = PolicyKey("marmot", "privacy")
A, B, C = (
    page(f"We hand your personal data to {who} when the law of the country you live in tells us to.")
    for who in ("courts", "advertisers", "insurance companies")
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def keep_at(store: Store, *shown: tuple[float, bytes]) -> None:
    """Stores captures. Each argument is the day and the payload of a capture."""
    for days, payload in shown:
        kept = keep(store, capture_of(payload, days), payload, POLICY)
        assert kept.verdict.name == "accepted"


def between(store: Store, old: str, new: str) -> Report:
    return build_report(store, VENDOR, KEY, old, new)


def numbers(report: Report) -> tuple[int, int]:
    assert isinstance(report.old, VersionSide)
    assert isinstance(report.new, VersionSide)
    return report.old.number, report.new.number


def day(days: float) -> str:
    return f"{BEGIN + timedelta(days=days):%Y-%m-%d}"


def test_the_interval_has_the_last_old_and_the_first_new_capture(store: Store) -> None:
    keep_at(store, (0, A), (10, A), (20, B), (30, B))
    report = between(store, day(0), day(30))
    assert numbers(report) == (1, 2)
    assert report.interval
    assert report.interval.last_old.captured_at == BEGIN + timedelta(days=10)
    assert report.interval.first_new.captured_at == BEGIN + timedelta(days=20)
    assert [change.kind for change in report.comparison.changes] == ["modified"]
    assert report.between == ()


def test_the_json_of_a_report_has_the_documented_fields(store: Store) -> None:
    keep_at(store, (0, A), (10, A), (20, B))
    shape = json.loads(as_json(between(store, day(0), day(20))))
    assert list(shape) == ["old", "new", "interval", "between", "counts", "changes"]
    assert shape["old"] == {
        "vendor": "marmot",
        "policy": "privacy",
        "version": 1,
        "id": shape["old"]["id"],
        "title": "Privacy policy - Marmot Mail",
        "language": "en",
        "effective_date": None,
        "stated_date": None,
        "extractor": shape["old"]["extractor"],
        "captures": 2,
        "first": {**shape["old"]["last"], "captured_at": "2019-03-04T05:06:07Z"},
        "last": shape["interval"]["after"],
    }
    assert shape["interval"]["after"] == {
        "captured_at": "2019-03-14T05:06:07Z",
        "url": "https://www.marmot.example/privacy",
        "source": "live",
        "sha256": capture_of(A).sha256,
    }
    assert shape["interval"]["before"]["sha256"] == capture_of(B).sha256


def test_a_report_on_one_version_says_that_nothing_changed(store: Store) -> None:
    keep_at(store, (0, A), (10, A), (20, B))
    report = between(store, day(1), day(15))
    assert report.same_version
    assert report.interval is None
    assert report.comparison.changes == ()
    assert report.comparison.counts["unchanged"] == len(store.library.document(1).clauses)
    for text in (as_text(report), as_html(report)):
        assert "both sides are the same version" in text
        assert "no change was seen" in text


@pytest.mark.parametrize("sides", [(0, 25), (5, 12), None])
def test_a_link_that_changes_within_a_version_is_told_in_every_format(
    store: Store, sides: tuple[float, float] | None
) -> None:
    old, new = (A.replace(b"the country", b'<a href="/%s">the country</a>' % name) for name in (b"us", b"them"))
    keep_at(store, (0, old), (10, new), (20, new))
    version = f"@{store.library.history(KEY).versions[0].id}"
    report = between(store, *(map(day, sides) if sides else (version, version)))
    assert report.same_version
    assert [(change.kind, change.significance) for change in report.comparison.changes] == [("cosmetic", "substantive")]
    for text in (as_text(report), as_html(report), as_markdown(report), word_text(as_docx(report))):
        text = text.replace("\\", "")
        assert "No difference" not in text
        assert "Both sides show version 1. The differences listed here" in text
        assert "https://www.marmot.example/us → https://www.marmot.example/them" in text
    shape = json.loads(as_json(report))
    assert [side[0]["links"] for side in (shape["changes"][0]["old"], shape["changes"][0]["new"])] == [
        ["https://www.marmot.example/us"],
        ["https://www.marmot.example/them"],
    ]
    assert shape["old"]["compared"]["captured_at"] == "2019-03-04T05:06:07Z"


def test_dates_compare_links_even_if_the_words_changed_later(store: Store) -> None:
    old, new = (A.replace(b"the country", b'<a href="/%s">the country</a>' % name) for name in (b"us", b"them"))
    keep_at(store, (0, old), (10, new), (20, new.replace(b"courts", b"judges")))
    (change,) = between(store, day(0), day(20)).comparison.changes
    assert change.old[0].links != change.new[0].links
    report = between(store, day(12), day(20))
    assert report.comparison.changes[0].old[0].links == change.new[0].links
    assert isinstance(report.old, VersionSide)
    assert report.old.compared is None


def test_a_report_on_one_version_names_versions_shown_in_between(store: Store) -> None:
    keep_at(store, (0, A), (10, B), (20, A))
    report = between(store, day(0), day(20))
    assert report.same_version
    assert [period.number for period in report.between] == [2]
    text = as_text(report)
    assert "the text changed and came back" in text
    assert "no change was seen" not in text


def test_versions_shown_in_between_are_named_with_their_dates(store: Store) -> None:
    keep_at(store, (0, A), (10, B), (12, B), (20, C))
    report = between(store, day(0), day(20))
    assert numbers(report) == (1, 3)
    assert "version 2 (from 2019-03-14T05:06:07Z to 2019-03-16T05:06:07Z), so the change came in steps" in as_text(
        report
    )
    assert json.loads(as_json(report))["between"] == [
        {
            "version": 2,
            "id": store.library.history(KEY).versions[1].id,
            "from": "2019-03-14T05:06:07Z",
            "to": "2019-03-16T05:06:07Z",
        }
    ]


def test_dates_in_the_wrong_order_raise_usage_error(store: Store) -> None:
    keep_at(store, (0, A), (10, B))
    with pytest.raises(UsageError, match="give the earlier date first"):
        between(store, day(10), day(0))


def test_ids_in_the_wrong_order_give_a_report_marked_as_backwards(store: Store) -> None:
    keep_at(store, (0, A), (10, B))
    first, second = (version.id for version in store.library.history(KEY).versions)
    report = between(store, f"@{second}", f"@{first}")
    assert numbers(report) == (2, 1)
    assert report.interval is None
    assert "Compared backwards" in as_text(report)


def test_the_period_of_an_id_is_chosen_so_that_sides_are_in_order(store: Store) -> None:
    keep_at(store, (0, A), (10, B), (20, A))
    first, second = (version.id for version in store.library.history(KEY).versions)
    report = between(store, f"@{first}", f"@{second}")
    assert not report.backwards
    assert report.interval
    assert report.interval.first_new.captured_at == BEGIN + timedelta(days=10)


def test_an_undeclared_or_uncaptured_policy_raises_usage_error(store: Store) -> None:
    with pytest.raises(UsageError, match="no policy 'cookies'"):
        build_report(store, VENDOR, PolicyKey("marmot", "cookies"), "2019", "2020")
    with pytest.raises(UsageError, match="has been accepted yet"):
        between(store, "2019", "2020")


def test_files_are_named_by_path_and_checksum(tmp_path: Path) -> None:
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_bytes(b"One.")
    new.write_bytes(b"Two words more than before.")
    report = compare_files(
        *(
            FileSide(path, sha256_hex(path.read_bytes()), document(clause(0, path.read_text(encoding="utf-8"))))
            for path in (old, new)
        )
    )
    shape = json.loads(as_json(report))
    assert (shape["old"]["path"], shape["interval"], shape["between"]) == (str(old), None, [])
    assert isinstance(report.new, FileSide)
    assert shape["new"]["sha256"] == report.new.sha256 == capture_of(b"Two words more than before.").sha256


def test_json_is_valid_utf8_and_safe_on_a_terminal() -> None:
    hostile = "\x1b]0;x\x07\x9b\u202e\ud800\x00 Größe"
    text = as_json(file_report(added(0, hostile)))
    text.encode("utf-8")
    assert json.loads(text)["changes"][0]["new"][0]["text"] == hostile
    assert "Größe" in text
    assert not any((ord(char) < 0x20 and char != "\n") or char in "\x7f\x9b\u202e" for char in text)
