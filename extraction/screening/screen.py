"""The verdict: whether a capture shows the policy, and if not, what it shows instead.

A real policy must never be quarantined, so what a page says besides counts only where it does not speak as a policy
does, or is named as another document. Length alone decides nothing.
"""

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from core.captures import Capture, Reason, Verdict
from core.clauses import Document
from extraction.furniture.signs import is_consent_control
from extraction.readers.html_page import Page
from extraction.screening import signs
from extraction.words.stated_dates import states_date
from extraction.words.tidying import tidy
from extraction.words.vocabulary import policy_share

#: Words that policies are made of, among all words. The policies this was tried on, several hundred in many
#: languages, have more than one in fifty; the vendors' other pages less than one in two hundred.
_DENSE = 0.012
_SPARSE = 0.006
#: So dense that a text of any length is one.
_VERY_DENSE = 0.035
#: So many of them make a policy, where they are dense.
_ENOUGH = 12
#: A page of fewer words may be a notice that the policy is gone; that is the policy's last version.
_FEW_WORDS = 100
#: So many words of running text make a document, of whatever kind.
_DOCUMENT_WORDS = 250
#: So many characters from the beginning show how dense they are.
_SAMPLE = 3_000
#: Challenges are small pages; their marks stand near the beginning.
_CHALLENGE_BYTES = 60_000
#: What embeds a policy stands in the page's own text, not beyond megabytes of data.
_EMBED_BYTES = 200_000
#: Nor does a page take longer to say what it shows instead.
_PHRASE_SAMPLE = 3_000
#: A wall of more words may be the policy itself, shown with a button to agree to it.
_WALL_WORDS = 350
#: The languages whose words we know.
_LANGUAGES = frozenset(["en", "fr", "de", "nl", "es", "pt", "it", "sv", "nb", "no", "da", "fi", "pl", "cs", "id"])

# How the evidence ends for a person to read; for code, the verdict says so in `needs_browser`.
_WOULD_NEED_BROWSER = "it would need a browser"
_SENDS_ON = "the page only sends the browser on to another"

_ACCEPTED = Verdict("accepted")
_SAYINGS: tuple[tuple[re.Pattern[str], Reason], ...] = (
    (signs.BLOCKED, "blocked"),
    (signs.NOT_FOUND, "not_found"),
    (signs.UNAVAILABLE, "unavailable"),
    (signs.NO_SITE, "not_a_policy"),
)


def status_verdict(capture: Capture, payload: bytes) -> Verdict | None:
    """What the HTTP status alone says; None where it leaves the page to speak for itself.

    Challenges come with many statuses, so the page has a word in which refusal it is.
    """
    status = capture.status
    if status is None or 200 <= status < 300:
        return None
    evidence = f"answered with HTTP status {status}"
    if status in (404, 410):
        return _quarantined("not_found", evidence)
    if status < 400:
        return _quarantined("empty", f"{evidence}, which carries no page")
    if status in (401, 407):
        return _quarantined("login", evidence)
    challenge = _marked(payload[:_CHALLENGE_BYTES], signs.CHALLENGE_MARKUP, signs.CAPTCHA_MARKUP)
    if challenge:
        return _quarantined("blocked", f"{evidence}; the page holds a challenge ({challenge})")
    if status == 429 or status >= 500 or status in (400, 408):
        return _quarantined("unavailable", evidence)
    return _quarantined("blocked", evidence)


def screen(capture: Capture, payload: bytes, document: Document, page: Page | None) -> Verdict:
    """The verdict on a capture whose bytes could be read and whose HTTP status is a success.

    page: what the document was taken from, where that is HTML.
    """
    text = _beginning(document)
    policy, count = policy_share(text)
    cut = _truncated(capture, payload, page)
    if cut:
        return _quarantined("truncated", cut)
    if page is None:
        return _without_page(document, text, count, policy)
    seen = _Seen(capture, payload, document, page, text, count, policy)
    if policy >= _ENOUGH and policy >= _DENSE * count:
        return _consent_wall(seen) or _other_document(seen) or _ACCEPTED
    return _of_page(seen)


