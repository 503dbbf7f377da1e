"""Runs a crawl in a process in which a test decides how host names are resolved."""

import subprocess
import sys

from core.settings import CHECKOUT
from tests.servers.archive import QUICK, Crawler


def patched_crawl(crawler: Crawler, answers: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a live crawl for which 127.0.0.2 is a public address, and every other loopback address is private.

    answers: Python code that defines a function `answers(host)`. The function returns the address of a host, or None if
        the system is to resolve the host.
    """
    code = f"""
import socket, sys
{answers}
real = socket.getaddrinfo
def getaddrinfo(host, port, *rest, **more):
    return real(answers(host) or host, port, *rest, **more)
socket.getaddrinfo = getaddrinfo
import core.private_addresses
core.private_addresses.is_public = lambda address: address == "127.0.0.2"
from scrapy.cmdline import execute
execute(["scrapy", "crawl", "live", *sys.argv[1:]])
"""
    options = [part for name, value in {**QUICK, **settings}.items() for part in ("-s", f"{name}={value}")]
    return subprocess.run(
        [sys.executable, "-c", code, *options],
        cwd=CHECKOUT,
        env={**crawler.environment, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
