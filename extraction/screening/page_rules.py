"""Rules that recognise HTML pages that servers send instead of the policy.

Examples are bot challenges, error pages, login forms, consent walls, and empty pages that a script fills later.
"""

import re

from core.captures import Reason, Verdict
from extraction.blocks import Box
from extraction.furniture.elements import is_around
from extraction.furniture.names import is_consent_control
from extraction.screening import phrases
from extraction.screening.document_rules import links_instead_of_text
from extraction.screening.facts import (
    PageFacts,
    count_words,
    first_markup,
    first_match,
    quarantined,
    quote,
    searchable,
    title_parts,
    would_need_browser,
)
from extraction.screening.home_page_rules import (
    home_page,
    is_root,
    named_as_host,
    redirect_to_home_page,
)
from extraction.screening.page_types import NOT_FOUND_NAMES, stated_type
from extraction.screening.transfer_rules import CHALLENGE_BYTES
from extraction.words.normalization import word_set
from extraction.words.stated_dates import states_date

# The number of bytes at a page's beginning that are searched for markup that embeds a policy. Such markup is near the
# page's text. The megabytes of data that may follow aren't searched.
_EMBED_BYTES = 200_000
# A page with more words than this doesn't count as a consent wall, because the page may be the policy itself, with a
# button to agree to the policy.
_CONSENT_WALL_WORDS = 350
# Most of a page's words: the share of them that stands in the element with the button of a consent wall.
_CONSENT_SHARE = 0.7
# The caption of a button has at most about this many words.
_CAPTION_WORDS = 3
# A text that asks for consent uses at least this many words of cookies, partners and consent.
_CONSENT_USES = 3
# Words in the class names and ids of elements that stand in front of a page until the visitor has chosen.
_GATE_NAMES = word_set("gate wall consent paywall cookiewall consentwall")
# A page with at least this much running text, in words, doesn't count as a bot challenge.
_CHALLENGE_WORDS = 100
# A page with at least this much running text, in words, may be a policy with a form to log in above it.
_LOGIN_WORDS = 60
# A notice of a few lines has at least this much running text, in words.
_NOTICE_WORDS = 20
# A form has at least this many fields. A field for a newsletter, or for a search, is no form.
_FORM_FIELDS = 3
_REQUEST_FIELDS = 5
_REQUEST_WORDS = 200
# A page with at least this many words isn't only a form: a policy in tables may stand above it.
_FORM_WORDS = 80
# A stub with at least this much running text, in words, may be a short policy with a frame beside it.
_FRAME_WORDS = 20
# A line that states an HTTP status has at most this many words.
_CODE_WORDS = 6
# A line is searched for the phrases of error pages if it has fewer characters than this. Longer lines are running text,
# in which a policy may use the same phrases.
_LONGEST_NOTICE = 300

_PHRASES_BY_REASON: tuple[tuple[re.Pattern[str], Reason], ...] = (
    (phrases.BLOCKED, "blocked"),
    (phrases.MISSING_CODE, "not_found"),
    (phrases.NOT_FOUND, "not_found"),
    (phrases.UNAVAILABLE, "unavailable"),
    (phrases.NO_SITE, "not_a_policy"),
    (phrases.REGISTERED_DOMAIN, "not_a_policy"),
)
# An IPv4 address (RFC 791) that isn't of a private network (RFC 1918) or of the server itself, or a long IPv6 address
# (RFC 4291).
_IP_ADDRESS = re.compile(
    r"(?<![\d.])(?!127\.|10\.|192\.168\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|"
    r"\b(?:[0-9a-f]{1,4}:){4,7}:?[0-9a-f]{1,4}\b",
    re.IGNORECASE,
)
# A number with more digits than a telephone number or an account number has.
_INCIDENT = re.compile(r"(?<!\d)\d{16,}(?!\d)")
_INCIDENT_WORDS = 16
# A text with fewer words than this that mentions JavaScript asks for it, in whatever language.
_JAVASCRIPT = re.compile(r"java ?script", re.IGNORECASE)
_FEW_WORDS = 30
# A waiting room loads itself again after at most this many seconds. News sites reload every page, but less often.
_LONGEST_WAIT = 180
_REFRESH = 'meta[http-equiv="refresh" i]'


