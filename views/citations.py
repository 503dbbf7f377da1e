"""A capture cited as a source: in plain text, and in BibTeX."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from core.dates import iso
from core.escaping import UNSAFE_CLASS

# What LaTeX reads as a command. BibTeX counts braces even behind a backslash (btxdoc, section 4), so a brace is a
# command, too.
_LATEX: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
} | {special: f"\\{special}" for special in "#$%&_"}
_SPECIALS = re.compile("[" + re.escape("".join(_LATEX)) + "]")
_SPACES = re.compile(r"\s+")
_UNSAFE = re.compile(f"[\x00-\x1f{UNSAFE_CLASS}\ufff9-\ufffb\ufffe\uffff]")
# The characters of an address (RFC 3986) that mean nothing to BibTeX, nor to LaTeX's \url.
_ADDRESS_CHARACTERS: Final = ":/?#[]@!$&'()*+,;=-._~%"
_LONGEST_NAME = 300
_LONGEST_ADDRESS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What names a capture, so that somebody else can find it and check it.

    author: the vendor's name. title: what was captured, such as `Privacy policy`.
    address: the address that sent the page. archive: the address of a web archive that has the page; '' if none has.
    captured_at: timezone-aware UTC. sha256: the SHA-256 of the page's bytes.
    version: the id of the version that the capture shows; '' if it shows none.
    page: the address of the reading room's page about the capture. accessed: when the reader saw the page.
    clause, change: the number of the clause or of the change that is cited, from 1; None for the whole text or the
        whole comparison. path: the headings above it.
    quarantined: the reason why the capture is quarantined, in words; '' if it isn't.
    older: the capture with which this one was compared, if the page shows what changed; otherwise None. Its `page`
        isn't cited.
    """

    author: str
    title: str
    address: str
    captured_at: datetime
    sha256: str
    page: str
    accessed: datetime
    archive: str = ""
    version: str = ""
    clause: int | None = None
    change: int | None = None
    path: tuple[str, ...] = ()
    quarantined: str = ""
    older: "Citation | None" = None

    @property
    def part(self) -> str:
        """What follows the title: `, clause 6, under “Privacy policy”`, `, quarantined (not found)`; or empty."""
        if self.quarantined:
            return f", quarantined ({self.quarantined})"
        numbers = (("clause", self.clause), ("change", self.change))
        named = "".join(f", {name} {number}" for name, number in numbers if number is not None)
        return named + (f", under “{' › '.join(self.path)}”" if named and self.path else "")


def plain_text(citation: Citation) -> str:
    """Returns the citation as one line of text. It contains no control character, whatever the vendor wrote."""
    parts = [
        f"{_name(citation.author)}: {_name(citation.title)}{_name(citation.part)}.",
        *(["Old text:", *_source(citation.older), "New text:"] if citation.older else []),
        *_source(citation),
        f"{_address(citation.page)}, seen {_day(citation.accessed)}.",
    ]
    return " ".join(parts)


def bibtex(citation: Citation) -> str:
    """Returns the citation as an entry of a BibTeX file, which BibTeX and biblatex read.

    Every value is escaped, so that no text of a vendor ends its field or becomes a command of LaTeX.
    """
    captured = citation.captured_at.astimezone(UTC)
    older = (
        f"Old text: \\url{{{_address(citation.older.address)}}}; {_note(citation.older)}; new text: "
        if citation.older
        else ""
    )
    fields = {
        "author": f"{{{_latex(citation.author)}}}",  # the inner braces keep a company's name from being divided
        "title": f"{{{_latex(citation.title)}{_latex(citation.part)}}}",
        "year": str(captured.year),
        "month": str(captured.month),
        "url": _address(citation.address),
        "urldate": _day(citation.accessed),
        "note": f"{older}{_note(citation)}; shown at \\url{{{_address(citation.page)}}}",
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{_entry_key(citation)},\n{lines}}}\n"


def _source(citation: Citation) -> list[str]:
    return [
        f"{_address(citation.address)}.",
        f"Captured {iso(citation.captured_at)}",
        f"(SHA-256 {citation.sha256}{f', version {citation.version}' if citation.version else ''}).",
        *([f"Archived at {_address(citation.archive)}."] if citation.archive else []),
    ]


def _note(citation: Citation) -> str:
    version = f"; version {_latex(citation.version)}" if citation.version else ""
    archived = f"; archived at \\url{{{_address(citation.archive)}}}" if citation.archive else ""
    return f"Captured {iso(citation.captured_at)}; SHA-256 {citation.sha256}{version}{archived}"


def _entry_key(citation: Citation) -> str:
    """Returns the key of a BibTeX entry. Captures, comparisons, clauses and changes have different keys."""
    author = re.sub("[^a-z0-9]+", "", citation.author.lower())[:40] or "vendor"
    older = f"-since-{citation.older.captured_at.astimezone(UTC):%Y%m%d}" if citation.older else ""
    part = f"-clause-{citation.clause}" if citation.clause else f"-change-{citation.change}" if citation.change else ""
    return f"{author}-{citation.captured_at.astimezone(UTC):%Y%m%d}-{citation.sha256[:8]}{older}{part}"


def _name(text: str) -> str:
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", _SPACES.sub(" ", text).strip())[:_LONGEST_NAME]


def _latex(text: str) -> str:
    return _SPECIALS.sub(lambda match: _LATEX[match[0]], _name(text))


def _address(url: str) -> str:
    """Returns an address in which everything but the characters of RFC 3986 is percent-encoded."""
    return quote(url[:_LONGEST_ADDRESS], safe=_ADDRESS_CHARACTERS, errors="replace")


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
