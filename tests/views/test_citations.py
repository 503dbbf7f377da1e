"""Citations of captures, in plain text and BibTeX, whatever a vendor has written."""

import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from views.citations import Citation, bibtex, plain_text

_MOMENT = datetime(2016, 10, 18, 22, 57, 56, tzinfo=UTC)
_SHA256 = "ab" * 32


def _citation(older: Citation | None = None, **fields: Any) -> Citation:
    values: dict[str, Any] = {
        "author": "Lanternpost",
        "title": "Privacy policy",
        "address": "https://www.lanternpost.example/privacy",
        "page": "https://watch.example.org/-/captures/7",
        "sha256": _SHA256,
        **fields,
    }
    return Citation(captured_at=_MOMENT, accessed=datetime(2026, 1, 2, tzinfo=UTC), older=older, **values)


def test_a_citation_names_address_times_checksum_and_version() -> None:
    archive = "https://web.archive.org/web/20161018225756/https://www.lanternpost.example/privacy"
    assert plain_text(_citation(version="4f2a", archive=archive)) == (
        "Lanternpost: Privacy policy. https://www.lanternpost.example/privacy. Captured 2016-10-18T22:57:56Z "
        f"(SHA-256 {_SHA256}, version 4f2a). Archived at {archive}. "
        "https://watch.example.org/-/captures/7, seen 2026-01-02."
    )


def test_a_comparison_is_cited_with_the_evidence_of_both_texts() -> None:
    older = _citation(sha256="cd" * 32, version="1b", address="http://www.lanternpost.example/privacy.html")
    citation = _citation(older, version="4f2a")
    assert plain_text(citation) == (
        "Lanternpost: Privacy policy. Old text: http://www.lanternpost.example/privacy.html. "
        f"Captured 2016-10-18T22:57:56Z (SHA-256 {'cd' * 32}, version 1b). "
        "New text: https://www.lanternpost.example/privacy. "
        f"Captured 2016-10-18T22:57:56Z (SHA-256 {_SHA256}, version 4f2a). "
        "https://watch.example.org/-/captures/7, seen 2026-01-02."
    )
    assert re.search(f"privacy.html.*{'cd' * 32}; version 1b; new text: .*{_SHA256}; version 4f2a", bibtex(citation))


def test_a_clause_is_cited_by_its_number_and_its_headings() -> None:
    citation = _citation(clause=6, path=("Privacy policy", 'What we {"keep"}\u202e'))
    assert "Lanternpost: Privacy policy, clause 6, under “Privacy policy › What we {" in plain_text(citation)
    entry = bibtex(citation)
    assert r"{{Privacy policy, clause 6, under “Privacy policy › What we \textbraceleft{}\textquotedbl{}keep" in entry
    assert "\u202e" not in entry + plain_text(citation)


def test_what_is_cited_together_has_different_keys() -> None:
    """BibTeX refuses a file in which two entries have one key."""
    citations = _citation(), _citation(clause=6), _citation(clause=7), _citation(_citation())
    keys = [bibtex(citation).partition(",")[0] for citation in citations]
    assert keys[1] == "@misc{lanternpost-20161018-abababab-clause-6"
    assert len(set(keys)) == len(keys)


def test_bibtex_escapes_what_latex_reads_as_a_command() -> None:
    entry = bibtex(_citation(author="R&D_{50%} #1 \\input{x} ~^$"))
    assert (
        r"author = {{R\&D\_\textbraceleft{}50\%\textbraceright{} \#1 \textbackslash{}input\textbraceleft{}x"
        r"\textbraceright{} \textasciitilde{}\textasciicircum{}\$}}"
    ) in entry


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_ends_its_field_of_bibtex(author: str, title: str, address: str, version: str) -> None:
    entry = bibtex(_citation(author=author, title=title, address=address, version=version))
    assert fields_of(entry).keys() == {"author", "title", "year", "month", "url", "urldate", "note"}
    assert entry.isprintable() or set(re.findall(r"[^ -~\n]", entry)) <= set(author + title + version + "\ufffd")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e]", entry)


@given(st.text(), st.text(), st.text())
def test_a_citation_is_one_line(author: str, title: str, address: str) -> None:
    line = plain_text(_citation(author=author, title=title, address=address))
    assert len(line.splitlines()) == 1
    assert line.encode()


def fields_of(entry: str) -> dict[str, str]:
    """Returns the fields of a BibTeX entry, by BibTeX's own grammar: a value ends at the brace that closes it."""
    head = re.match(r"@misc\{[a-z0-9-]+,\n", entry)
    assert head
    fields, at = {}, head.end()
    while not entry.startswith("}", at):
        name = re.compile(r"  ([a-z]+) = \{").match(entry, at)
        assert name, entry[at:]
        depth, end = 1, name.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(entry[end], 0)
            end += 1
        fields[name[1]] = entry[name.end() : end - 1]
        assert entry.startswith(",\n", end)
        at = end + 2
    assert entry[at:] == "}\n"
    return fields
