"""Reads declarations from a folder: a single file, a selection of the files, or all files."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from core.declarations.faults import faults_in
from core.declarations.positions import field_name, line_of, parse_yaml, path_of, repeated_keys
from core.declarations.schema import Vendor, is_slug
from core.exceptions import DeclarationError, UsageError
from core.plurals import plural
from core.yaml_texts import YamlSizeError

# A declaration of a few hundred policies has fewer bytes. The YAML parser needs some seconds for so many.
_MOST_BYTES = 500_000
# How many faults of a declaration are listed, and how many characters of the names that lead to a field. A file may
# have 50,000 faults.
_MOST_FAULTS, _LONGEST_FIELD = 20, 300
# The commonest faults of YAML in PyYAML's words, and in plain English.
_YAML_FAULTS = {
    "mapping values are not allowed here": "a second colon; put a value that contains a colon in quotes",
    "could not find expected ':'": "a field without a colon after its name; write it as name: value",
    "found character '\\t' that cannot start any token": "indented with a tab; use spaces",
}


class Declarations(Mapping[str, Vendor]):
    """The vendors that a folder declares, by slug, in alphabetical order.

    The declaration of a vendor is read when the vendor is looked up for the first time.

    UsageError if the folder doesn't exist or contains no declaration. Looking up a vendor raises DeclarationError
    if the vendor's declaration is broken; the error lists the first 20 faults.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir() or not any(entry.name.endswith(".yaml") for entry in os.scandir(folder)):
            raise _no_declarations(folder)
        self._folder = folder
        self._read: dict[str, Vendor] = {}

    def __getitem__(self, slug: str) -> Vendor:
        if slug not in self._read:
            path = self._folder / f"{slug}.yaml"
            if not is_slug(slug) or not path.exists():
                raise KeyError(slug)
            self._read[slug] = load_vendor(path)
        return self._read[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in self._folder.glob("*.yaml")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def load_vendors(folder: Path) -> dict[str, Vendor]:
    """Returns every vendor that a folder declares, by slug, in alphabetical order.

    UsageError if the folder doesn't exist or contains no declaration. DeclarationError if a declaration is broken; the
    error lists the first 20 faults of every file.
    """
    vendors, faults = vendors_and_faults(folder)
    if faults:
        raise DeclarationError("\n".join(faults))
    return vendors


def vendors_and_faults(folder: Path) -> tuple[dict[str, Vendor], list[str]]:
    """Returns the vendors whose declarations are sound, by slug, and the faults of all other files in the folder.

    UsageError if the folder doesn't exist or contains no declaration.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise _no_declarations(folder)
    vendors, faults = {}, []
    for path in paths:
        try:
            vendors[path.stem] = load_vendor(path)
        except DeclarationError as error:
            faults.append(str(error))
    faults += [f"{path}: a declaration's file name ends in .yaml; rename it" for path in sorted(folder.glob("*.yml"))]
    return vendors, faults


def sound_vendors(folder: Path) -> tuple[dict[str, Vendor], list[str]]:
    """Returns what `vendors_and_faults` returns. DeclarationError with all faults if no declaration is sound."""
    vendors, faults = vendors_and_faults(folder)
    if not vendors:
        raise DeclarationError("\n".join(faults))
    return vendors, faults


def select_vendors(folder: Path, slugs: Iterable[str] = ()) -> dict[str, Vendor]:
    """Returns the declared vendors with these slugs; all vendors if `slugs` is empty.

    If all slugs are declared, only their declarations are read. A broken declaration of another vendor then does no
    harm.

    UsageError if a slug is not declared. DeclarationError if a declaration that is read is broken.
    """
    chosen, declarations = list(slugs), Declarations(folder)
    if chosen and all(slug in declarations for slug in chosen):
        return {slug: declarations[slug] for slug in chosen}
    vendors = load_vendors(folder)
    for slug in chosen:
        if slug not in vendors:
            raise UsageError(
                f"no vendor {slug!r} is declared in {folder}; the declared vendors are: {', '.join(vendors)}"
            )
    return vendors


def chosen_vendors(folder: Path, slugs: Collection[str] = ()) -> tuple[dict[str, Vendor], list[str]]:
    """Returns the declared vendors with these slugs, as `select_vendors` does, and no faults.

    If `slugs` is empty, returns what `sound_vendors` returns: a broken declaration doesn't stop the others.

    UsageError and DeclarationError as `select_vendors` and `sound_vendors` raise them.
    """
    return (select_vendors(folder, slugs), []) if slugs else sound_vendors(folder)


def load_vendor(path: Path) -> Vendor:
    """Returns the vendor that a file declares.

    DeclarationError if the declaration is broken; the error names the file, line and field of the first 20 faults, and
    the number of the others.
    """
    text = _text_of(path)
    if not is_slug(path.stem):
        raise DeclarationError(
            f"{path}: a declaration's file name consists of lower-case letters, digits, '-' and '_', and begins with a "
            "letter or a digit"
        )
    data, tree = _yaml_of(path, text)
    if not isinstance(data, dict):
        raise DeclarationError(
            f"{path}:1: must contain the fields name, homepage and policies, each on a line of its own, as name: value"
        )
    repeated = repeated_keys(tree)
    faults: list[tuple[int, Sequence[str | int], str]] = [
        (line, path_of(place), "this field occurs twice")
        for line, place in nsmallest(_MOST_FAULTS, repeated, key=lambda fault: fault[0])
    ]
    count = len(repeated)
    if "slug" in data:
        faults.append(
            (line_of(tree, ["slug"]), ["slug"], "remove this field; commands name the vendor by the file's name")
        )
        count += 1
    try:
        vendor = Vendor.model_validate({**data, "slug": path.stem})
    except ValidationError as error:
        invalid = [(line_of(tree, field), field, message) for field, message in faults_in(error)]
        faults += invalid
        count += len(invalid)
    if faults:
        faults.sort(key=lambda fault: (fault[0], *map(str, fault[1:])))
        lines = [_fault_text(path, *fault) for fault in faults[:_MOST_FAULTS]]
        if count > _MOST_FAULTS:
            lines.append(f"{path}: {plural(count - _MOST_FAULTS, 'further fault')}")
        raise DeclarationError("\n".join(lines))
    return vendor


def located_fault(path: Path, field: Sequence[str | int], message: str) -> str:
    """Returns a fault that was found in a sound declaration, with file, line and field.

    field: the path of keys and indexes that leads to the field. message: what is wrong with the field.

    DeclarationError if the file can't be read.
    """
    _, tree = _yaml_of(path, _text_of(path))
    return _fault_text(path, line_of(tree, field), field, message)


def _fault_text(path: Path, line: int, field: Sequence[str | int], message: str) -> str:
    name = field_name(field)
    if len(name) > _LONGEST_FIELD:
        name = f"{name[: _LONGEST_FIELD // 2]}…{name[-_LONGEST_FIELD // 2 :]}"
    return f"{path}:{line}: {name + ': ' if name else ''}{message}"


def _text_of(path: Path) -> str:
    try:
        if not path.is_file() and path.exists():  # reading a pipe or a device may never end
            raise DeclarationError(f"{path} is no ordinary file; a declaration is a text file")
        if path.stat().st_size > _MOST_BYTES:
            raise DeclarationError(f"{path}: a declaration has at most {_MOST_BYTES:,} bytes; divide it or shorten it")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeclarationError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DeclarationError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None


def _yaml_of(path: Path, text: str) -> tuple[Any, yaml.Node | None]:
    try:
        return parse_yaml(text)
    except yaml.MarkedYAMLError as error:
        # PyYAML misses the colon after a name only when it reads the next line; the context is the name's own place.
        in_name = error.context == "while scanning a simple key"
        mark = error.context_mark if in_name else error.problem_mark
        problem = _YAML_FAULTS.get(error.problem or "", error.problem)
        raise DeclarationError(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {problem}") from None
    except YamlSizeError as error:
        raise DeclarationError(f"{path}:{error.line}: {error}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DeclarationError(f"{path}: not YAML: {error}") from None


def _no_declarations(folder: Path) -> UsageError:
    return UsageError(
        f"{folder} contains no vendor declarations (*.yaml); set CLAUSEWATCH_VENDORS to the folder that contains them"
    )
