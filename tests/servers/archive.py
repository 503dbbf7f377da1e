"""Pages and declarations of a fictional vendor, and a helper that crawls them in a new process."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.captures import Capture
from core.policies import PolicyKey
from storage import Store, StoredCapture
from tests.servers.crawl_process import scrapy

# Scrapy settings with short waits, so that tests end quickly.
QUICK = {
    "DOWNLOAD_DELAY": "0",
    "LIVE_BACKOFF": "0.01",
    "ARCHIVE_BACKOFF": "0.01",
    "ARCHIVE_BACKOFF_429": "0.01",
}


def policy_page(keeping: str = "We keep letters for thirty days.") -> bytes:
    """Returns a privacy policy of Kestrel Post. keeping: the policy's sentence about how long letters are kept."""
    return f"""<!DOCTYPE html><html lang="en"><head><title>Kestrel Post: privacy policy</title></head><body>
<h1>Privacy policy</h1>
<p>Kestrel Post delivers letters that you write on our web site. This policy says which personal data we collect,
why we use it, and with whom we share it.</p>
<h2>What we collect</h2>
<p>We collect your name, your postal address and the addresses of the people you write to.</p>
<p>Our servers note the IP address and the browser of every visitor.</p>
<h2>How long we keep it</h2>
<p>{keeping}</p>
<h2>Your rights</h2>
<p>You may ask us for a copy of your personal data, or ask us to delete it, at privacy@kestrelpost.example.</p>
</body></html>
""".encode()


def identifiers_of(capture: Capture) -> Mapping[str, str]:
    """Returns the identifiers that a capture has in its archive."""
    assert capture.provenance is not None
    return capture.provenance.identifiers


def declare(folder: Path, slug: str, *locations: str, policy: str = "privacy") -> None:
    """Writes a vendor's declaration.

    locations: for each location, its lines of YAML, such as `url: http://…`, joined by `; `.
    """
    folder.mkdir(exist_ok=True)
    lines = [f"name: {slug}", "homepage: http://kestrelpost.example/", "policies:", f"  {policy}:", "    locations:"]
    for location in locations:
        first_line, *other_lines = location.split("; ")
        lines += [f"      - {first_line}", *(f"        {line}" for line in other_lines)]
    (folder / f"{slug}.yaml").write_text("\n".join(lines) + "\n")


@dataclass
class Crawler:
    """A helper that runs crawls as a user would, with its own database and declarations."""

    folder: Path
    wayback_url: str = "http://127.0.0.1:9"
    allow_private: bool = False
    confirm_after: int = 5
    contact: str = "crawls@kestrelwatch.example"
    state: Path | None = None
    database: str = ""

    @property
    def vendors(self) -> Path:
        return self.folder / "vendors"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("CLAUSEWATCH_")},
            "CLAUSEWATCH_DATABASE_URL": self.database_url,
            "CLAUSEWATCH_VENDORS": str(self.vendors),
            "CLAUSEWATCH_CONTACT": self.contact,
            "CLAUSEWATCH_ALLOW_PRIVATE": str(int(self.allow_private)),
            "CLAUSEWATCH_CONFIRM_AFTER": str(self.confirm_after),
            "WAYBACK_URL": self.wayback_url,
            "XDG_STATE_HOME": str(self.state or self.folder / "state"),
            "no_proxy": "127.0.0.1,localhost",
        }

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.folder / 'store.db'}"

    def crawl(
        self, spider: str, *arguments: str, at: int = 0, then: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs `scrapy crawl`.

        arguments: the spider's arguments, as `name=value`.
        at, then: see `crawl_process.scrapy`.
        settings: Scrapy's settings.
        """
        command = ["crawl", spider]
        for argument in arguments:
            command += ["-a", argument]
        for name, value in {**QUICK, **settings}.items():
            command += ["-s", f"{name}={value}"]
        return scrapy(command, self.environment, at, then)

    def captures(self, vendor: str, policy: str = "privacy") -> tuple[StoredCapture, ...]:
        with Store.open(self.database_url) as store:
            return store.library.captures(PolicyKey(vendor, policy))

    def payload(self, stored: StoredCapture) -> bytes:
        with Store.open(self.database_url) as store:
            return store.library.payload(stored.capture.sha256)
