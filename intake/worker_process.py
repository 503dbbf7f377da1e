"""What a worker process does before its first task, so that every task finds it ready."""

import gc
import os
import signal
from datetime import UTC, datetime

from core.captures import Capture, sha256_hex
from intake.reading import ReadingTask, read_one

_PAGE = b"""<!DOCTYPE html><title>Privacy policy</title><h1>Privacy policy</h1><p>Last updated: 1 March 2021</p>
<p>This privacy policy says which personal data we collect when you use our service, why we do so, with whom we share
it, and for how long we keep it. You may ask us at any time for a copy of your personal data, or to delete it.</p>"""
_NICENESS = 10


def prepare() -> None:
    """Gives way to the process that stores captures, leaves Ctrl-C to it, and loads what the first page would wait for.

    The languages' model and the names of months are loaded when they are first used; reading one page uses them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    capture = Capture(
        vendor="",
        policy="",
        source="file",
        captured_at=datetime(2021, 3, 1, tzinfo=UTC),
        url="https://example.org/privacy",
        asked_url="https://example.org/privacy",
        status=None,
        media_type="text/html",
        sha256=sha256_hex(_PAGE),
    )
    read_one(ReadingTask(capture, _PAGE))
    gc.freeze()
