"""Where the real captures and policies lie that some tests try the program on; they are no part of the project."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the real captures of ../shared are not here")
