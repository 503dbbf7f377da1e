"""Opens the history that the demo has stored in a browser.

python -m demo.room
"""

import os
import subprocess
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Timer

from core.settings import CHECKOUT
from demo.output import OUTPUT, STORED

_PORT = 8642
# The server needs about a second before it answers.
_STARTS_WITHIN = 2.0


def main() -> None:
    """Serves the reading room until Ctrl-C. Without a browser, a person opens the printed address."""
    if not (OUTPUT / "clausewatch.db").exists():
        sys.exit("The demo has stored nothing yet. Run `make demo` first.")
    opening = Timer(_STARTS_WITHIN, webbrowser.open, [f"http://127.0.0.1:{_PORT}/lanternpost/privacy"])
    opening.daemon = True
    opening.start()
    command = [str(Path(sys.executable).parent / "clausewatch"), "serve", "--port", str(_PORT)]
    with suppress(KeyboardInterrupt):  # the server gets the same Ctrl-C, and ends by itself
        sys.exit(subprocess.run(command, cwd=CHECKOUT, env={**os.environ, **STORED}, check=False).returncode)  # noqa: S603


if __name__ == "__main__":
    main()