def challenge(facts: PageFacts) -> Verdict | None:
    """Quarantines a page with hardly any running text that is a bot challenge. Evidence: markup of bot challenges."""
    if facts.running_words >= _CHALLENGE_WORDS or (facts.is_named_as_policy and facts.running_words):
        return None
    page = facts.payload[:CHALLENGE_BYTES]
    markup = first_markup(page, phrases.CHALLENGE_MARKUP)
    if not markup and facts.is_stub and not facts.is_named_as_policy:
        markup = first_markup(page, phrases.CAPTCHA_MARKUP)
    return quarantined("blocked", f"the page holds a challenge ({markup})") if markup else None


def title_of_error_page(facts: PageFacts) -> Verdict | None:
    """Quarantines a page whose title or first headings have the phrases of an error page.

    Examples are "Access denied", "Page not found", "Service unavailable" and "This domain is for sale". If the page has
    running text, the phrase must be most of a title: "404 Harbour Street" may be an address.
    """
    if facts.running_words < _CHALLENGE_WORDS and not facts.is_named_as_policy:
        verdict = _error_verdict([title for title in facts.titles if len(title) < _LONGEST_NOTICE])
        missing = first_match(phrases.MISSING_PAGE, facts.titles)
        if verdict is None and missing:
            return quarantined("not_found", f"the page says: {quote(missing)!r}")
        return verdict
    return _error_verdict(facts.titles, most=True)


def titles_of_error_page(facts: PageFacts) -> Verdict | None:
    """Quarantines a page with a long text if both its title and its first heading have the phrases of an error page.

    One of them is no evidence on such a page: "404 Media" and "Coming Soon Theatre" are names of vendors.
    """
    if facts.is_named_as_policy:
        return None
    in_title = _error_verdict([searchable(facts.page.title or "")], most=True)
    return in_title if in_title and _error_verdict(facts.headings[:1], most=True) else None


def asked_to_come_again(facts: PageFacts) -> Verdict | None:
    """Quarantines a small page that the visitor is to ask for again, as pages about maintenance and waiting rooms do.

    Evidence: the header Retry-After (RFC 9110, section 10.2.3), or a `<meta>` refresh that loads the same page again.
    """
    if not facts.is_small or facts.is_named_as_policy:
        return None
    if any(name.lower() == "retry-after" and value.strip() != "0" for name, value in facts.capture.headers):
        return quarantined("unavailable", "the server asks to come again later (Retry-After)")
    node = facts.page.tree.css_first(_REFRESH)
    content = (node.attributes.get("content") or "") if node is not None else ""
    seconds = content.strip(" ;\n\t")
    if re.fullmatch(r"[0-9]{1,4}", seconds) and int(seconds) <= _LONGEST_WAIT:
        return quarantined("unavailable", f"the page loads itself again after {seconds} seconds")
    return None


def address_of_visitor(facts: PageFacts) -> Verdict | None:
    """Quarantines a small page that states an IP address or a very long number, as refusals of access do."""
    if not facts.is_small or facts.is_named_as_policy:
        return None
    lines = [searchable(block.text) for block in facts.page.blocks]
    match = first_match(_IP_ADDRESS, lines)
    if match:
        return quarantined("blocked", f"the page states the visitor's address: {quote(match)!r}")
    match = first_match(_INCIDENT, [line for line in lines if count_words(line) <= _INCIDENT_WORDS])
    return quarantined("blocked", f"the page states the number of an incident: {quote(match)!r}") if match else None


def first_lines_of_error_page(facts: PageFacts) -> Verdict | None:
    """Quarantines a small page whose first lines have the phrases of an error page.

    Exception: a notice that the policy is withdrawn isn't quarantined, although it may have the same phrases.
    """
    if not facts.is_small or phrases.WITHDRAWN.search(facts.beginning):
        return None
    if facts.is_named_as_document and facts.running_words >= _LOGIN_WORDS:
        return None
    clauses = (clause.text for clause in facts.document.clauses[:8])
    page_lines = (block.text for block in facts.page.blocks[:20] if block.link_share < 0.5)
    # A row of several cells holds data: vendors who protect sites against bots are in lists of subprocessors.
    texts = [searchable(text) for text in (*clauses, *page_lines) if len(text) < _LONGEST_NOTICE and " | " not in text]
    if facts.is_named_as_document:
        # A legal notice states in whose name the domain is registered (Spain: LSSI, article 10).
        texts = [text for text in texts if not phrases.REGISTERED_DOMAIN.search(text)]
    return _error_verdict(texts)