def _marked(page: bytes, *markup: re.Pattern[str]) -> str:
    """The first of such markup, as the page writes it; '' where there is none of the first kind, nor of the next."""
    written = page.decode("latin-1")
    lower = written.lower()  # in this encoding no character becomes two by that
    found = next((match for match in (each.search(lower) for each in markup) if match), None)
    return written[found.start() : found.end()] if found else ""


def speaks_as_policy(document: Document) -> bool:
    """Whether a document speaks as densely as policies do, be it only a part of one, of whatever length and name."""
    policy, count = policy_share(_beginning(document))
    return policy > 0 and policy >= _DENSE * count


def _beginning(document: Document) -> str:
    """So much of the document's text as shows how dense it is."""
    texts: list[str] = []
    size = 0
    for clause in document.clauses:
        texts.append(clause.text)
        size += len(clause.text)
        if size >= _SAMPLE:
            break
    return " ".join(texts)[:_SAMPLE]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A page with what was counted on it. text: of the document's beginning, with count words, policy of them such as
    policies are made of."""

    capture: Capture
    payload: bytes
    document: Document
    page: Page
    text: str
    count: int
    policy: int

    @property
    def titles(self) -> list[str]:
        """What the page calls itself: its title and first headings."""
        headings = islice((clause.text for clause in self.document.clauses if clause.kind == "heading"), 2)
        blocks = self.page.blocks
        first = islice((block.text for block in blocks if block.level in (1, 2) and block.linked < 0.5), 2)
        return [_straight(title) for title in dict.fromkeys([self.page.title or "", *headings, *first]) if title]

    @property
    def names_itself(self) -> bool:
        """Whether a part of the title, or a heading, is the name of such a document."""
        own = signs.OWN_TITLE.get(self.capture.policy)
        if own is None:
            return True
        parts = [part for title in self.titles for part in re.split(r"\s[-–—|:·»]\s|: ", title)]
        lead = [clause for clause in self.document.clauses[:2] if clause.kind == "heading" or not clause.links]
        parts += [_straight(clause.text) for clause in lead]
        return any(
            len(part.split()) <= 9 and not part.endswith("?") and own.search(part) and signs.DOCUMENT_NOUN.search(part)
            for part in parts
        ) or any(
            clause.kind == "heading" and len(clause.text.split()) <= 3 and own.search(_straight(clause.text))
            for clause in self.document.clauses[:2]
        )

    @property
    def prose(self) -> int:
        """Words of running text."""
        return sum(len(clause.text.split()) for clause in self.document.clauses if len(clause.text) > 60)


def _straight(text: str) -> str:
    """The beginning of a text, with straight apostrophes: what phrases are looked for in."""
    return text[:_PHRASE_SAMPLE].replace("’", "'").replace("‘", "'")


def _truncated(capture: Capture, payload: bytes, page: Page | None) -> str:
    """How it shows that the payload was cut off; '' where that is not certain."""
    headers = {name.lower(): value for name, value in capture.headers}
    length = headers.get("content-length", "")
    coded = headers.get("content-encoding", "identity").lower() not in ("", "identity")
    if length.isdecimal() and not coded and "transfer-encoding" not in headers and len(payload) < int(length):
        return f"{len(payload)} bytes came of the {length} the server announced"
    if page is None or len(payload) < 1000 or not re.search(rb"<(?:!doctype html|html|body)\b", payload[:4000], re.I):
        return ""
    end = payload[-4000:].rstrip()[-2000:]
    shown = end[-40:].decode("ascii", "replace")
    # A page that ends inside a tag was cut: nobody leaves one open at the very end.
    if re.search(rb"<(?:/|/?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?)$", end):
        return f"the page ends inside a tag: {shown!r}"
    # So was one that closes its elements as a rule, and ends inside one, in the middle of a word or sentence.
    if not re.search(rb"</(?:body|html)\s*>", end, re.IGNORECASE) and payload.count(b"</") > 12:
        left = re.search(rb"<(p|li|h[1-6]|td|div|span|a|strong|script)\b[^<>]*>[^<>]*[a-zA-Z,]$", end, re.IGNORECASE)
        if left:
            return f"the page ends inside <{left[1].decode()}>: {shown!r}"
    return ""


def _without_page(document: Document, text: str, count: int, policy: int) -> Verdict:
    if not document.clauses:
        return _quarantined("empty", "there is no text in it")
    if text.startswith(("{", "[{")) and '":' in text[:200]:
        return _quarantined("not_a_policy", f"it is data for programs: {text[:60]!r}")
    if count >= _FEW_WORDS and policy == 0 and document.language in _LANGUAGES:
        return _quarantined("not_a_policy", f"none of its {count} words is one that policies are made of")
    return _ACCEPTED


def _of_page(seen: _Seen) -> Verdict:
    """The verdict on a page that does not speak as policies do."""
    small = seen.count < 200 and not (seen.names_itself and seen.policy >= _VERY_DENSE * seen.count)
    found = _challenge(seen, small) or _said_instead(seen, small) or _home_page(seen) or _consent_wall(seen)
    if found:
        return found
    if seen.page.tree.css_first("input[type=password]") is not None and not (seen.names_itself and seen.prose > 60):
        return _quarantined("login", "the page asks for a password")
    unfinished = _unfinished(seen) if seen.count < 60 else None
    if unfinished:
        return unfinished
    other = _other_document(seen)
    if other:
        return other
    return _ACCEPTED if _may_be_policy(seen) else _no_policy(seen)


def _challenge(seen: _Seen, small: bool) -> Verdict | None:
    if not small:
        return None
    page = seen.payload[:_CHALLENGE_BYTES]
    found = _marked(page, signs.CHALLENGE_MARKUP) if seen.policy < 3 or seen.count < 60 else ""
    if not found and seen.count < 60 and not seen.names_itself and seen.policy == 0:
        found = _marked(page, signs.CAPTCHA_MARKUP)
    if found and not (seen.names_itself and seen.prose):
        return _quarantined("blocked", f"the page holds a challenge ({found})")
    return None


def _said_instead(seen: _Seen, small: bool) -> Verdict | None:
    """What the page says of itself in its title and headings; where it says nothing of a policy, in its first lines."""
    titles = seen.titles
    shown = [block.text for block in seen.page.blocks[:20] if block.linked < 0.5]
    lines = [
        _straight(text) for text in (*(clause.text for clause in seen.document.clauses[:8]), *shown) if len(text) < 300
    ]
    speaks = seen.names_itself and seen.policy >= _VERY_DENSE * seen.count
    quiet = small and not speaks and not signs.WITHDRAWN.search(seen.text)
    for texts in (titles, lines if quiet else []):
        for pattern, reason in _SAYINGS:
            found = next((match for match in map(pattern.search, texts) if match), None)
            if found:
                return _quarantined(reason, f"the page says: {_around(found)!r}")
    names = {name for block in seen.page.blocks for name in (block.box.names.split() if block.box else ())}
    body = seen.page.tree.body
    if body is not None:
        names.update((body.attributes.get("class") or "").lower().split())
    named = names & signs.NOT_FOUND_NAMES
    if named and small and not seen.names_itself:
        return _quarantined("not_found", f"an element of the page is called {min(named)!r}")
    return None


def _unfinished(seen: _Seen) -> Verdict | None:
    """A login form without a password field, a page that waits for its scripts, one that sends the browser on."""
    page, prose = seen.page, seen.prose
    texts = [_straight(text) for text in (page.title or "", *(block.text for block in page.blocks[:10]))]
    login = next((match for match in map(signs.LOGIN.search, texts) if match), None)
    if login and seen.policy == 0 and _asks_to_log_in(seen):
        return _quarantined("login", f"the page says: {_around(login)!r}")
    if page.tree.css_first('meta[http-equiv="refresh" i]') is not None and not prose:
        return _needs_browser(_SENDS_ON)
    texts += [_straight(node.text()) for node in page.tree.css("noscript")[:10]]
    script = next((match for match in map(signs.NEEDS_SCRIPT.search, texts) if match), None)
    if script and seen.policy == 0:
        return _needs_browser(f"the page says: {_around(script)!r}; reading {_WOULD_NEED_BROWSER}")
    sentences = [
        clause for clause in seen.document.clauses if clause.kind != "heading" and len(clause.text.split()) > 3
    ]
    if not sentences:
        embed = _marked(seen.payload[:_EMBED_BYTES], signs.EMBEDS)
        if embed:
            return _needs_browser(f"a script is to put the policy here ({embed}); {_WOULD_NEED_BROWSER}")
        return _without_text(page, "no text" if not seen.count else "nothing but a heading or some links")
    return None


def _asks_to_log_in(seen: _Seen) -> bool:
    """Whether there is a form that asks who the reader is, or hands that on (SAML 2.0 bindings, section 3.5)."""
    fields = seen.page.tree.css("form input")
    names = " ".join(f"{field.attributes.get('name')} {field.attributes.get('id')}".lower() for field in fields)
    return bool(re.search(r"mail|user|login|name|account|identifier|phone|saml|relaystate", names))


def _consent_wall(seen: _Seen) -> Verdict | None:
    """A page that is nothing but a request for consent; None where it is more, or other.

    Its text ends with a button to accept. A policy with a banner beside it has its text in another element than that
    button, and a policy shown with a button to agree to it has its title, or its date.
    """
    total = sum(block.size for block in seen.page.blocks if not block.in_control and block.linked < 0.5)
    if total > _WALL_WORDS or _reads_as_policy(seen):
        return None
    inputs = seen.page.tree.css("input[type=submit], input[type=button]")
    said = [field.attributes.get("value") or "" for field in inputs]
    accepts = next((text for text in said if is_consent_control(_straight(text).strip())), "")
    prose = sum(block.size for block in seen.page.blocks if block.size >= 12 and block.linked < 0.5)
    for block in seen.page.blocks:
        if (block.in_control or block.linked > 0.9) and is_consent_control(_straight(block.text)):
            accepts = accepts or block.text
            box = block.box
            while box is not None and box.prose < 0.7 * prose:
                box = box.parent
            if prose and box is not None and box.tag not in ("body", "main"):
                return _asked_for_consent(block.text)
    if accepts and not seen.names_itself and len(signs.ASKS_CONSENT.findall(seen.text)) > 1:
        return _asked_for_consent(accepts)
    return None


def _asked_for_consent(button: str) -> Verdict:
    return _quarantined("empty", f"the page only asks for consent, with a button {button!r}")


def _reads_as_policy(seen: _Seen) -> bool:
    """Whether the text has the parts of a policy: its name and a date, or several headings."""
    clauses = seen.document.clauses
    dated = any(states_date(block.text) for block in seen.page.blocks)
    return seen.names_itself and (dated or sum(clause.kind == "heading" for clause in clauses) >= 4)


def _other_document(seen: _Seen) -> Verdict | None:
    """Whether the page is named as another document, and nothing names it as the one that was asked for."""
    own, others = signs.OWN_TITLE.get(seen.capture.policy), signs.OTHER_TITLES.get(seen.capture.policy)
    if own is None or others is None or seen.count < 60:
        return None
    titles = seen.titles
    kind = None if seen.names_itself else _other_kind(seen.page)
    if kind:
        return _quarantined("other_document", f"the page says of itself: {kind}")
    headings = [_straight(clause.text) for clause in seen.document.clauses if clause.kind == "heading"][:3]
    other = next((match for match in map(others.search, titles) if match), None)
    if other and not any(own.search(text) for text in (*titles, *headings)):
        return _quarantined("other_document", f"it is called {_around(other)!r}")
    return None


def _other_kind(page: Page) -> str:
    """What a page's data for search engines say it is, where that is no policy; '' where they do not."""
    data = [node.text() for node in page.tree.css('script[type="application/ld+json"]')]
    for text in (*data, f"<title>{page.title or ''}"):
        found = signs.OTHER_KIND.search(text)
        if found:
            return tidy(found[0])
    return ""


