"""Pages that show their text only after their scripts have run, and the Chromium that renders them."""

import json
import shutil

import pytest

from tests.servers.archive import policy_page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

HTML = {"Content-Type": "text/html; charset=utf-8"}
SCRIPT = {"Content-Type": "text/javascript"}
TITLE = "<!DOCTYPE html><title>Kestrel Post: privacy policy</title>"
BODY = policy_page().decode().partition("<body>")[2].partition("</body>")[0]


def shell(script: str) -> bytes:
    """Returns a page that has no text until its script has run."""
    script = script.replace("</script", r"<\/script")
    return f"{TITLE}<body><div id=root></div><script>{script}</script></body>".encode()


def shows(text: str = BODY) -> str:
    """Returns a script that adds the policy's text to the page."""
    return f"document.getElementById('root').innerHTML = {json.dumps(text)};"