def _error_verdict(texts: list[str], most: bool = False) -> Verdict | None:
    """Returns the verdict on texts with the phrases of an error page.

    most: whether a phrase must be at least half of a text's part, as title_parts divides the text.
    """
    if most:
        texts = [part for text in texts for part in title_parts(text)]
    texts = list(dict.fromkeys(texts))
    for pattern, reason in _PHRASES_BY_REASON:
        for text in texts:
            match = pattern.search(text)
            if match and pattern is phrases.MISSING_CODE and count_words(text) > _CODE_WORDS:
                continue  # a sentence with a number, such as the number of a house
            if match and (not most or 2 * (match.end() - match.start()) >= len(text)):
                return quarantined(reason, f"the page says: {quote(match)!r}")
    return None


def stated_as_other_type(facts: PageFacts) -> Verdict | None:
    """Quarantines a page that isn't named as the policy, and whose markup states another type of page.

    Types are, for example, the home page, the log-in page and a list of what a search found.
    """
    if facts.is_named_as_policy:
        return None
    stated = stated_type(facts.page)
    if stated is None or (stated.reason == "not_a_policy" and is_root(facts.capture.asked_url)):
        return None
    return quarantined(stated.reason, f"the markup states the type of the page: {stated.markup!r}")


def element_named_not_found(facts: PageFacts) -> Verdict | None:
    """Quarantines a small page with an element that has a class name or id of "page not found" pages."""
    if not facts.is_small or facts.is_named_as_policy:
        return None
    names = {name for block in facts.page.blocks for name in (block.box.names.split() if block.box else ())}
    not_found_names = names & NOT_FOUND_NAMES
    if not_found_names:
        return quarantined("not_found", f"an element of the page is called {min(not_found_names)!r}")
    return None


def consent_wall(facts: PageFacts) -> Verdict | None:
    """Quarantines a page that only asks for consent.

    Evidence: a button to accept, in the same element as most of the page's words; any button, and running text that
    speaks of cookies, partners and consent; or any button, in an element that is laid over a page or is named as a
    gate. If a page shows a policy beside a consent banner, the policy's text and the button are in different elements.
    A page isn't quarantined if it is named as the policy and also has a stated date or several headings: it may be a
    policy with a button to agree to it.
    """
    blocks = [block for block in facts.page.blocks if not block.on_button and block.link_share < 0.5]
    shown_words = sum(block.words for block in blocks)
    if shown_words > _CONSENT_WALL_WORDS or _has_parts_of_policy(facts):
        return None
    content_words = sum(block.words for block in blocks if not is_around(block.box))
    inputs = facts.page.tree.css("input[type=submit], input[type=button]")
    captions = [node.attributes.get("value") or "" for node in inputs]
    button = next((caption for caption in captions if is_consent_control(searchable(caption).strip())), "")
    other_button = ""
    is_gate = False
    is_below_heading = False
    for block in facts.page.blocks:
        is_below_heading = is_below_heading or (block.level in (1, 2) and not is_around(block.box))
        if not (block.on_button or block.link_share > 0.9):
            continue
        box = block.box
        while box is not None and box.words < _CONSENT_SHARE * content_words:
            box = box.parent
        is_with_text = bool(content_words) and box is not None and box.prose_words and box.tag != "body"
        if is_consent_control(searchable(block.text)):
            if is_with_text and box is not None and box.tag != "main":
                return _consent_verdict(block.text)
            button = button or (block.text if is_with_text or not _has_own_text(block.box) else "")
        elif block.on_button and is_with_text and is_below_heading and not is_around(block.box):
            # A button above the heading belongs to what stands around the text, such as a shop's offers.
            other_button = other_button or block.text
            is_gate = is_gate or _is_gate(box)
    if facts.is_named_as_document:
        return None
    uses = len(phrases.ASKS_CONSENT.findall(facts.beginning))
    is_gate = is_gate and not facts.is_named_as_policy
    # A document about cookies speaks of them in any case.
    asks = uses >= _CONSENT_USES and facts.kind != "cookies"
    if (button and uses > 1) or (other_button and facts.is_small and (asks or is_gate)):
        return _consent_verdict(button or other_button)
    return None


def _is_gate(box: Box | None) -> bool:
    """Returns whether an element, or one around it, is a dialog or is named as what stands in front of a page.

    The names of <body> don't count, because many sites put the page's address there.
    """
    while box is not None and box.tag != "body":
        if box.role in ("dialog", "alertdialog") or box.tag == "dialog":
            return True
        if not _GATE_NAMES.isdisjoint(re.split(r"[^a-z]+", box.names)):
            return True
        box = box.parent
    return False


