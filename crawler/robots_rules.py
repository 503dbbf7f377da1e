"""The rules of a robots.txt, as RFC 9309 defines them.

Protego, which Scrapy uses, compiles each rule to a regular expression. 500 KB of rules such as `/*a*b` kept the crawl
busy for 14 seconds for one address. Here, each rule takes a time that is proportional to its length and the address's.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_LINE = re.compile(r"\s*([A-Za-z-]+)\s*:([^#]*)")
_PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]+|\*")
_PERCENT_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
# The part of an address before its path, and the path's first slash.
_PATH = re.compile(r"[^:]*://[^/?#]*/?")
# The characters that are never percent-encoded in normalized paths (RFC 3986, section 2.3).
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of a robots.txt that apply to one crawler.

    rules: each rule's pattern, normalized, and whether the rule allows the addresses that match the pattern. The rule
        that decides stands before the others: the longest, and of two equally long rules the one that allows.
    """

    rules: tuple[tuple[str, bool], ...]

    def allows(self, url: str) -> bool:
        """Returns whether the crawler may request an address of the site. It may if no rule matches the address."""
        path = _normalized(f"/{_PATH.sub('', url, count=1).partition('#')[0]}")
        return next((allows for pattern, allows in self.rules if _matches(pattern, path)), True)


def parse_robots(body: bytes, product_token: str) -> RobotsRules:
    """Returns the rules of a robots.txt that apply to a crawler: those of all groups that name the crawler.

    If no group names the crawler, the rules of the groups for `*` apply. Lines that can't be parsed are skipped.

    product_token: the crawler's name, without a version.
    """
    named: dict[str, bool] = {}
    for_all: dict[str, bool] = {}
    is_named = False
    for agents, pattern, allows in _rules(body.decode("utf-8-sig", "replace")):
        is_named = is_named or product_token.lower() in agents
        for agent, rules in ((product_token.lower(), named), ("*", for_all)):
            if agent in agents and pattern:
                rules[pattern] = allows or rules.get(pattern, False)
    rules = named if is_named else for_all
    return RobotsRules(tuple(sorted(rules.items(), key=lambda rule: (-len(rule[0]), not rule[1]))))


def _rules(text: str) -> Iterator[tuple[set[str], str, bool]]:
    """Yields each rule with the names of its group's crawlers, in lower case. The pattern '' stands for no address.

    The names are those that the group has named so far, in a set that grows.

    A group without rules has one rule with the pattern ''.
    """
    agents: set[str] = set()
    begins_group = False
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match[1].lower(), match[2].strip()
        if key == "user-agent":
            token = _PRODUCT_TOKEN.match(value)
            if not begins_group:
                agents = set()
            if token:
                agents.add(token[0].lower())
            begins_group = True
            yield agents, "", True
        elif key in ("allow", "disallow"):
            begins_group = False
            yield agents, _normalized(value), key == "allow"


def _normalized(path: str) -> str:
    """Returns a path or a pattern in which equal octets are written equally (RFC 9309, section 2.2.2)."""
    text = _PERCENT_ENCODED.sub(_decoded_if_unreserved, path)
    return text if text.isascii() else "".join(_encoded(text))


def _decoded_if_unreserved(match: re.Match[str]) -> str:
    (octet,) = unquote_to_bytes(match[0])
    return chr(octet) if octet in _UNRESERVED else match[0].upper()


def _encoded(text: Iterable[str]) -> Iterator[str]:
    for char in text:
        yield char if char.isascii() else "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "replace"))


def _matches(pattern: str, path: str) -> bool:
    """Returns whether a pattern matches the beginning of a path.

    In a pattern, `*` stands for any text, and `$` at the end for the path's end (RFC 9309, section 2.2.3). Each text
    between two `*` is searched after the previous one, so the time is proportional to both lengths.
    """
    is_whole = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not others:
        return not is_whole or len(path) == len(first)
    end = len(first)
    *middle, last = others
    for text in middle:
        begin = path.find(text, end)
        if begin < 0:
            return False
        end = begin + len(text)
    return path.endswith(last) and len(path) - len(last) >= end if is_whole else path.find(last, end) >= 0
