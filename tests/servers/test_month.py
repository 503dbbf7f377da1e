"""A month of daily runs: what each run fetched, what was told to whom and when, and what `status` said.

The sites and the mail server are on the loopback address. Each run has a clock that shows the next day.
"""

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

import pytest

from loopback.pages import Page, Site, serve_pages
from storage import Store
from tests.servers import crawl_process
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.mail_server import LoopbackServer, Mailbox

# The runs are a minute later each day, so that seven days later means at least seven days later.
BEGIN = datetime(2027, 3, 1, 6, 15, tzinfo=UTC)
ONE_DAY = timedelta(days=1, minutes=1)
SETTINGS = {"DOWNLOAD_DELAY": 0.01, "DOWNLOAD_TIMEOUT": 2, "LIVE_BACKOFF": 0.01}

# The subscribers: one of all vendors, one of finch, and one of all vendors who joins on day 17.
ALL, ONE, LATE = "all@reader.example", "one@reader.example", "late@reader.example"

OTHER_TEXT = (
    "<!DOCTYPE html><html lang=en><title>{0}</title><main><h1>{0}</h1><p>{1}</p></main></html>"  # an HTML template
)
FRENCH = """<!DOCTYPE html><html lang="fr"><head><title>Politique de confidentialité</title></head><body>
<h1>Politique de confidentialité</h1>
<p>Kestrel Post distribue les lettres que vous écrivez sur notre site. Cette politique explique quelles données
personnelles nous collectons, pourquoi nous les utilisons et avec qui nous les partageons.</p>
<h2>Les données que nous collectons</h2>
<p>Nous collectons votre nom, votre adresse postale et les adresses des personnes auxquelles vous écrivez.</p>
<p>Nous conservons les lettres pendant trente jours, puis nous les effaçons de tous nos serveurs.</p>
<p>Vous pouvez nous demander une copie de vos données personnelles, ou nous demander de les effacer.</p></body></html>
"""
REWRITE = OTHER_TEXT.format(
    "Privacy notice",
    "Who handles personal data here, and on which legal basis, is set out below. Accounts hold an e-mail address and a "
    "password hash. Payment details stay with our bank, which is a controller of its own. Complaints go to the data "
    "protection authority of the country in which the complaining person lives.",
)
CHALLENGE = (
    "<!DOCTYPE html><title>Just a moment...</title><h1>Just a moment...</h1>"
    "<p>Checking your browser before accessing the site. Please enable cookies.</p>"
)
LOGIN = (
    "<!DOCTYPE html><title>Sign in</title><h1>Sign in</h1><form><p>Please sign in to continue.</p>"
    "<input type=email name=user><input type=password name=password><button>Sign in</button></form>"
)
COOKIE_WALL = (
    "<!DOCTYPE html><title>Before you continue</title><h1>Before you continue</h1><p>We and our partners use cookies. "
    "Accept all cookies to continue to the site, or subscribe.</p><button>Accept all</button><button>Reject</button>"
)
PAGES = {
    "30 days": Page(policy_page()),
    "60 days": Page(policy_page("We keep letters for sixty days.")),
    "90 days": Page(policy_page("We keep letters for ninety days.")),
    "sold": Page(policy_page("We keep letters for thirty days.</p><p>We sell your postal address to advertisers.")),
    "sold, 60 days": Page(
        policy_page("We keep letters for sixty days.</p><p>We sell your postal address to advertisers.")
    ),
    "organise": Page(policy_page("We organise letters by day, and keep them for thirty days.")),
    "organize": Page(policy_page("We organize letters by day, and keep them for thirty days.")),
    "visitor 4711": Page(policy_page("We keep letters for thirty days.</p><p>You are visitor number 4,711")),
    "French": Page(FRENCH.encode()),
    "catalogue": Page(
        OTHER_TEXT.format(
            "Autumn catalogue", "Woollen socks and tea cosies are knitted by hand until they run out."
        ).encode()
    ),
    "rewrite": Page(REWRITE.encode()),
    "503": Page(b"<h1>Service unavailable</h1>", 503),
    "404": Page(b"<h1>Not found</h1>", 404),
    "login": Page(LOGIN.encode()),
    "cookie wall": Page(COOKIE_WALL.encode()),
    "challenge": Page(CHALLENGE.encode(), 403),
    "hangs": Page(policy_page(), delay=4),
    "hangs up": Page(drop=True),
}


