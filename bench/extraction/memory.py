"""Memory over 10,000 pages. PDFs are left out: each is read in a process that ends with it."""

import resource

from bench.extraction.pages import pages
from extraction import extract


def measure(*, details: bool) -> None:
    """The largest resident size after the first thousand pages and after each further thousand."""
    corpus = [(data, known["media_type"]) for known, data, _ in pages() if not data.startswith(b"%PDF")]
    peaks = []
    for count in range(1, 10_001):
        extract(*corpus[count % len(corpus)])
        if count % 1000 == 0:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    print(f"peak MiB after each 1,000 of 10,000 pages: {peaks}")
