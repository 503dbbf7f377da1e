"""Declarations: their valid fields, the reports of faults, and the loading of a folder of declarations."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.dates import parse_span
from core.declarations import Declarations, json_schema, load_vendor, load_vendors, select_vendors
from core.declarations.positions import line_of, parse_yaml
from core.exceptions import DeclarationError, UsageError
from core.settings import CHECKOUT

VALID_DECLARATION = """\
name: Northwind
homepage: https://northwind.example/
policies:
  privacy:
    locations:
      - url: http://www.northwind.example/privacy.htm
        until: 2015-01-01
      - url: https://northwind.example/legal?doc=privacy
        since: 2014
        remove: [".votes"]
"""


NO_LIST = "must be a list: write each entry on a line of its own, after a hyphen and a space"


def declare(folder: Path, text: str, name: str = "northwind.yaml") -> Path:
    """Writes a declaration to a file in a folder, and returns the file's path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_vendors_folder_declares_the_first_five_vendors() -> None:
    vendors = load_vendors(CHECKOUT / "vendors")
    assert {"hexamail", "axigen", "hexcm", "hesk", "xs2mail"} <= set(vendors)
    hesk = vendors["hesk"].policies["privacy"]
    assert [(location.url, str(location.until)) for location in hesk.locations] == [
        ("http://www.hesk.com/privacy.htm", "2015-01-01"),
        ("https://www.hesk.com/knowledgebase/index.php?article=78", "None"),
    ]


def test_a_location_holds_from_since_to_the_day_before_until(tmp_path: Path) -> None:
    policy = load_vendor(declare(tmp_path, VALID_DECLARATION)).policies["privacy"]
    first, second = policy.locations
    assert first.holds_at(parse_span("1999").begin)
    assert first.holds_at(parse_span("2014-12-31").end)
    assert not first.holds_at(parse_span("2015-01-01").begin)
    assert not second.holds_at(parse_span("2013-12-31").end)
    assert second.holds_at(parse_span("2014-01-01").begin)


@pytest.mark.parametrize(
    "address",
    [
        "http://www.northwind.example/privacy.htm",
        "https://northwind.example/privacy.htm",
        "http://northwind.example:80/privacy.htm",
        "https://WWW.Northwind.example:443/Privacy.htm#top",
    ],
)
def test_scheme_www_port_and_case_make_no_difference_to_an_address(tmp_path: Path, address: str) -> None:
    policy = load_vendor(declare(tmp_path, VALID_DECLARATION)).policies["privacy"]
    assert policy.location_for(address, parse_span("2010").begin) == policy.locations[0]