@dataclass(frozen=True)
class Day:
    """What happens on a day of the month, and what must follow from it.

    since_today: the page that a vendor shows from this day on, by vendor. only_today: the page that it shows on this
    day only. Two pages are those that the first and the second look of the run get.
    trouble: what else goes wrong (see `Month.run`).
    prints: how each line begins that the run prints, without addresses of pages and names of folders.
    told: what each subscriber gets: a line with the title and the summary of each entry, without times of day, and
        without the number of unchanged clauses.
    exit_status: the exit status of the run.
    failed: by vendor, how often in a row and since which day it could not be fetched, as `status` says after the run.
    state, waiting: the state of the last run, and the number of digests in the outbox, as `status` says.
    """

    number: int
    since_today: Mapping[str, str] = field(default_factory=dict)
    only_today: Mapping[str, str | list[str]] = field(default_factory=dict)
    trouble: str = ""
    prints: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    exit_status: int = 0
    failed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    state: str = "ended"
    waiting: int = 0


# What the runs say while egret's page and raven's text are in doubt.
EGRET_GONE = "egret/privacy: quarantined since 2027-03-09 (not found): answered with HTTP status 404"
RAVEN_HELD = (
    "raven/privacy: held since 2027-03-20: the text shares nothing with the text before; it begins: Privacy notice"
)
SWIFT_BROKEN = "failed: swift.yaml:1: homepage: this field is missing; swift.yaml:1: policies:"
HUNG_UP = "failed: tern/privacy /tern: the complete answer did not arrive in time"
NO_ADDRESS = (
    "failed: tern/privacy /tern: not fetched, because /robots.txt could not be fetched: "
    "no address of the host tern.invalid was found"
)

