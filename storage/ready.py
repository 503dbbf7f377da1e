"""Loaded once, by the process that the workers come from: what it has loaded and set, each has from its start."""

import gc
import os
import signal
from datetime import UTC, datetime

from core.captures import Capture, sha256_hex
from storage.reading import ToRead, read_one

_PAGE = b"""<!DOCTYPE html><title>Privacy policy</title><h1>Privacy policy</h1><p>Last updated: 1 March 2021</p>
<p>This privacy policy says which personal data we collect when you use our service, why we do so, with whom we share
it, and for how long we keep it. You may ask us at any time for a copy of your personal data, or to delete it.</p>"""
_CAPTURE = Capture(
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

# As in storage.workers; a worker may be interrupted before it comes so far.
signal.signal(signal.SIGINT, signal.SIG_IGN)
# What is read gives way to what is to be kept.
os.nice(10)
read_one(ToRead(_CAPTURE, _PAGE))  # loads the languages' model, the names of months
gc.freeze()