def _has_own_text(box: Box | None) -> bool:
    """Returns whether a button stands in a small box with text of its own, as in a banner over the page."""
    while box is not None and box.tag not in ("body", "main"):
        if box.prose_words or box.words > _CAPTION_WORDS * (box.buttons + box.link_blocks):
            return True
        box = box.parent
    return False


def _consent_verdict(button: str) -> Verdict:
    return quarantined("consent", f"the page only asks for consent, with a button {button!r}")


def _has_parts_of_policy(facts: PageFacts) -> bool:
    """Returns whether the page is named as the policy, and also has a stated date or at least four headings."""
    has_date = any(states_date(block.text) for block in facts.page.blocks)
    headings = sum(clause.kind == "heading" for clause in facts.document.clauses)
    return facts.is_named_as_policy and (has_date or headings >= 4)


def password_field(facts: PageFacts) -> Verdict | None:
    """Quarantines a page with a password field. A field in the page's header or in a dialog doesn't count.

    The page isn't quarantined if it has running text. If it is named as the policy, any text counts, because a policy
    in tables has hardly any running text; so does a notice of a few lines that doesn't speak of logging in. If the
    page's title or first heading speaks of logging in, the page must have more running text.
    """
    if not _asks_for_password(facts):
        return None
    if facts.is_named_as_policy:
        is_notice = facts.running_words >= _NOTICE_WORDS and not phrases.LOGIN.search(facts.beginning)
        has_text = is_notice or facts.words > _LOGIN_WORDS
    else:
        speaks_of_log_in = first_match(phrases.LOGIN, [searchable(facts.page.title or ""), *facts.headings[:1]])
        has_text = facts.running_words > (2 * _LOGIN_WORDS if speaks_of_log_in else _LOGIN_WORDS)
    return None if has_text else quarantined("login", "the page asks for a password")


def _asks_for_password(facts: PageFacts) -> bool:
    return any((field.attributes.get("type") or "").lower() == "password" for field in facts.form_fields)


def login_form(facts: PageFacts) -> Verdict | None:
    """Quarantines a page with hardly any running text that is a login form.

    Evidence: a phrase such as "Sign in" in the title and the first heading; or such a phrase, and a form with a field
    for the user's name or address.
    """
    if facts.running_words > _LOGIN_WORDS or facts.words > 2 * _LOGIN_WORDS or facts.is_named_as_policy:
        return None
    title, *heading = [facts.page.title or "", *facts.headings[:1]]
    if phrases.LOGIN.search(searchable(title)) and first_match(phrases.LOGIN, heading):
        return quarantined("login", f"the page is called {title[:80]!r}")
    # A link to the page for logging in is no form.
    texts = [searchable(block.text) for block in facts.page.blocks[:10] if block.link_share < 0.9]
    match = first_match(phrases.LOGIN, [searchable(title), *texts])
    if match and _has_sign_in_form(facts):
        return quarantined("login", f"the page says: {quote(match)!r}")
    return None


def _first_texts(facts: PageFacts) -> list[str]:
    return [searchable(text) for text in (facts.page.title or "", *(block.text for block in facts.page.blocks[:10]))]


def _has_sign_in_form(facts: PageFacts) -> bool:
    """Returns whether the page has a form with a field for a user name, an e-mail address or a telephone number.

    Also returns True for a form that forwards a SAML sign-in message (SAML 2.0 bindings, section 3.5).
    """
    fields = facts.page.tree.css("form input")
    names = " ".join(f"{field.attributes.get('name')} {field.attributes.get('id')}".lower() for field in fields)
    return bool(re.search(r"mail|user|login|name|account|identifier|phone|saml|relaystate", names))


def form_instead_of_text(facts: PageFacts) -> Verdict | None:
    """Quarantines a page with a form to fill in, such as a contact form, and hardly any text.

    A page with more text is also quarantined if its form has more fields, as forms for requests about data have. A
    page that is named as the declared document, or uses its name in the text, isn't a form with few fields.
    """
    if facts.is_named_as_document or not facts.is_small:
        return None
    if _asks_for_password(facts):
        return None  # `password_field` judges such a form
    fields = facts.fields_of_largest_form
    if fields >= _REQUEST_FIELDS and facts.words < _REQUEST_WORDS:
        return _form_verdict(facts, fields)
    is_named = facts.is_named_as_policy or facts.uses_of_name > 0
    if fields >= _FORM_FIELDS and facts.words < _FORM_WORDS and facts.kind is not None and not is_named:
        return _form_verdict(facts, fields)
    return None