MONTH = (
    Day(
        1,
        since_today={
            "egret": "30 days",
            "finch": "30 days",
            "heron": "30 days",
            "raven": "30 days",
            "stork": "30 days",
            "swift": "organise",
            "tern": "30 days",
            "wren": "30 days",
        },
        prints=("run: 8 captures found, 8 new (0 quarantined), 0 failed; 0 digests sent",),
    ),
    Day(2, trouble="another run", prints=("Error: another run on this database is in progress",), exit_status=1),
    Day(
        3,
        only_today={"stork": "503", "heron": ["60 days", "30 days"]},
        prints=(
            "stork/privacy: quarantined since 2027-03-03 (unavailable): answered with HTTP status 503",
            "run: 9 captures found, 9 new (1 quarantined), 0 failed; 0 digests sent",
        ),
    ),
    Day(
        4,
        trouble="swift is broken",
        prints=(SWIFT_BROKEN, "run: 7 captures found, 7 new (0 quarantined), 1 failed; 0 digests sent"),
        exit_status=3,
    ),
    Day(
        5,
        since_today={"swift": "organize"},
        trouble="swift is broken",
        prints=(SWIFT_BROKEN, "run: 7 captures found, 7 new (0 quarantined), 1 failed; 0 digests sent"),
        exit_status=3,
    ),
    Day(
        6,
        only_today={"wren": "French"},
        prints=(
            "wren/privacy: quarantined since 2027-03-06 (other language): in French, while the captures before",
            "run: 9 captures found, 9 new (1 quarantined), 0 failed; 1 digest sent",
        ),
        told={
            ALL: "swift privacy: version 1 → version 2: No change is classed as substantive: 1 editorial change.",
        },
    ),
    Day(
        7,
        since_today={"finch": "sold"},
        prints=("run: 9 captures found, 9 new (0 quarantined), 0 failed; 2 digests sent",),
        told=dict.fromkeys((ALL, ONE), "finch privacy: version 1 → version 2: 1 substantive change: 1 added."),
    ),
    Day(
        8,
        only_today={"tern": "hangs"},
        prints=(HUNG_UP, "run: 7 captures found, 7 new (0 quarantined), 1 failed; 0 digests sent"),
        exit_status=3,
        failed={"tern": (1, 8)},
    ),
    Day(
        9,
        since_today={"egret": "404"},
        only_today={"tern": "hangs up"},
        prints=(
            "failed: tern/privacy /tern: the connection was lost",
            EGRET_GONE,
            "run: 7 captures found, 7 new (1 quarantined), 1 failed; 0 digests sent",
        ),
        exit_status=3,
        failed={"tern": (2, 8)},
    ),
    Day(
        10,
        only_today={"stork": "login", "heron": ["60 days", "30 days"]},
        prints=(
            EGRET_GONE,
            "stork/privacy: quarantined since 2027-03-10 (login): the page is called 'Sign in'",
            "run: 9 captures found, 9 new (2 quarantined), 0 failed; 0 digests sent",
        ),
    ),
    Day(
        11,
        only_today={"raven": "catalogue"},
        prints=(
            EGRET_GONE,
            "raven/privacy: held since 2027-03-11: the text shares nothing with the text before; it begins: Autumn cat",
            "run: 9 captures found, 9 new (1 quarantined), 0 failed; 1 digest sent",
        ),
        told={
            ALL: (
                "raven privacy: an entirely different text: "
                "Since 2027-03-11 this address shows an entirely different text."
            )
        },
    ),
    Day(
        12,
        prints=(EGRET_GONE, "run: 9 captures found, 9 new (1 quarantined), 0 failed; 1 digest sent"),
        told={
            ALL: (
                "raven privacy: the different text was not the policy: "
                "The entirely different text that this address showed on 2027-03-11 was not the policy."
            )
        },
    ),
    Day(
        13,
        only_today={"stork": "cookie wall"},
        prints=(
            EGRET_GONE,
            "stork/privacy: quarantined since 2027-03-13 (consent): the page only asks for consent",
            "run: 8 captures found, 8 new (2 quarantined), 0 failed; 0 digests sent",
        ),
    ),
    Day(
        14,
        trouble="no DNS",
        prints=(NO_ADDRESS, EGRET_GONE, "run: 7 captures found, 7 new (1 quarantined), 1 failed; 0 digests sent"),
        exit_status=3,
        failed={"tern": (1, 14)},
    ),
    Day(
        15,
        trouble="no DNS",
        prints=(NO_ADDRESS, EGRET_GONE, "run: 7 captures found, 7 new (1 quarantined), 1 failed; 0 digests sent"),
        exit_status=3,
        failed={"tern": (2, 14)},
    ),
    Day(
        16,
        only_today={"wren": "visitor 4711"},
        prints=(
            "egret/privacy: the newest accepted capture is from 2027-03-08; the newest capture is 8 days later",
            EGRET_GONE,
            "run: 8 captures found, 8 new (1 quarantined), 0 failed; 1 digest sent",
        ),
        told={
            ALL: (
                "egret privacy: no longer there: Since 2027-03-09 this policy is no longer there: "
                "its address answers 404 (the last text was of 2027-03-08)."
            )
        },
    ),
    Day(
        17,
        only_today={"stork": "challenge"},
        trouble="late joins",
        prints=(
            "egret/privacy: the newest accepted capture is from 2027-03-08; the newest capture is 9 days later",
            EGRET_GONE,
            "stork/privacy: quarantined since 2027-03-17 (blocked): answered with HTTP status 403",
            "run: 8 captures found, 8 new (2 quarantined), 0 failed; 1 digest sent",
        ),
        told={
            LATE: (
                "egret privacy: no longer there: Since 2027-03-09 this policy is no longer there: "
                "its address answers 404 (the last text was of 2027-03-08)."
            )
        },
    ),
    Day(
        18,
        prints=(
            "egret/privacy: the newest accepted capture is from 2027-03-08; the newest capture is 10 days later",
            EGRET_GONE,
            "run: 8 captures found, 8 new (1 quarantined), 0 failed; 0 digests sent",
        ),
    ),
    Day(
        19,
        since_today={"egret": "30 days", "finch": "sold, 60 days"},
        prints=("run: 9 captures found, 9 new (0 quarantined), 0 failed; 3 digests sent",),
        told={
            **dict.fromkeys(
                (ALL, LATE),
                "egret privacy: there again: Since 2027-03-19 this policy is there again, unchanged.\n"
                "finch privacy: version 2 → version 3: 1 substantive change: 1 number. "
                "We keep letters for thirty → sixty days.",
            ),
            ONE: (
                "finch privacy: version 2 → version 3: 1 substantive change: 1 number. "
                "We keep letters for thirty → sixty days."
            ),
        },
    ),
    Day(
        20,
        since_today={"raven": "rewrite"},
        prints=(RAVEN_HELD, "run: 9 captures found, 9 new (0 quarantined), 0 failed; 2 digests sent"),
        told=dict.fromkeys(
            (ALL, LATE),
            "raven privacy: an entirely different text: "
            "Since 2027-03-20 this address shows an entirely different text.",
        ),
    ),
    Day(
        21,
        only_today={"stork": "404", "heron": ["60 days", "30 days"]},
        prints=(
            "stork/privacy: quarantined since 2027-03-21 (not found): answered with HTTP status 404",
            RAVEN_HELD,
            "run: 9 captures found, 9 new (1 quarantined), 0 failed; 0 digests sent",
        ),
    ),
    Day(
        22,
        since_today={"wren": "60 days"},
        trouble="no mail server",
        prints=(
            "Error: mail server 127.0.0.1: [Errno 111] Connection refused. 2 digests not sent.",
            "run: 9 captures found, 9 new (0 quarantined), 0 failed; 0 digests sent, 2 not sent",
        ),
        exit_status=1,
        waiting=2,
    ),
    Day(
        23,
        prints=("run: 8 captures found, 8 new (0 quarantined), 0 failed; 4 digests sent",),
        told=dict.fromkeys(
            (ALL, LATE),
            "wren privacy: version 1 → version 2: 1 substantive change: 1 number. "
            "We keep letters for thirty → sixty days.\n"
            "raven privacy: version 1 → version 3: 10 substantive changes: 8 removed, 1 modified, 1 added.",
        ),
    ),
    Day(
        24,
        since_today={"finch": "sold"},
        trouble="one is put off",
        prints=(
            "put off: one@reader.example did not get a digest, 1 failed attempt since",
            "run: 9 captures found, 9 new (0 quarantined), 0 failed; 2 digests sent, 1 put off",
        ),
        told=dict.fromkeys(
            (ALL, LATE),
            "finch privacy: version 3 → version 2: "
            "The page returned to the text of version 2, last seen 2027-03-18. "
            "1 substantive change: 1 number. We keep letters for sixty → thirty days.",
        ),
        waiting=1,
    ),
    Day(
        25,
        prints=("run: 8 captures found, 8 new (0 quarantined), 0 failed; 1 digest sent",),
        told={
            ONE: (
                "finch privacy: version 3 → version 2: "
                "The page returned to the text of version 2, last seen 2027-03-18. "
                "1 substantive change: 1 number. We keep letters for sixty → thirty days."
            )
        },
    ),
    Day(
        26,
        since_today={"stork": "90 days"},
        only_today={"tern": "hangs"},
        trouble="SIGTERM",
        prints=(
            "live: interrupted; ends within 12 seconds",
            HUNG_UP,
            "failed: the crawl was interrupted",
            "run: interrupted; 7 captures found, 7 new (0 quarantined), 2 failed",
        ),
        exit_status=1,
        failed={"tern": (1, 26)},
    ),
    Day(
        27,
        prints=("run: 8 captures found, 8 new (0 quarantined), 0 failed; 2 digests sent",),
        told=dict.fromkeys(
            (ALL, LATE),
            "stork privacy: version 1 → version 2: 1 substantive change: 1 number. "
            "We keep letters for thirty → ninety days.",
        ),
    ),
    Day(
        28,
        since_today={"wren": "90 days"},
        only_today={"tern": "hangs"},
        trouble="kill -9",
        prints=("live: interrupted; ends within 12 seconds", HUNG_UP, "failed: the crawl was interrupted"),
        exit_status=-9,
        failed={"tern": (1, 28)},
        state="killed",
    ),
    Day(
        29,
        trouble="full disk",
        prints=(
            "Error: store.db can't be written, because its disk is full",
            "run: 8 captures found, 8 new (0 quarantined), 0 failed; digests not all sent",
        ),
        exit_status=1,
    ),
    Day(
        30,
        prints=("run: 8 captures found, 8 new (0 quarantined), 0 failed; 2 digests sent",),
        told=dict.fromkeys(
            (ALL, LATE),
            "wren privacy: version 2 → version 3: 1 substantive change: 1 number. "
            "We keep letters for sixty → ninety days.",
        ),
    ),
)


