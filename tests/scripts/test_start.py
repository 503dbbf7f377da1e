"""A command loads only what it needs, so that it starts quickly."""

import subprocess
import sys

from core.settings import CHECKOUT


def test_a_command_that_reads_no_page_loads_no_reader_or_alembic() -> None:
    code = "import sys, scripts.commands.captures, scripts.commands.status; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert "storage" in packages
    assert not packages & {"alembic", "numpy", "py3langid", "pypdfium2", "scrapy", "selectolax", "twisted"}
    assert "extraction.documents" not in loaded.stdout.split()
