"""What the facts of a capture mean, in words for people who didn't make the capture."""

from collections.abc import Mapping
from typing import Final

from core.captures import Reason, Source

#: What each source says of when and by whom a page was captured.
SOURCE_SENTENCES: Final[Mapping[Source, str]] = {
    "live": "clausewatch fetched the page from this address itself, at the time of the capture.",
    "wayback": (
        "The Wayback Machine of the Internet Archive fetched the page at the time of the capture, and clausewatch got "
        "the stored copy from there."
    ),
    "warc": (
        "The page is from a WARC file, the format in which web archives store what they fetched. The address, the time "
        "and the bytes are as the file states them, so they are as good as whoever made the file."
    ),
    "file": "A person saved the page as a file, and stated its address and the time of the capture.",
}
#: What a capture with each reason shows; docs/versions.md has the whole description.
REASON_SENTENCES: Final[Mapping[Reason, str]] = {
    "blocked": "The site sent a challenge, a CAPTCHA or a refusal in place of the policy.",
    "not_found": (
        "The page says that it does not exist, or is the site's home page in place of the policy. Many sites send such "
        "pages with the HTTP status 200, which stands for success."
    ),
    "login": "The site asked for a sign-in.",
    "consent": "The page only asks visitors to accept cookies or to subscribe.",
    "empty": "The page has no text, or shows its text only in a frame or with JavaScript.",
    "truncated": "A part of the page is missing.",
    "other_document": "The page shows another document.",
    "other_language": "The page shows the policy in another language.",
    "not_a_policy": "The page is no policy: it points to others, or is a form or an offer.",
    "unavailable": "The server reported an error or maintenance.",
    "unreadable": "The stored bytes can't be read as text.",
    "implausible": "The time of the capture can't be true, or the answer had no valid HTTP status.",
    "rejected": "A person looked at the page and decided that it does not show the policy.",
}
#: The names of an archive's identifiers (`core.archives.Provenance`).
IDENTIFIER_NAMES: Final[Mapping[str, str]] = {
    "timestamp": "Time in the archive’s index (UTC)",
    "digest": "Checksum in the archive’s index",
    "urlkey": "Key of the address in the archive’s index",
    "memento": "Address in the archive",
    "record_id": "Name of the record in the WARC file (WARC-Record-ID)",
    "truncated": "What shows that a part is missing",
}
