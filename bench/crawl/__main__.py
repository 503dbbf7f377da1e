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
from statistics import median

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
    """Print pages a second of both, and their ratio, pair by pair: a machine's speed changes from run to run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000, metavar="N", help="crawl so many pages [1000]")
    parser.add_argument("--times", type=int, default=3, metavar="N", help="run both so many times, in turn [3]")
    chosen = parser.parse_args()
    server = subprocess.Popen([sys.executable, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None  # noqa: S101  (for mypy)
        port = int(server.stdout.readline())
        urls = [f"http://127.0.0.{number % HOSTS + 1}:{port}/{number}" for number in range(chosen.pages)]
        pairs: list[dict[str, dict[str, float]]] = []
        for _ in range(chosen.times):
            with tempfile.TemporaryDirectory() as folder:
                declare(Path(folder, "vendors"), urls)
                Path(folder, "urls").write_text("\n".join(urls))
                pairs.append({way: crawl(way, folder) for way in ("bare", "ours")})
    finally:
        server.kill()
        server.wait()
    for way in ("bare", "ours"):
        fetched, processor = (median(pair[way][key] for pair in pairs) for key in ("fetched", "processor"))
        print(
            f"{way}: {chosen.pages / fetched:6.1f} pages/s by the clock, "
            f"{1000 * processor / chosen.pages:.2f} ms of a processor a page in the crawl's process"
        )
    read = median(pair["ours"]["read"] for pair in pairs)
    print(f"all read {read:.1f} s after the first request, {chosen.pages / read:.1f} pages/s")
    for key, what in (("fetched", "by the clock"), ("processor", "by the processor's time of the crawl's process")):
        ratios = sorted(pair["bare"][key] / pair["ours"][key] for pair in pairs)
        print(
            f"kept, to fetched and thrown away, {what}: {median(ratios):.2f}, "
            f"the median of {len(ratios)} pairs from {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


if __name__ == "__main__":
    main()
