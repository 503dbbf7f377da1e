"""A redesign of a page doesn't change the policy: the same words in different markup give the same clauses."""

import pytest

from diffing import compare
from diffing.sameness import version_id
from extraction import extract

TITLE = "Privacy policy"
LEAD = "This policy says which personal data we collect when you use our service, and what we do with it."
ITEMS = ("your name and your e-mail address", "the messages that you send", "the address your browser calls from")
PARAGRAPHS = (
    "We keep this information for thirty days after you close your account, then we delete it.",
    "You may ask us at any time for a copy of your personal data, or have it corrected.",
    "We share nothing with third parties unless the law of the country you live in tells us to.",
)


def page(body: str, around: str = "{}") -> bytes:
    return f"<html lang=en><head><title>{TITLE}</title></head><body>{around.format(body)}</body></html>".encode()


HEADED = f"<h1>{TITLE}</h1><p>{LEAD}</p>"
BULLETS = "<ul>" + "".join(f"<li>{item}</li>" for item in ITEMS) + "</ul>"
MARKUPS = {
    "paragraphs and a list": page(HEADED + BULLETS + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)),
    "bullets that became paragraphs": page(
        HEADED + "".join(f"<p>{item}</p>" for item in ITEMS) + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    ),
    "bullets typed into paragraphs": page(
        HEADED + "".join(f"<p>• {item}</p>" for item in ITEMS) + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    ),
    "line breaks": page(HEADED + BULLETS + "<div>" + "<br><br>".join(PARAGRAPHS) + "</div>"),
    "one line break after each sentence": page(HEADED + BULLETS + "<div>" + "<br>".join(PARAGRAPHS) + "</div>"),
    "nothing but div and span": page(
        f"<div class=t><span style='font-weight:700'>{TITLE}</span></div><div>{LEAD}</div>"
        + "".join(f"<div><span>{text}</span></div>" for text in (*ITEMS, *PARAGRAPHS))
    ),
    "cards within a new frame": page(
        f"<h2>{TITLE}</h2><section class=card><p>{LEAD}</p>{BULLETS}</section>"
        + "".join(f"<section class=card><div>{text}</div></section>" for text in PARAGRAPHS),
        "<header><nav><a href=/>Home</a> <a href=/shop>Shop</a> <a href=/help>Help</a></nav></header><main>{}</main>"
        "<footer><a href=/privacy>Privacy</a> <a href=/terms>Terms</a><p>© 2024 Marmot</p></footer>",
    ),
}


@pytest.mark.parametrize("name", MARKUPS)
def test_version_is_the_same_for_the_same_words_in_other_markup(name: str) -> None:
    first = extract(MARKUPS["paragraphs and a list"], "text/html")
    other = extract(MARKUPS[name], "text/html")
    assert [clause.text for clause in other.clauses] == [TITLE, LEAD, *ITEMS, *PARAGRAPHS]
    assert version_id(other) == version_id(first)
    assert compare(first, other).changes == ()


def test_hard_wrapped_plain_text_gives_the_same_clauses() -> None:
    text = "\n\n".join(
        (
            TITLE,
            "This policy says which personal data we collect when you\nuse our service, and what we do with it.",
            "- your name and your e-mail address\n- the messages that you send\n- the address your browser calls from",
            "We keep this information for thirty days after you close\nyour account, then we delete it.",
            "You may ask us at any time for a copy of your personal\ndata, or have it corrected.",
            "We share nothing with third parties unless the law of the\ncountry you live in tells us to.",
        )
    )
    first = extract(MARKUPS["paragraphs and a list"], "text/html")
    assert version_id(extract(text.encode(), "text/plain")) == version_id(first)
