"""The rules of robots.txt: RFC 9309, and the time that hostile rules take."""

import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from crawler.robots_rules import parse_robots

SITE = "https://site.example"


def allows(robots: str, path: str, name: str = "clausewatch") -> bool:
    return parse_robots(robots.encode(), name).allows(SITE + path)


@pytest.mark.parametrize(
    ("robots", "path", "expected"),
    [
        ("", "/p", True),
        ("User-agent: *\nDisallow: /", "/p", False),
        ("User-agent: *\nDisallow:", "/p", True),
        ("User-agent: *\nDisallow: /p", "/private", False),
        ("User-agent: *\nDisallow: /P", "/p", True),
        ("\ufeffuser-agent : * # all\ndisallow : /p # private", "/p", False),
        ("User-agent: *\nDisallow: /\nAllow: /privacy", "/privacy", True),
        ("User-agent: *\nDisallow: /page\nAllow: /page", "/page", True),  # of two equal rules, `allow` decides
        ("User-agent: *\nDisallow: /*.php$", "/x.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/x.php?a=1", True),
        ("User-agent: *\nDisallow: /*a*b$", "/xaxb/b", False),
        ("User-agent: *\nDisallow: /*b*b$", "/xab", True),
        ("User-agent: *\nDisallow: /p$", "/p", False),
        ("User-agent: *\nDisallow: /*?print", "/p?print=1", False),
        ("User-agent: *\nDisallow: /ä%2Fb%7Ec", "/%c3%a4%2fb~c", False),
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),  # an encoded slash is another octet than a slash
        # The groups that name the crawler apply, whatever the case; otherwise the groups for `*` apply.
        ("User-agent: other\nDisallow: /\n\nUser-agent: ClauseWatch/2\nAllow: /p", "/p", True),
        ("User-agent: *\nDisallow: /\nUser-agent: clausewatch\nDisallow:", "/p", True),
        ("User-agent: *\nDisallow: /\nUser-agent: clausewatch\nSitemap: x", "/p", True),
        ("User-agent: clausewatch\nUser-agent: other\nDisallow: /p", "/p", False),
        (
            "User-agent: clausewatch\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: clausewatch\nDisallow: /c",
            "/c",
            False,
        ),
        ("User-agent: clausewatch\nCrawl-delay: 1\nUser-agent: other\nDisallow: /p", "/p", False),
        ("Disallow: /", "/p", True),  # no group
        ("User-agent: clausewatcher\nDisallow: /", "/p", True),
    ],
)
def test_rules_apply_as_rfc_9309_says(robots: str, path: str, expected: bool) -> None:
    assert allows(robots, path) is expected


paths = st.text("/ab*$?", max_size=8).map("/".__add__)


@given(st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), paths), max_size=5), st.text("/ab?", max_size=8))
def test_wildcards_match_like_in_protego(rules: list[tuple[str, str]], path: str) -> None:
    """Protego is the parser of Scrapy. It gives `$` a meaning also in the middle of a rule, and `**` another length."""
    lines = [f"{name}: {pattern.replace('$', '') + ('$' if pattern.endswith('$') else '')}" for name, pattern in rules]
    robots = "\n".join(["User-agent: *", *(re.sub(r"\*+", "*", line) for line in lines)])
    assert allows(robots, f"/{path}") is Protego.parse(robots).can_fetch(f"{SITE}/{path}", "clausewatch")


def test_a_group_of_many_robots_takes_time_in_proportion() -> None:
    """With a copy of the names for each name, 100,000 robots would take five billion steps."""
    names = (str(number).translate(str.maketrans("0123456789", "abcdefghij")) for number in range(100_000))
    robots = "".join(f"User-agent: {name}\n" for name in names)
    assert parse_robots(f"{robots}Disallow: /\n".encode(), "clausewatch").allows(SITE)


@pytest.mark.parametrize("rule", ["/*a*a*a*a*a*a*a*b", "/*ab", "/" + "*a" * 2000 + "b"])
def test_hostile_rules_take_time_in_proportion(rule: str) -> None:
    """500 KB of such rules kept the crawl busy for 14 s for one address. Calls are counted, because time varies."""
    small, large = (_calls(rule, count) for count in (100_000 // len(rule), 200_000 // len(rule)))
    assert large <= 2.5 * small + 200


def _calls(rule: str, count: int) -> int:
    """Returns the number of calls, those of built-in functions included, that deciding on an address takes."""
    robots = "User-agent: *\n" + "".join(f"Disallow: {rule}{number}\n" for number in range(count))
    rules = parse_robots(robots.encode(), "clausewatch")
    calls = 0

    def count_call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    previous: Callable[..., object] | None = sys.getprofile()
    sys.setprofile(count_call)
    try:
        assert rules.allows(f"{SITE}/{'a' * 2000}")
    finally:
        sys.setprofile(previous)
    return calls
