"""Measures how fast a live crawl stores pages, compared with a bare Scrapy spider that stores nothing.

    python -m bench.crawl [--pages N] [--times N]

A server process on this machine serves the pages on 16 loopback addresses. Each crawl runs in a new process. Both
crawls have the same concurrency and no delays.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from core.settings import CHECKOUT

HOSTS = 16
# The crawls to compare: the name of each crawl in the output, and the module that runs it.
CRAWLS = {"bare spider": "bench.crawl.bare_spider", "live crawl": "bench.crawl.live_crawl"}


def main() -> None:
    """Runs both crawls alternately, and prints the pages per second of each, and the ratios between them.

    A machine's speed changes from run to run. So the crawls alternate, and a ratio is computed for each pair of runs.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000, metavar="N", help="the number of pages to crawl [1000]")
    parser.add_argument("--times", type=int, default=3, metavar="N", help="how often to run each crawl [3]")
    options = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.crawl.page_server"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None  # noqa: S101  (for mypy)
        port = int(server.stdout.readline())
        urls = [f"http://127.0.0.{number % HOSTS + 1}:{port}/{number}" for number in range(options.pages)]
        pairs: list[dict[str, dict[str, float]]] = []
        for _ in range(options.times):
            with tempfile.TemporaryDirectory() as folder:
                declare_vendors(Path(folder, "vendors"), urls)
                Path(folder, "urls").write_text("\n".join(urls))
                pairs.append({crawl: measurement(module, folder) for crawl, module in CRAWLS.items()})
    finally:
        server.kill()
        server.wait()
    print_results(pairs, options.pages)


def declare_vendors(folder: Path, urls: list[str]) -> None:
    """Writes a declaration for each address. The declared vendor has one policy, published at that address."""
    folder.mkdir()
    for number, url in enumerate(urls):
        lines = ["name: Bench", "homepage: http://127.0.0.1/", "policies:", "  privacy:", "    locations:"]
        (folder / f"v{number}.yaml").write_text("\n".join([*lines, f"      - url: {url}"]) + "\n")


def measurement(module: str, folder: str) -> dict[str, float]:
    """Runs a crawl's module in a new process, and returns the measured times: see `Stopwatch.print_times`."""
    crawl = subprocess.run(
        [sys.executable, "-m", module, folder], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(crawl.stdout))


def print_results(pairs: list[dict[str, dict[str, float]]], pages: int) -> None:
    """Prints the median times of both crawls, and the median and the range of the ratios between them."""
    for crawl in CRAWLS:
        fetched, processor = (median(pair[crawl][key] for pair in pairs) for key in ("fetched", "processor"))
        print(
            f"{crawl}: {pages / fetched:.1f} pages/s by the clock, "
            f"{1000 * processor / pages:.2f} ms of processor time a page in the crawl's process"
        )
    read = median(pair["live crawl"]["read"] for pair in pairs)
    print(f"live crawl: all pages read {read:.1f} s after the first request, {pages / read:.1f} pages/s")
    for key, measure in (("fetched", "by the clock"), ("processor", "by processor time")):
        ratios = sorted(pair["bare spider"][key] / pair["live crawl"][key] for pair in pairs)
        print(
            f"speed of the live crawl as a share of the bare spider's, {measure}: median {median(ratios):.2f} "
            f"of {len(ratios)} pairs, from {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


if __name__ == "__main__":
    main()
