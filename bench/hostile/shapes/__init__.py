"""The hostile inputs. Each module holds the shapes of one kind of input."""

from collections.abc import Mapping

from bench.hostile.shapes.configuration_shapes import CONFIGURATION_SHAPES
from bench.hostile.shapes.html_shapes import HTML_SHAPES
from bench.hostile.shapes.network_shapes import NETWORK_SHAPES
from bench.hostile.shapes.pdf_shapes import PDF_SHAPES
from bench.hostile.shapes.shape import Shape
from bench.hostile.shapes.text_shapes import TEXT_SHAPES
from bench.hostile.shapes.url_shapes import URL_SHAPES

#: All shapes, by name.
SHAPES: Mapping[str, Shape] = {
    shape.name: shape
    for shapes in (HTML_SHAPES, TEXT_SHAPES, PDF_SHAPES, URL_SHAPES, CONFIGURATION_SHAPES, NETWORK_SHAPES)
    for shape in shapes
}

__all__ = ["SHAPES", "Shape"]
