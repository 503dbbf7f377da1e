"""The tools that pyproject.toml configures check every top-level package.

`make lint` runs these tools. If a package is missing from a tool's configuration, the tool reports nothing:
import-linter and mypy skip the package, and ruff sorts imports of the package as third-party imports.
"""

import tomllib
from typing import Any

from core.settings import CHECKOUT

CONFIGURATION: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
LAYERS: list[str] = CONFIGURATION["importlinter"]["contracts"][0]["layers"]


def top_level_packages() -> list[str]:
    """Returns the names of the top-level folders that contain Python files, in alphabetical order."""
    folders = [path for path in CHECKOUT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return sorted(folder.name for folder in folders if next(folder.rglob("*.py"), None))


def test_layers_contract_lists_every_top_level_package() -> None:
    assert sorted(package for layer in LAYERS for package in layer.split(" | ")) == top_level_packages()


def test_import_linter_reads_every_top_level_package() -> None:
    assert sorted(CONFIGURATION["importlinter"]["root_packages"]) == top_level_packages()


def test_mypy_checks_every_top_level_package() -> None:
    assert sorted(CONFIGURATION["mypy"]["packages"]) == top_level_packages()


def test_import_sorting_knows_every_top_level_package() -> None:
    assert sorted(CONFIGURATION["ruff"]["lint"]["isort"]["known-first-party"]) == top_level_packages()


def test_every_folder_with_python_files_is_a_package() -> None:
    """import-linter and mypy skip the modules of a folder without an `__init__.py`."""
    folders = {path.parent for package in top_level_packages() for path in (CHECKOUT / package).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []
