"""The verdict: whether a capture shows the policy, and if not, what it shows instead.

A real policy must never be quarantined, so every rule but those of the HTTP status asks first whether the page has a
policy's words; where it has, nothing a page may say besides counts. Length alone decides nothing.
"""

import re
from urllib.parse import urljoin, urlsplit

from core.captures import Capture, Reason, Verdict
from core.clauses import Document
from extraction.html import Page
from extraction.vocabulary import policy_share
from extraction.wording import tidy

#: Words that policies are made of, among all words. The policies this was tried on, several hundred in many
#: languages, have more than one in fifty; the vendors' other pages less than one in two hundred.
_DENSE = 0.012
_SPARSE = 0.006
#: So many of them make a policy, where they are dense.
_ENOUGH = 12
#: A page of fewer words may be a notice that the policy is gone; that is the policy's last version.
_FEW_WORDS = 100
#: So many characters from the beginning show how dense they are.
_SAMPLE = 5_000

_ACCEPTED = Verdict("accepted")

_CHALLENGE_MARKUP = re.compile(
    r"cf-browser-verification|cf[-_]chl[-_]|cdn-cgi/challenge-platform/h/|/\.well-known/sgcaptcha|_Incapsula_Resource|"
    r"incapsula incident id|px-captcha|captcha\.px-cloud|captcha-delivery\.com|geo\.captcha|datadome|ddos-guard|"
    r"awswafcookiedomainlist|aws-waf-token|challenge\.js|distil_r_captcha|/_guard/|sucuri_cloudproxy|g-recaptcha|"
    r"h-captcha|cf-turnstile|perimeterx|reblaze|akamai[^<>]{0,40}challenge|errors\.edgesuite\.net|bm-verify",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"just a moment|attention required|checking (?:if the site connection is secure|your browser)|access (?:is |"
    r"was )?denied|"
    r"access to this page (?:has been|is) denied|pardon our interruption|verify(?:ing)? (?:that )?you are (?:a )?human|"
    r"are you (?:a )?(?:robot|human)|not a robot|human verification|security (?:check|verification)|"
    r"unusual (?:traffic|activity)|you have been blocked|(?:has|was|been) blocked|403[ .:–-]*forbidden|^forbidden|"
    r"error 40[13]\b|\b40[13] error|unauthori[sz]ed|request (?:unsuccessful|blocked|rejected)|ddos protection|captcha|"
    r"not available in your (?:country|region|location)|enable (?:javascript and )?cookies to continue|bot detection|"
    r"accès (?:refusé|interdit)|vérification de sécurité|zugriff verweigert|acceso denegado|accesso negato",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"\b404\b|(?:page|file|document|article|url|content|resource|site)s? (?:(?:you requested |"
    r"you are looking for )?(?:could not|"
    r"can ?not|can.t) be found|(?:was |is )?not found|(?:no longer|doesn.t|does not) exists?|(?:has|"
    r"have) (?:been )?(?:moved|"
    r"removed|deleted))|not found|no longer (?:exists?|available at this)|(?:can.t|cannot|couldn.t|"
    r"could not) (?:seem to )?find|"
    r"nothing (?:was )?found|410 gone|page (?:introuvable|non trouvée|inexistante)|n.existe (?:pas|plus)|"
    r"seite (?:wurde )?nicht gefunden|nicht gefunden|existiert nicht|página no (?:encontrada|existe)|"
    r"no se (?:ha )?encontr|"
    r"página não encontrada|pagina non trovata|pagina niet gevonden|sidan (?:kunde inte hittas|finns inte)|"
    r"siden (?:blev ikke fundet|finnes ikke|findes ikke)|nie znaleziono|stránka nenalezena|страница не найдена|"
    r"wayback machine has not archived|has not been archived|not in archive|got an http \d+ response at crawl",
    re.IGNORECASE,
)
_UNAVAILABLE = re.compile(
    r"\b50[0234]\b|internal server error|bad gateway|service (?:is )?(?:temporarily )?unavailable|gateway time-?out|"
    r"temporarily (?:unavailable|down|offline)|(?:under|scheduled|site|down for) maintenance|be (?:right )?back soon|"
    r"something went wrong|an (?:unexpected |unknown |internal )?error (?:has )?occurr?ed|too many requests|rate limit|"
    r"error establishing a database connection|database error|try again later|bandwidth limit exceeded|"
    r"une erreur est survenue|en maintenance|wartungsarbeiten|fehler ist aufgetreten|en mantenimiento|"
    r"se ha producido un error|in manutenzione|application error|web server is down|connection timed out|"
    r"account (?:has been )?suspended",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:log|sign)[ -]?in\b|please (?:log|sign) in|members? (?:only|area)|forgot(?:ten)? (?:your )?password|"
    r"se connecter|connectez-vous|connexion|identifiez-vous|mot de passe oublié|anmelden|einloggen|passwort vergessen|"
    r"iniciar sesión|inicia sesión|accedi\b|entrar\b|inloggen|logga in|authenticat",
    re.IGNORECASE,
)
_NEEDS_SCRIPT = re.compile(
    r"(?:enable|activate|requires?|needs?|without|turn on|activer|activez|aktivieren|habilita\w*|activa\w*|attiva\w*) "
    r"(?:your )?(?:le |el )?java ?script|javascript (?:is |seems to be |to be )?(?:disabled|required|enabled|"
    r"désactivé|deaktiviert)|"
    r"^(?:loading|please wait|chargement|wird geladen|cargando|caricamento)\b",
    re.IGNORECASE,
)
_NO_SITE = re.compile(
    r"domain (?:name )?(?:is |may be )?(?:for sale|parked|has expired)|buy this domain|this domain (?:is|has)|"
    r"^index of /|welcome to nginx|apache2? .{0,30}default page|^it works!|default web ?site page|website coming soon|"
    r"under construction|plesk|cpanel",
    re.IGNORECASE,
)