@pytest.mark.parametrize(
    "address",
    ["http://www.northwind.example/privacy", "http://evil.example/privacy.htm", "mailto:x@northwind.example", ""],
)
def test_a_capture_of_another_address_belongs_to_no_location(tmp_path: Path, address: str) -> None:
    policy = load_vendor(declare(tmp_path, VALID_DECLARATION)).policies["privacy"]
    assert policy.location_for(address, parse_span("2010").begin) is None


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        (VALID_DECLARATION.replace("homepage: https", "homepage: ftp"), 2, "homepage"),
        (VALID_DECLARATION.replace("homepage: https://northwind.example/\n", ""), 1, "homepage"),
        (
            VALID_DECLARATION.replace("until: 2015-01-01", "until: 2015-13-01"),
            7,
            "policies.privacy, location 1, until: ",
        ),
        (VALID_DECLARATION.replace("since: 2014", "untill: 2014"), 9, "policies.privacy, location 2, untill: "),
        (
            VALID_DECLARATION.replace("http://www.northwind.example/privacy.htm", "www.northwind.example"),
            6,
            "policies.privacy, location 1, url: ",
        ),
        (
            VALID_DECLARATION.replace("northwind.example/privacy.htm", "northwind.example:99999/"),
            6,
            "policies.privacy, location 1, url: ",
        ),
        (
            VALID_DECLARATION.replace("http://www.northwind.example/privacy.htm", "http://ann:pw@a.example/"),
            6,
            "policies.privacy, location 1, url: must have no user name and no password",
        ),
        (
            VALID_DECLARATION.replace("        until: 2015-01-01", "        url: http://twice.example/"),
            7,
            "url: this field occurs twice",
        ),
        (VALID_DECLARATION.replace("  privacy:", "  Privacy Policy:"), 4, "policies.Privacy Policy"),
        (VALID_DECLARATION.replace("since: 2014", "since: 2014\n        until: 2013"), 8, "since must be before until"),
        (
            VALID_DECLARATION.replace("    locations:", "    language: French\n    locations:"),
            5,
            "policies.privacy.language",
        ),
        (
            VALID_DECLARATION.replace("    locations:", "    language: no\n    locations:"),
            5,
            "in quotes if it is 'no'",
        ),
        (
            VALID_DECLARATION.replace(
                "since: 2014", "since: 2014\n        pages:\n          - https://northwind.example/legal?doc=privacy"
            ),
            10,
            "location 2, pages: url is already the first page",
        ),
        (
            VALID_DECLARATION.replace("since: 2014", "pages: [http://a.example/2, http://a.example/2]"),
            9,
            "location 2, pages: ",
        ),
        (
            VALID_DECLARATION.replace("since: 2014", "pages: [/2]"),
            9,
            "location 2, pages, entry 1: must be a web address",
        ),
        (
            VALID_DECLARATION.replace("since: 2014", "render: yes"),
            9,
            "location 2, render: must be 'browser', or be omitted",
        ),
        (
            VALID_DECLARATION.replace('remove: [".votes"]', r"ignore: ['Guest \d+', '(?=x)']"),
            10,
            (
                "location 2, ignore, entry 2: '(?=x)' is not a regular expression that RE2 can read: invalid perl "
                "operator in '(?='"
            ),
        ),
        ("name: [", 1, "not YAML"),
        ("- a list\n", 1, "must contain the fields name, homepage and policies"),
        ("", 1, "must contain the fields name, homepage and policies"),
        ("slug: other\n" + VALID_DECLARATION, 1, "slug"),
    ],
)
def test_a_fault_names_file_line_and_field(tmp_path: Path, text: str, line: int, field: str) -> None:
    path = declare(tmp_path, text)
    with pytest.raises(DeclarationError) as raised:
        load_vendor(path)
    assert f"{path}:{line}" in str(raised.value)
    assert field in str(raised.value)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            VALID_DECLARATION.replace("policies:", "policy:"),
            ["3: policy: there is no field 'policy'; did you mean 'policies'?"],
        ),
        (
            VALID_DECLARATION.replace("homepage:", "color: red\nhomepage:"),
            ["2: color: there is no field 'color' here; the fields are: name, homepage, policies"],
        ),
        (
            VALID_DECLARATION.replace("url: ", "", 1).replace("        until: 2015-01-01\n", ""),
            ["6: policies.privacy, location 1: must contain the field 'url': write - url: https://…"],
        ),
        (
            "name: A\nhomepage: http://a.example/\npolicies:\n  privacy:\n    locations:\n      - x\n",
            ["6: policies.privacy, location 1: must contain the field 'url': write - url: https://…"],
        ),
        (
            VALID_DECLARATION.replace('[".votes"]', ".votes"),
            [f"10: policies.privacy, location 2, remove: {NO_LIST}"],
        ),
        (
            VALID_DECLARATION.replace("name: Northwind", "name: 12"),
            ["1: name: must be text; put a number, or a word such as yes or no, in quotes"],
        ),
        (
            "name: A\nhomepage\npolicies: 3\n",
            ["2: not YAML: a field without a colon after its name; write it as name: value"],
        ),
        (
            "name: A\nhomepage: http://a.example/: B\n",
            ["2: not YAML: a second colon; put a value that contains a colon in quotes"],
        ),
        ("name: A\n\thomepage: B\n", ["2: not YAML: indented with a tab; use spaces"]),
    ],
)
def test_each_fault_is_named_once_in_plain_words(tmp_path: Path, text: str, faults: list[str]) -> None:
    path = declare(tmp_path, text)
    with pytest.raises(DeclarationError) as raised:
        load_vendor(path)
    assert str(raised.value).splitlines() == [f"{path}:{fault}" for fault in faults]


_VALUES: list[Any] = [None, True, 7, 0.5, "", "x y", [], [None], {}, {"a": 1}, {1: 2}, [[]], "2020-13"]
_JUNK = st.sampled_from(_VALUES)
_LOCATION = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("url", "pages", "render", "since", "until", "select", "remove", "urls"), _JUNK)
)
_POLICY = st.fixed_dictionaries(
    {}, optional={"locations": _JUNK | st.lists(_JUNK | _LOCATION, max_size=2), "language": _JUNK, "x": _JUNK}
)
_VENDOR = st.fixed_dictionaries(
    {"homepage": _JUNK},
    optional={
        "name": _JUNK,
        "policies": _JUNK | st.dictionaries(st.sampled_from(["privacy", "X Y", 1]), _JUNK | _POLICY, max_size=2),
    },
)


@settings(max_examples=40, deadline=None)
@given(_VENDOR)
def test_no_value_is_answered_in_a_validator_s_words(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    path = declare(tmp_path_factory.getbasetemp(), yaml.safe_dump(data), "any.yaml")
    with pytest.raises(DeclarationError) as raised:
        load_vendor(path)
    words = r"(?i)pydantic|input|valid (string|tuple|dict|list|date)|instance|permitted|required|Value error"
    assert not re.search(words, str(raised.value).replace(str(path), ""))


@settings(max_examples=60, deadline=None)
@given(_VENDOR)
def test_the_quick_parser_reads_what_the_other_reads(data: Any) -> None:
    text = yaml.safe_dump(data)
    value, tree = parse_yaml(text)
    # The quick parser isn't used for a text with so long a line.
    other_value, other_tree = parse_yaml(f"{text}# {'-' * 2_000}\n")
    assert (value, yaml.serialize(tree)) == (other_value, yaml.serialize(other_tree)) == (data, yaml.serialize(tree))
    assert line_of(tree, ["policies", "privacy"]) == line_of(other_tree, ["policies", "privacy"])


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "a: " + "[" * 99 + "]" * 99, "- " * 100_000, "- " * 480, "? " * 480, "[" * 101 + "]" * 101]
)
def test_deep_nesting_is_a_fault_and_no_crash(tmp_path: Path, text: str) -> None:
    with pytest.raises(DeclarationError):
        load_vendor(declare(tmp_path, text))


def test_a_name_with_control_characters_is_refused(tmp_path: Path) -> None:
    for name in (r"\e[31mNorthwind", r"North\u202ewind", r"North\nwind"):
        path = declare(tmp_path, VALID_DECLARATION.replace("Northwind", f'"{name}"', 1))
        with pytest.raises(DeclarationError, match=r"northwind\.yaml:1: name: must be on one line"):
            load_vendor(path)


def test_every_fault_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    declare(tmp_path, VALID_DECLARATION.replace("name: Northwind\n", "nam: Northwind\n"), "one.yaml")
    declare(tmp_path, VALID_DECLARATION.replace("until: 2015-01-01", "until: never"), "two.yaml")
    declare(tmp_path, VALID_DECLARATION, "three.yml")
    declare(tmp_path, VALID_DECLARATION, "Four.yaml")
    with pytest.raises(DeclarationError) as raised:
        load_vendors(tmp_path)
    for part in ("one.yaml:1: nam", "two.yaml:7", "three.yml", "Four.yaml"):
        assert part in str(raised.value)


def test_a_file_that_is_not_utf8_is_reported_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "northwind.yaml"
    path.write_bytes(VALID_DECLARATION.replace("Northwind\n", "Nördwind\n").encode("latin-1"))
    with pytest.raises(DeclarationError, match=r"northwind\.yaml:1: not UTF-8"):
        load_vendor(path)


def test_an_unknown_vendor_is_reported_with_the_declared_vendors(tmp_path: Path) -> None:
    declare(tmp_path, VALID_DECLARATION)
    with pytest.raises(UsageError, match=r"no vendor 'southwind'.*northwind"):
        select_vendors(tmp_path, ["southwind"])


def test_a_folder_without_declarations_is_reported_with_its_setting(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError, match="CLAUSEWATCH_VENDORS"):
            load_vendors(folder)
        with pytest.raises(UsageError, match="CLAUSEWATCH_VENDORS"):
            Declarations(folder)


def test_only_the_selected_declarations_are_read(tmp_path: Path) -> None:
    declare(tmp_path, VALID_DECLARATION)
    declare(tmp_path, "name: Broken\n", "broken.yaml")
    assert list(select_vendors(tmp_path, ["northwind"])) == ["northwind"]
    declarations = Declarations(tmp_path)
    assert list(declarations) == ["broken", "northwind"]
    assert declarations["northwind"].name == "Northwind"
    assert "../northwind" not in declarations
    with pytest.raises(DeclarationError, match="homepage: this field is missing"):
        declarations["broken"]
    with pytest.raises(DeclarationError, match="homepage: this field is missing"):
        select_vendors(tmp_path)


