"""The captures of the demo's fictional vendor, as a test hands them to `clausewatch ingest`."""

from core.settings import CHECKOUT

PAGES = CHECKOUT / "demo" / "pages"
OLD_ADDRESS = "http://www.lanternpost.example/privacy.html"
NEW_ADDRESS = "https://www.lanternpost.example/legal/privacy"
# In order of capture: file, time of capture, address.
CAPTURES = (
    ("20210304101500.html", "2021-03-04T10:15:00Z", OLD_ADDRESS),
    ("20210914063012.html", "2021-09-14T06:30:12Z", OLD_ADDRESS),
    ("20220202221845.html", "2022-02-02T22:18:45Z", OLD_ADDRESS),
    ("20220620140501.html", "2022-06-20T14:05:01Z", OLD_ADDRESS),
    ("20230115090000.html", "2023-01-15T09:00:00Z", NEW_ADDRESS),
    ("20231130174500.html", "2023-11-30T17:45:00Z", NEW_ADDRESS),
    ("20240505120000.html", "2024-05-05T12:00:00Z", NEW_ADDRESS),
)
