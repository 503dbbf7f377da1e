"""How fast a live crawl keeps pages, against a bare Scrapy spider that keeps nothing.

    python bench/crawl [--pages N] [--times N]

The pages are served by a process of this machine, on many loopback addresses; either crawl is a process of its own,
with the same concurrency and without delays.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOSTS = 16


def declare(folder: Path, urls: list[str]) -> None:
    """A vendor for each address."""
    folder.mkdir()
    for number, url in enumerate(urls):
        lines = ["name: Bench", "homepage: http://127.0.0.1/", "policies:", "  privacy:", "    locations:"]
        (folder / f"v{number}.yaml").write_text("\n".join([*lines, f"      - url: {url}"]) + "\n")


def crawl(way: str, *arguments: str) -> dict[str, float]:
    """What a crawl of that way measured of itself."""
    command = [sys.executable, str(HERE / f"{way}.py"), *arguments]
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout))


def main() -> None:
    """Print pages a second of both, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000, metavar="N", help="crawl so many pages [1000]")
    parser.add_argument("--times", type=int, default=3, metavar="N", help="take the best of so many [3]")
    chosen = parser.parse_args()
    server = subprocess.Popen([sys.executable, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None  # noqa: S101  (for mypy)
        port = int(server.stdout.readline())
        urls = [f"http://127.0.0.{number % HOSTS + 1}:{port}/{number}" for number in range(chosen.pages)]
        best: dict[str, dict[str, float]] = {}
        for _ in range(chosen.times):
            with tempfile.TemporaryDirectory() as folder:
                declare(Path(folder, "vendors"), urls)
                Path(folder, "urls").write_text("\n".join(urls))
                for way in ("bare", "ours"):
                    measured = crawl(way, folder)
                    known = best.setdefault(way, measured)
                    best[way] = {key: min(value, known[key]) for key, value in measured.items()}
    finally:
        server.kill()
        server.wait()
    for way, measured in best.items():
        print(
            f"{way}: {chosen.pages / measured['fetched']:6.1f} pages/s by the clock, "
            f"{1000 * measured['processor'] / chosen.pages:.2f} ms of a processor a page in the crawl's process"
        )
    bare, ours = best["bare"], best["ours"]
    print(f"all read {ours['read']:.1f} s after the first request, {chosen.pages / ours['read']:.1f} pages/s")
    print(
        f"kept, to fetched and thrown away: {bare['fetched'] / ours['fetched']:.2f} by the clock, "
        f"{bare['processor'] / ours['processor']:.2f} by the processor's time of the crawl's process"
    )


if __name__ == "__main__":
    main()