def test_a_loaded_declaration_is_immutable(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        load_vendor(declare(tmp_path, VALID_DECLARATION)).name = "Other"


def test_the_json_schema_has_the_fields_that_the_loader_accepts() -> None:
    schema = json_schema()
    assert set(schema["required"]) == {"name", "homepage", "policies"}
    assert set(schema["properties"]) == {"name", "homepage", "policies"}
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["Location"]["properties"]) == {
        *("url", "pages", "render", "since", "until", "select", "remove", "ignore")
    }


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("a: &a [*a]\n", 1, "an alias (*name) in this part refers to the part itself"),
        ("name: x\nother: &a\n  b: [&c {d: *a}]\n", 2, "an alias (*name) in this part refers to the part itself"),
        (
            "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
            16,
            "this part has more than 100,000 values",
        ),
    ],
)
def test_aliases_of_aliases_are_one_clear_error(tmp_path: Path, text: str, line: int, fault: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        load_vendor(declare(tmp_path, text))
    assert str(raised.value).startswith(f"{tmp_path / 'northwind.yaml'}:{line}: {fault}")


def test_a_declaration_may_use_aliases(tmp_path: Path) -> None:
    text = VALID_DECLARATION.replace("until: 2015-01-01", 'until: 2015-01-01\n        remove: &votes [".votes"]')
    vendor = load_vendor(declare(tmp_path, text.replace('remove: [".votes"]', "remove: *votes")))
    assert [location.remove for location in vendor.policies["privacy"].locations] == [(".votes",), (".votes",)]


def test_a_declaration_of_more_than_500_000_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="at most 500,000 bytes"):
        load_vendor(declare(tmp_path, f"policies: [{'a, ' * 200_000}a]"))


@pytest.mark.parametrize(
    "field", ["since: 0001-01-01", "until: '0001'", "since: 1989-12-31", "until: 2101", "until: 9998-12-31"]
)
def test_a_date_outside_the_years_of_the_web_is_a_fault(tmp_path: Path, field: str) -> None:
    path = declare(tmp_path, VALID_DECLARATION.replace("until: 2015-01-01", field))
    with pytest.raises(DeclarationError, match=r":7: .*: must be a day from 1990 to 2100"):
        load_vendor(path)


@pytest.mark.parametrize(
    "value", ["!!int ''", "!!float ''", "!!float x", "!!bool maybe", "!!timestamp maybe", "1" + ":59" * 300 + ".5"]
)
def test_a_value_that_does_not_fit_its_type_is_a_fault(tmp_path: Path, value: str) -> None:
    path = declare(tmp_path, VALID_DECLARATION.replace("homepage: https://northwind.example/", f"homepage: {value}"))
    with pytest.raises(
        DeclarationError, match=r":2: not YAML: the value doesn't fit the type \w+; write it in quotes, without"
    ):
        load_vendor(path)


def test_a_file_of_many_faults_has_a_short_message(tmp_path: Path) -> None:
    many = "".join(f"a{number}: 1\na{number}: 1\n" for number in range(30))
    with pytest.raises(DeclarationError) as raised:
        load_vendor(declare(tmp_path, VALID_DECLARATION + many))
    *listed, last = str(raised.value).splitlines()
    assert len(listed) == 20
    assert last.endswith("northwind.yaml: 40 further faults")  # 30 repeated keys and 30 unknown fields


@pytest.mark.parametrize(
    "text",
    [
        f"? {'p' * 1_000}\n: {{a: 1, a: 2}}\n",
        f"x: &x {'9' * 1_000}x\n" + VALID_DECLARATION.replace("2015-01-01", "*x"),
        f"x: &x ({'a' * 1_000}\n" + VALID_DECLARATION.replace("remove: [", "ignore: [*x, "),
        "{k: " * 200 + "{a: 1, a: 2}" + "}" * 200,
    ],
)
def test_a_fault_repeats_no_long_text(tmp_path: Path, text: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        load_vendor(declare(tmp_path, text))
    assert max(map(len, str(raised.value).replace(str(tmp_path), "").splitlines())) < 600


def test_an_address_that_is_too_long_to_request_is_a_fault(tmp_path: Path) -> None:
    path = declare(tmp_path, VALID_DECLARATION.replace("privacy.htm", "a" * 8_000))
    with pytest.raises(DeclarationError, match=r":6: .*url: must have at most 8,000 characters"):
        load_vendor(path)