_ACCEPT = re.compile(
    r"(?:i )?(?:accept|agree|allow|consent)(?: (?:all|and continue|and close|cookies|all cookies|to all|& continue))?|"
    r"(?:tout )?accepter(?: (?:tout|et fermer|et continuer))?|j.accepte|(?:alle(?:s)? )?akzeptieren|"
    r"zustimmen(?: und weiter)?|"
    r"aceptar(?: todo)?|accetta(?: tutto)?|akkoord|alles accepteren",
    re.IGNORECASE,
)
_SAYINGS: tuple[tuple[re.Pattern[str], Reason], ...] = (
    (_BLOCKED, "blocked"),
    (_NOT_FOUND, "not_found"),
    (_UNAVAILABLE, "unavailable"),
    (_NO_SITE, "not_a_policy"),
)
#: A wall of more words may be the policy itself, shown with a button to agree to it.
_WALL_WORDS = 250


def status_verdict(capture: Capture) -> Verdict | None:
    """What the HTTP status alone says; None where it leaves the page to speak for itself."""
    status = capture.status
    if status is None or 200 <= status < 300:
        return None
    reason: Reason
    if status in (404, 410):
        reason = "not_found"
    elif status == 429 or status >= 500:
        reason = "unavailable"
    elif 400 <= status < 500:
        reason = "blocked"
    else:
        return Verdict("quarantined", "empty", f"answered with HTTP status {status}, which carries no page")
    return Verdict("quarantined", reason, f"answered with HTTP status {status}")


def screen(capture: Capture, payload: bytes, document: Document, page: Page | None) -> Verdict:
    """The verdict on a capture whose bytes could be read and whose HTTP status is a success.

    page: what the document was taken from, where that is HTML.
    """
    policy, count = policy_share(" ".join(clause.text for clause in document.clauses)[:_SAMPLE])
    cut = _truncated(capture, payload, page)
    if cut:
        return Verdict("quarantined", "truncated", cut)
    if page is not None:
        button = _consent_wall(page)
        if button:
            return Verdict("quarantined", "empty", f"the page only asks for consent, with a button {button!r}")
    if count and policy >= _ENOUGH and policy >= _DENSE * count:
        return _ACCEPTED
    if page is None:
        return _without_page(document, count, policy)
    return _of_page(capture, payload, document, page, count, policy)


def _truncated(capture: Capture, payload: bytes, page: Page | None) -> str:
    """How it shows that the payload was cut off; '' where that is not certain."""
    headers = {name.lower(): value for name, value in capture.headers}
    length = headers.get("content-length", "")
    coded = headers.get("content-encoding", "identity").lower() not in ("", "identity")
    if length.isdecimal() and not coded and "transfer-encoding" not in headers and len(payload) < int(length):
        return f"{len(payload)} bytes came of the {length} the server announced"
    if page is not None and len(payload) > 1000:
        end = payload.rstrip()[-400:]
        # A page that ends inside a tag was cut: nobody leaves one open at the very end.
        if re.search(rb"<(?:/|/?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?)$", end) and b"<html" in payload[:4000].lower():
            return f"the page ends inside a tag: {end[-40:].decode('ascii', 'replace')!r}"
    return ""


def _without_page(document: Document, count: int, policy: int) -> Verdict:
    if not document.clauses:
        return Verdict("quarantined", "empty", "there is no text in it")
    if count >= _FEW_WORDS and policy == 0 and document.language in _LANGUAGES:
        return Verdict("quarantined", "not_a_policy", f"none of its {count} words is one that policies are made of")
    return _ACCEPTED


_LANGUAGES = frozenset(["en", "fr", "de", "nl", "es", "pt", "it", "sv", "nb", "no", "da", "fi", "pl", "cs"])