@dataclass
class Month:
    """The operator's machine, the vendors' sites and the subscribers' mailboxes."""

    crawler: Crawler
    site: Site
    mailbox: Mailbox
    mail_server: str
    shown: dict[str, str] = field(default_factory=dict)

    def run(self, day: Day) -> tuple[int, list[str]]:
        """Runs `clausewatch run` with the day's pages and troubles. Returns the exit status and the printed lines."""
        self.shown |= day.since_today
        for vendor, name in {**self.shown, **day.only_today}.items():
            names = [name] if isinstance(name, str) else name
            self.site.pages[f"/{vendor}"] = [PAGES[each] for each in names]
            self.declare(vendor)
        environment = {
            "CLAUSEWATCH_SMTP_URL": self.mail_server,
            "CLAUSEWATCH_MAIL_FROM": "clausewatch@operator.example",
        }
        self.mailbox.refuses_content = set()
        happens: dict[str, Any] = {}
        match day.trouble:
            case "another run":
                with Store.open(self.crawler.database_url) as store, store.database.only_run():
                    return self.command(day, "run", environment=environment)
            case "swift is broken":
                (self.crawler.vendors / "swift.yaml").write_text("name: swift\n")
            case "no DNS":
                declare(self.crawler.vendors, "tern", "url: http://tern.invalid/tern")
            case "late joins":
                assert self.command(day, "subscribe", LATE)[0] == 0
            case "no mail server":
                environment["CLAUSEWATCH_SMTP_URL"] = "smtp://127.0.0.1:1"
            case "one is put off":
                self.mailbox.refuses_content = {ONE}
            case "SIGTERM":
                happens["begun"] = lambda process: self.send_later(process, signal.SIGTERM)
            case "kill -9":
                happens["begun"] = lambda process: self.send_later(process, signal.SIGKILL)
            case "full disk":
                happens |= {"at": 1, "then": crawl_process.DISK_FULL}
        return self.command(day, "run", environment=environment, **happens)

    def declare(self, vendor: str) -> None:
        """Declares a vendor. tern has a host of its own, so that no other vendor waits for tern's server."""
        host = self.site.url.replace("127.0.0.1", "localhost") if vendor == "tern" else self.site.url
        declare(self.crawler.vendors, vendor, f"url: {host}/{vendor}")

    def send_later(self, process: int, number: signal.Signals) -> None:
        """Sends a signal to a run when all pages have been requested. The run waits for tern's answer at that time."""
        before = len(self.site.requests)

        def send() -> None:
            while not {f"/{vendor}" for vendor in self.shown} <= {path for path, _ in self.site.requests[before:]}:
                time.sleep(0.02)
            os.kill(process, number)

        threading.Thread(target=send).start()

    def command(
        self, day: Day, *arguments: str, environment: dict[str, str] | None = None, **happens: Any
    ) -> tuple[int, list[str]]:
        clock = BEGIN + (day.number - 1) * ONE_DAY
        environment = self.crawler.environment | (environment or {})
        result = crawl_process.clausewatch_at(clock, [*arguments], environment, settings=SETTINGS, **happens)
        output = result.stdout if arguments[0] == "status" else result.stderr
        return result.returncode, [self.without_places(line) for line in output.splitlines()]

    def without_places(self, line: str) -> str:
        """Returns a printed line without the addresses of the sites, and without the names of folders."""
        for place in (self.crawler.database_url.removesuffix("store.db"), f"{self.crawler.vendors}/"):
            line = line.replace(place, "")
        return re.sub(r"http://(127\.0\.0\.1:\d+|localhost:\d+|tern\.invalid)", "", line).strip()

    def status(self, day: Day) -> tuple[dict[str, tuple[int, int]], str, int]:
        """Returns what `status` says after a run, as in the last three fields of `Day`."""
        rows = json.loads("".join(self.command(day, "status", "--format", "json")[1]))
        run = json.loads("".join(self.command(day, "status", "--run", "--format", "json")[1]))
        failed = {
            row["vendor"]: (fetches["times"], (datetime.fromisoformat(fetches["since"]) - BEGIN).days + 1)
            for row in rows
            for fetches in row["failed_fetches"]
        }
        return failed, run["last_run"]["state"], run["outbox"]["waiting"]

    def told(self) -> dict[str, str]:
        """Returns the titles and summaries of the digests that arrived since the last call, by subscriber."""
        told: dict[str, list[str]] = {}
        while self.mailbox.accepted:
            _, (address,), content = self.mailbox.accepted.pop(0)
            body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
            assert body is not None
            blocks = [" ".join(block.split()) for block in body.get_content().replace("\r", "").split("\n\n")]
            told.setdefault(address, []).extend(
                re.sub(r"T[\d:]{8}Z| \d+ clauses unchanged[.]", "", f"{title.rstrip(' =')}: {summary}")
                for title, summary in pairwise(blocks)
                if title.endswith("==")
            )
        return {address: "\n".join(sorted(entries)) for address, entries in told.items()}


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    mailbox = Mailbox()
    server = LoopbackServer(mailbox)
    with serve_pages({}) as site:
        yield Month(Crawler(tmp_path, allow_private=True), site, mailbox, f"smtp://127.0.0.1:{server.port}")
    server.stop()


def test_a_month_of_daily_runs(month: Month) -> None:
    for subscriber, *vendors in ((ALL,), (ONE, "--vendor", "finch")):
        for vendor in MONTH[0].since_today:
            month.site.pages[f"/{vendor}"] = []
            month.declare(vendor)
        assert month.command(MONTH[0], "subscribe", subscriber, *vendors, "--significance", "all")[0] == 0
    for day in MONTH:
        exit_status, lines = month.run(day)
        lines = [line for line in lines if not line.startswith("`clausewatch review` lists")]  # how to go on
        assert [line[: len(start)] for line, start in zip_longest(lines, day.prints, fillvalue="")] == [*day.prints], (
            lines
        )
        assert (day.number, exit_status) == (day.number, day.exit_status)
        assert (day.number, month.told()) == (
            day.number,
            {address: "\n".join(sorted(entries.split("\n"))) for address, entries in day.told.items()},
        )
        assert (day.number, *month.status(day)) == (day.number, day.failed, day.state, day.waiting)
