"""Hostile robots.txt, and hostile answers of a web archive's index (CDX)."""

import json
from collections.abc import Callable
from typing import Any

from bench.hostile.shapes.shape import Shape, nested, numbered, repeated

_AGENT = "User-agent: *\n"
_FIELDS = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
_ROW = ["example,vendor)/", "20190501123000", "https://vendor.example/", "text/html", "200", "A" * 32, "1"]


def _listing(row: Callable[[int], list[Any]]) -> Callable[[int], bytes]:
    """Returns a function that makes an answer of the index, of rows with a number."""

    def make(size: int) -> bytes:
        rows: list[list[Any]] = [_FIELDS]
        length = 0
        while length < size:
            rows.append(row(len(rows)))
            length += len(json.dumps(rows[-1]))
        return json.dumps(rows).encode()

    return make


def _long(field: str, unit: str) -> Callable[[int], bytes]:
    """Returns a function that makes an answer with one row, one field of which is long."""
    index = _FIELDS.index(field)

    def make(size: int) -> bytes:
        row = [*_ROW[:index], _ROW[index] + unit * (size // len(unit)), *_ROW[index + 1 :]]
        return json.dumps([_FIELDS, row]).encode()

    return make


def _agents_and_rules(size: int) -> bytes:
    """Returns a group for many robots, with many rules."""
    return numbered("User-agent: robot%d\n")(size // 2) + numbered("Disallow: /page-%d\n")(size // 2)


NETWORK_SHAPES = (
    Shape("robots.txt: rules", "robots", numbered("Disallow: /page-%d\n", _AGENT)),
    Shape("robots.txt: the same rule", "robots", repeated("Disallow: /a\n", _AGENT)),
    Shape("robots.txt: wildcards", "robots", repeated("Disallow: /*a*a*a*a*b\n", _AGENT)),
    Shape("robots.txt: short wildcards", "robots", numbered("Disallow: /*%d\n", _AGENT)),
    Shape("robots.txt: a rule of wildcards", "robots", repeated("*a", f"{_AGENT}Disallow: /", "b\n")),
    Shape("robots.txt: a rule of asterisks", "robots", repeated("*", f"{_AGENT}Disallow: /", "b$\n")),
    Shape("robots.txt: a long rule", "robots", repeated("a", f"{_AGENT}Disallow: /", "\n")),
    Shape("robots.txt: dollar signs", "robots", repeated("Disallow: /*$\n", _AGENT)),
    Shape("robots.txt: percent signs", "robots", repeated("%", f"{_AGENT}Disallow: /", "\n")),
    Shape("robots.txt: agents", "robots", numbered("User-agent: robot%d\n", "", "Disallow: /\n")),
    Shape("robots.txt: agents and rules", "robots", _agents_and_rules),
    Shape("robots.txt: groups", "robots", numbered("User-agent: robot%d\nDisallow: /\n")),
    Shape("robots.txt: groups of one agent", "robots", repeated("User-agent: *\nDisallow: /a\n")),
    Shape("robots.txt: a long agent", "robots", repeated("a", "User-agent: ", "\nDisallow: /\n")),
    Shape("robots.txt: sitemaps", "robots", repeated("Sitemap: https://a.example/\n", _AGENT)),
    Shape("robots.txt: empty lines", "robots", repeated("\n", _AGENT)),
    Shape("robots.txt: colons", "robots", repeated(":", _AGENT)),
    Shape("robots.txt: comments", "robots", repeated("# a\n", _AGENT)),
    Shape("robots.txt: carriage returns", "robots", repeated("Disallow: /a\r", _AGENT)),
    Shape("robots.txt: wildcards between ends", "robots", numbered("Allow: /*%d*$*\n", _AGENT)),
    Shape("robots.txt: encoded letters", "robots", repeated("%C3%A0", f"{_AGENT}Disallow: /", "\n")),
    Shape("robots.txt: rules of other letters", "robots", numbered("Disallow: /\u00e0%d\n", _AGENT)),
    Shape("robots.txt: NULs", "robots", repeated("Disallow: \0\n", _AGENT)),
    Shape("robots.txt: delays", "robots", repeated("Crawl-delay: 9999999999\n", _AGENT)),
    Shape("CDX: rows", "listing", _listing(lambda number: [*_ROW[:2], f"{_ROW[2]}{number}", *_ROW[3:]])),
    Shape("CDX: the same row", "listing", _listing(lambda _: list(_ROW))),
    Shape("CDX: rows without a time", "listing", _listing(lambda _: [_ROW[0], "20000800000000", *_ROW[2:]])),
    Shape("CDX: rows that are too short", "listing", _listing(lambda _: ["a"])),
    Shape("CDX: rows of lists", "listing", _listing(lambda _: [[], {}, [], {}, [], {}, []])),
    Shape("CDX: empty rows", "listing", _listing(lambda _: [])),
    Shape("CDX: a long address", "listing", _long("original", "a")),
    Shape("CDX: a long address of slashes", "listing", _long("original", "/")),
    Shape("CDX: a long time", "listing", _long("timestamp", "1")),
    Shape("CDX: a long checksum", "listing", _long("digest", "A")),
    Shape("CDX: nested lists", "listing", nested("[", "1", "]")),
    Shape("CDX: lists that don't end", "listing", repeated("[")),
    Shape("CDX: a long number", "listing", repeated("1", "[[", "]]")),
    Shape("CDX: nested objects", "listing", nested('{"a":', "1", "}")),
    Shape("CDX: one key many times", "listing", repeated('"a":1,', "{", '"a":1}')),
    Shape("CDX: escapes", "listing", repeated("\\ud800", '[["', '"]]')),
    Shape("CDX: a number with an exponent", "listing", repeated("9", "[[1e", "]]")),
    Shape("CDX: a text without an end", "listing", repeated("\\\\", '[["')),
    Shape("CDX: spaces", "listing", repeated(" ", "[", "]")),
    Shape("CDX: a page of errors", "listing", repeated("org.archive.AccessControl")),
    Shape("CDX: names of exceptions", "listing", repeated("Exception")),
)