def _of_page(capture: Capture, payload: bytes, document: Document, page: Page, count: int, policy: int) -> Verdict:
    spoken = [block for block in page.blocks if block.linked <= 0.5 and not (block.box and block.box.furniture)]
    said, _ = policy_share(" ".join(block.text for block in spoken)[:_SAMPLE])
    found = _said_instead(page, said)
    if found:
        return found
    if count < 60 and said < 3:
        challenge = _CHALLENGE_MARKUP.search(payload[:300_000].decode("latin-1"))
        if challenge:
            return _quarantined("blocked", f"the page holds a challenge ({challenge[0]})")
    home = _home_page(capture, page)
    if home and policy < max(3, _DENSE * count):
        return _quarantined("not_found", home)
    if page.tree.css_first("input[type=password]") is not None and said < _ENOUGH:
        return _quarantined("login", "the page asks for a password")
    if not document.clauses:
        return _quarantined("empty", _emptiness(page))
    if count < 60 and said == 0:
        unfinished = _unfinished(page)
        if unfinished:
            return unfinished
    if count >= _FEW_WORDS and policy < _SPARSE * count and document.language in _LANGUAGES:
        return _quarantined("not_a_policy", f"{policy} of its {count} words are of those that policies are made of")
    return _ACCEPTED


def _said_instead(page: Page, said: int) -> Verdict | None:
    """What the page says of itself in its title and headings; where it says nothing of a policy, in its first lines."""
    titles = [page.title or "", *[block.text for block in page.blocks if block.level in (1, 2)][:2]]
    start = " ".join([block.text for block in page.blocks[:15]])[:1500]
    size = sum(len(block.text) for block in page.blocks)
    for pattern, reason in _SAYINGS:
        found = next((match for match in map(pattern.search, titles) if match), None)
        if not found and said < 3 and size < 3000:
            found = pattern.search(start)
        if found:
            return _quarantined(reason, f"the page says: {_around(found)!r}")
    return None


def _unfinished(page: Page) -> Verdict | None:
    """A login form without a password field, or a page that waits for its scripts."""
    texts = [page.title or "", *(block.text for block in page.blocks[:10])]
    login = next((match for match in map(_LOGIN.search, texts) if match), None)
    if login and page.tree.css_first("form input") is not None:
        return _quarantined("login", f"the page says: {_around(login)!r}")
    texts += [node.text() for node in page.tree.css("noscript")]
    script = next((match for match in map(_NEEDS_SCRIPT.search, texts) if match), None)
    return _quarantined("empty", f"the page says: {_around(script)!r}") if script else None


def _consent_wall(page: Page) -> str:
    """What a page says that is nothing but a request for consent; '' where it is more, or other.

    Its running text stands in one element with a button to accept. A policy with a banner beside it has its text in
    another element than that button.
    """
    total = sum(block.size for block in page.blocks if not block.in_control and block.linked < 0.5)
    if total > _WALL_WORDS:
        return ""
    for block in page.blocks:
        if not (block.in_control or block.linked > 0.9) or not _ACCEPT.fullmatch(block.text):
            continue
        box = block.box
        while box is not None and box.prose == 0:
            box = box.parent
        if box is not None and box.tag not in ("body", "main") and box.prose >= 0.9 * sum(_top_prose(page)):
            return block.text
    return ""


def _top_prose(page: Page) -> list[int]:
    tops = {}
    for block in page.blocks:
        box = block.box
        while box is not None and box.parent is not None:
            box = box.parent
        if box is not None:
            tops[id(box)] = box.prose
    return list(tops.values())


def _quarantined(reason: Reason, evidence: str) -> Verdict:
    return Verdict("quarantined", reason, evidence)


def _around(match: re.Match[str]) -> str:
    return tidy(match.string[max(0, match.start() - 30) : match.end() + 60])[:120]


def _home_page(capture: Capture, page: Page) -> str:
    """How it shows that the site sent us to its home page; '' where it does not."""
    asked = urlsplit(capture.asked_url).path.strip("/")
    if not asked:
        return ""
    if capture.redirects and not urlsplit(capture.url).path.strip("/") and not urlsplit(capture.url).query:
        return f"the site redirected to its home page, {capture.url}"
    for selector, attribute in (("link[rel=canonical]", "href"), ('meta[property="og:url"]', "content")):
        node = page.tree.css_first(selector)
        address = (node.attributes.get(attribute) or "") if node is not None else ""
        if not address:
            continue
        try:
            parts = urlsplit(urljoin(capture.url, address))
        except ValueError:
            continue
        if parts.netloc and not parts.path.strip("/") and not parts.query and not parts.fragment:
            return f"the page gives the home page as its own address, {address}"
    return ""


def _emptiness(page: Page) -> str:
    if page.tree.css_first('meta[http-equiv="refresh" i]') is not None:
        return "the page only sends the browser on to another"
    if page.tree.css_first("script[src], noscript, script[type=module]") is not None:
        return "there is no text on the page before its scripts run; reading it would need a browser"
    return "there is no text on the page"