def _form_verdict(facts: PageFacts, fields: int) -> Verdict:
    return quarantined("not_a_policy", f"it is a form with {fields} fields and {facts.words} words of text")


def redirect_only(facts: PageFacts) -> Verdict | None:
    """Quarantines a stub that has no running text and redirects the browser. Evidence: a `<meta>` refresh."""
    if facts.is_stub and facts.page.tree.css_first(_REFRESH) is not None and facts.running_words < 20:
        return _redirect_verdict(facts)
    return None


def _redirect_verdict(facts: PageFacts) -> Verdict:
    """Returns the verdict on a page that redirects the browser.

    If the page wasn't rendered by a browser, the verdict says that a browser is needed.
    """
    return Verdict(
        "quarantined",
        "empty",
        "the page only sends the browser on to another",
        needs_browser=not facts.capture.rendered_by,
    )


def asks_for_scripts(facts: PageFacts) -> Verdict | None:
    """Quarantines a stub that asks the user to enable JavaScript, or to wait until the page has loaded."""
    if not facts.is_stub:
        return None
    noscript = (searchable(node.text()) for node in facts.page.tree.css("noscript")[:10])
    match = first_match(phrases.NEEDS_SCRIPT, [*_first_texts(facts), *noscript])
    if not match and not facts.is_named_as_policy and facts.page.tree.css_first("script[src]") is not None:
        texts = [block.text for block in facts.page.blocks]
        match = first_match(_JAVASCRIPT, texts if sum(map(count_words, texts)) < _FEW_WORDS else [])
    if match:
        return would_need_browser(f"the page says: {quote(match)!r}; reading it would need a browser")
    return None


def embeds_policy(facts: PageFacts) -> Verdict | None:
    """Quarantines a stub that has no sentence and uses a script to load the policy from another service.

    Evidence: markup of a service that hosts policies, such as iubenda.
    """
    if not facts.is_stub or _has_sentence(facts):
        return None
    markup = first_markup(facts.payload[:_EMBED_BYTES], phrases.EMBEDS)
    if markup:
        return would_need_browser(f"a script is to put the policy here ({markup}); it would need a browser")
    return None


def text_in_frame(facts: PageFacts) -> Verdict | None:
    """Quarantines a stub that shows another address in a frame. Evidence: the address. The frame's text isn't read."""
    if not facts.is_stub or not facts.page.frames or (_has_sentence(facts) and facts.running_words >= _FRAME_WORDS):
        return None
    addresses = ", ".join(dict.fromkeys(address for _, address in facts.page.frames))
    evidence = f"the page shows its text in a frame, which isn't read: {addresses}; declare the frame's address"
    return quarantined("empty", evidence)


def without_sentence(facts: PageFacts) -> Verdict | None:
    """Quarantines a stub that has no sentence.

    If the stub has scripts or a `<meta>` refresh, the verdict says that a browser would probably show the policy.
    """
    if not facts.is_stub or _has_sentence(facts):
        return None
    content = "nothing but a heading or some links" if facts.words else "no text"
    tree = facts.page.tree
    if tree.css_first(_REFRESH) is not None:
        return _redirect_verdict(facts)
    if tree.css_first("script[src], noscript, script[type=module]") is not None:
        return would_need_browser(
            f"there is {content} on the page before its scripts run; reading it would need a browser"
        )
    return quarantined("empty", f"there is {content} on the page")


def _has_sentence(facts: PageFacts) -> bool:
    return any(clause.kind != "heading" and count_words(clause.text) > 3 for clause in facts.document.clauses)


#: The rules for HTML pages without a long text, in order.
SHORT_PAGE_RULES = (
    challenge,
    title_of_error_page,
    login_form,
    first_lines_of_error_page,
    password_field,
    asked_to_come_again,
    address_of_visitor,
    element_named_not_found,
    redirect_to_home_page,
    consent_wall,
    redirect_only,
    asks_for_scripts,
    embeds_policy,
    text_in_frame,
    form_instead_of_text,
    links_instead_of_text,
    home_page,
    named_as_host,
    stated_as_other_type,
    without_sentence,
)
#: The rules for HTML pages with a long text, in order.
LONG_PAGE_RULES = (
    titles_of_error_page,
    redirect_to_home_page,
    home_page,
    consent_wall,
    links_instead_of_text,
)
