"""The time that a hostile input takes grows with its size, not with the square of its size."""

import pytest

from bench.hostile.growth import steep_stages
from bench.hostile.shapes import SHAPES
from bench.hostile.stages import pass_through

# Some 20 seconds for all shapes. With the oldest supported HTML parser, nested superscripts take the square of their
# number: what docs/security.md promises about time holds for the versions in requirements.lock.
pytestmark = pytest.mark.slow

# Each PDF is read in a process of its own, which takes a while to start. A line of plain text has the same words as a
# paragraph of a page. `python -m bench.hostile` measures these, too.
# The shapes in the set reach a bound of the program with so few bytes already, and take their time.
_AT_BOUND = {
    "Markdown: a short row under a wide head",
    "Markdown: nested front matter",
    "declaration: nested lists",
    "references to a long entity",
}
_SHAPES = [
    name
    for name, shape in SHAPES.items()
    if shape.kind != "pdf" and not name.startswith("line: ") and name not in _AT_BOUND
]


@pytest.fixture(scope="module", autouse=True)
def _all_loaded() -> None:
    """Loads what is loaded once, such as the model of languages and the patterns of dates."""
    page = "<h1>Privacy policy</h1><p>Last updated: 3 March 2024, 2 days ago. Café 我们 {} at a@b.example</p>"
    pass_through("html", "".join(page.format(number) for number in range(40)).encode())
    pass_through("markdown", b"# Data\n\nWe *keep* it.")
    pass_through("declaration", b"name: Acme")


def test_hostile_inputs_cover_every_kind_of_input() -> None:
    assert len(SHAPES) >= 80
    assert len({shape.kind for shape in SHAPES.values()}) == 9


@pytest.mark.parametrize("name", _SHAPES)
def test_time_grows_with_the_size_of_a_hostile_input(name: str) -> None:
    assert steep_stages(SHAPES[name]) == {}