def _may_be_policy(seen: _Seen) -> bool:
    """Whether a page that says nothing against it may be the policy."""
    if seen.document.language not in _LANGUAGES:
        return True  # of its words we know too few
    if seen.policy < _SPARSE * seen.count:
        return bool(signs.WITHDRAWN.search(_straight(seen.text)))
    some = seen.policy >= 5 and seen.policy >= 0.02 * seen.count
    dense = seen.policy >= _VERY_DENSE * seen.count
    return seen.names_itself or some or dense or bool(signs.WITHDRAWN.search(_straight(seen.text)))


def _no_policy(seen: _Seen) -> Verdict:
    evidence = f"{seen.policy} of its {seen.count} words are of those that policies are made of"
    if seen.prose >= _DOCUMENT_WORDS and seen.titles:
        return _quarantined("other_document", f"it is called {seen.titles[0][:80]!r}; {evidence}")
    return _quarantined("not_a_policy", evidence)


def _quarantined(reason: Reason, evidence: str) -> Verdict:
    return Verdict("quarantined", reason, evidence)


def _needs_browser(evidence: str) -> Verdict:
    return Verdict("quarantined", "empty", evidence, needs_browser=True)


def _around(match: re.Match[str]) -> str:
    return tidy(match.string[max(0, match.start() - 30) : match.end() + 60])[:120]


def _home_page(seen: _Seen) -> Verdict | None:
    """Whether the site sent us to its home page."""
    capture = seen.capture
    if seen.names_itself or not _steps(capture.asked_url):
        return None
    arrived = urlsplit(capture.url)
    if capture.redirects and _is_home(capture.url) and not arrived.query and capture.asked_url != capture.url:
        return _quarantined("not_found", f"the site redirected to its home page, {capture.url}")
    for selector, attribute in (("link[rel=canonical]", "href"), ('meta[property="og:url"]', "content")):
        node = seen.page.tree.css_first(selector)
        address = (node.attributes.get(attribute) or "") if node is not None else ""
        if not address:
            continue
        try:
            parts = urlsplit(urljoin(capture.url, address))
        except ValueError:
            continue
        if parts.netloc and not parts.path.strip("/") and not parts.query and not parts.fragment:
            return _quarantined("not_found", f"the page gives the home page as its own address, {address}")
    return None


def _steps(url: str) -> list[str]:
    return [step for step in urlsplit(url).path.lower().split("/") if step]


def _is_home(url: str) -> bool:
    """Whether an address has nothing in its path but a language and what home pages are called."""
    return all(step in signs.HOME_STEPS or re.fullmatch(r"[a-z]{2}(?:[-_][a-z]{2})?", step) for step in _steps(url))


def _without_text(page: Page, what: str) -> Verdict:
    if page.tree.css_first('meta[http-equiv="refresh" i]') is not None:
        return _needs_browser(_SENDS_ON)
    if page.tree.css_first("script[src], noscript, script[type=module]") is not None:
        return _needs_browser(f"there is {what} on the page before its scripts run; reading {_WOULD_NEED_BROWSER}")
    return _quarantined("empty", f"there is {what} on the page")
