"""The reading room behind the reverse proxies of docs/operating.md, whose configurations are taken from that page."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.settings import CHECKOUT
from core.signed_links import make_token
from storage import Store
from tests.servers.certificates import self_signed
from tests.servers.raw_server import free_port
from tests.servers.reading_room import LONG, TOKEN, serving, stored_histories
from views import addresses

_HOST = "watch.example.org"
_SECRET = "a secret of this test"
_READER = "reader@client.example"


@dataclass
class Site:
    """A proxy that answers on 127.0.0.1. prefix: what the paths of the room's pages begin with."""

    port: int
    prefix: str

    @property
    def origin(self) -> str:
        """The origin that browsers see."""
        return f"https://{_HOST}:{self.port}"

    def ask(
        self, method: str, path: str, body: str | None = None, *, client: str = "127.0.0.1", **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Sends a request from an address of this machine. headers: with underscores in place of hyphens."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(client, 0))
        connection = http.client.HTTPConnection(_HOST)
        connection.sock = context.wrap_socket(plain, server_hostname=_HOST)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, self.prefix + path, body, {"Host": f"{_HOST}:{self.port}", **named})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def send_form(self, path: str, body: str, **headers: str) -> http.client.HTTPResponse:
        """Sends a form as a page of the room does."""
        media_type = "application/x-www-form-urlencoded"
        return self.ask("POST", path, body, Origin=self.origin, Content_Type=media_type, **headers)[0]


def snippet(begin: str) -> str:
    """Returns the indented block of docs/operating.md whose first line is `begin`."""
    text = (CHECKOUT / "docs" / "operating.md").read_text(encoding="utf-8")
    match = re.search(rf"^    {re.escape(begin)}\n(?:    .*\n|\n)*?    }}\n", text, re.MULTILINE)
    assert match, f"docs/operating.md has no block that begins with {begin!r}"
    return match[0]


def replaced(text: str, **parts: str) -> str:
    """Returns a configuration with other parts. AssertionError if it doesn't have one of the parts."""
    for old, new in parts.items():
        assert old in text, f"the configuration doesn't contain {old!r}"
        text = text.replace(old, new)
    return text


def nginx(folder: Path, port: int, room: int, path: str) -> list[str]:
    """Writes the configuration of nginx, and returns the command that starts it.

    port: where it listens. room: the port of the room. path: the path of the public address; '' for none.
    """
    server = replaced(
        snippet("server {"),
        **{
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "/etc/letsencrypt/live/watch.example.org/fullchain.pem": str(folder / "certificate.pem"),
            "/etc/letsencrypt/live/watch.example.org/privkey.pem": str(folder / "certificate.pem"),
            "location / {": f"location {path or '/'} {{",
            "127.0.0.1:8642": f"127.0.0.1:{room}",
        },
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; gzip on;\n{temporary}{server}}}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def caddy(folder: Path, port: int, room: int, path: str) -> list[str]:
    """Writes the configuration of Caddy, and returns the command that starts it. path: Caddy passes every path on."""
    pem = folder / "certificate.pem"
    site = replaced(
        snippet("watch.example.org {"),
        **{
            "watch.example.org {": f"{_HOST}:{port} {{\nbind 127.0.0.1\ntls {pem} {pem}",
            "127.0.0.1:8642": f"127.0.0.1:{room}",
        },
    )
    options = f"admin off\nauto_https disable_redirects\nstorage file_system {folder}"
    (folder / "Caddyfile").write_text(f"{{\n{options}\n}}\n{site}")
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


_Proxy = Callable[[Path, int, int, str], list[str]]


@contextmanager
def proxied(proxy: _Proxy, folder: Path, path: str, stored: dict[str, str]) -> Iterator[Site]:
    """Starts a room and a proxy in front of it.

    path: the path of the public address, like `/watch/`; '' for none. stored: the settings of the room.
    """
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed")
    (folder / "certificate.pem").write_bytes(self_signed(_HOST))
    port = free_port()
    public_url = f"https://{_HOST}:{port}{path.rstrip('/')}"
    settings = {**stored, "CLAUSEWATCH_PUBLIC_URL": public_url, "CLAUSEWATCH_SECRET": _SECRET}
    with (
        serving(**settings) as (_, room),
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(
            proxy(folder, port, room, path), stderr=errors, env={**os.environ, "HOME": str(folder)}
        ) as process,
    ):
        try:
            _wait(port, process, folder / "errors")
            yield Site(port, path.rstrip("/"))
        finally:
            process.kill()


def _wait(port: int, process: "subprocess.Popen[bytes]", errors: Path) -> None:
    """Waits until a proxy accepts connections."""
    for _ in range(200):
        assert process.poll() is None, errors.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    pytest.fail(errors.read_text())


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of a room over some histories."""
    return stored_histories(tmp_path_factory.mktemp("stored"))


@pytest.mark.parametrize("path", ["", "/watch/"])
@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_the_room_works_behind_the_documented_proxies(
    stored: dict[str, str], tmp_path: Path, proxy: _Proxy, path: str
) -> None:
    with Store.open(stored["CLAUSEWATCH_DATABASE_URL"]) as store, proxied(proxy, tmp_path, path, stored) as site:
        _check_reading(site)
        _check_long_answers(site)
        _check_names(site)
        _check_signing_in(site)
        _check_leaving(site, store)


def _check_reading(site: Site) -> None:
    for page in (
        "/",
        "/lanternpost/privacy/2021..2023",
        "/-/search?q=your+data",
    ):
        answer, content = site.ask("GET", page)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache"), page
        assert not re.search(rb' (?:href|src|action)="/(?!' + site.prefix.lstrip("/").encode() + rb")", content), page
        head, nothing = site.ask("HEAD", page)
        assert (head.status, nothing) == (200, b"")
        assert {name: head.headers[name] for name in ("ETag", "Content-Length")} == {
            name: answer.headers[name] for name in ("ETag", "Content-Length")
        }
        # nginx makes the entity tag of what it has compressed a weak one (RFC 9110, section 8.8.1).
        compressed = site.ask("GET", page, Accept_Encoding="gzip")[0]
        for tag in (answer.headers["ETag"], compressed.headers["ETag"]):
            again, nothing = site.ask("GET", page, If_None_Match=tag)
            assert (again.status, nothing) == (304, b"")
    answer, content = site.ask("GET", "/lanternpost/privacy/feed.atom")
    assert f'href="{site.origin}{site.prefix}/lanternpost/privacy/feed.atom"'.encode() in content
    assert site.ask("GET", f"{addresses.API}/vendors")[0].status == 200
    if site.prefix:
        redirected = site.ask("GET", "")[0]  # without the slash
        assert redirected.status in (301, 307, 308)
        assert redirected.headers["Location"].removeprefix(site.origin) == f"{site.prefix}/"


def _check_long_answers(site: Site) -> None:
    """The newest text of the hostile vendor has a clause of about a megabyte."""
    answer, content = site.ask("GET", "/marmot/privacy/3")
    assert answer.status == 200
    assert LONG.strip().encode() in content
    assert content.endswith(b"</html>")


def _check_names(site: Site) -> None:
    """The room answers to its public name only, whatever the proxy forwards."""
    for headers in ({"Host": "attacker.example"}, {"Host": f"attacker.example:{site.port}"}):
        answer, content = site.ask("GET", "/", **headers)
        assert answer.status in (400, 421) or b"attacker" not in content
        assert b"lanternpost" not in content
    for name in ("X_Forwarded_Host", "Forwarded", "X_Original_URL", "X_Forwarded_Prefix"):
        content = site.ask("GET", "/lanternpost/privacy/feed.atom", **{name: "host=attacker.example"})[1]
        assert b"attacker.example" not in content


def _check_signing_in(site: Site) -> None:
    def sign_in(token: str, client: str, **headers: str) -> http.client.HTTPResponse:
        body = f"name=Ann&token={token.replace(' ', '+')}"
        return site.send_form("/-/operator", body, client=client, **headers)

    # Six wrong tokens keep one client waiting, whatever it claims to be, and no other.
    statuses = [sign_in("wrong", "127.0.0.1", X_Forwarded_For=f"192.0.2.{number}").status for number in range(6)]
    assert statuses == [403] * 5 + [429]
    answer = sign_in(TOKEN, "127.0.0.2")
    assert (answer.status, answer.headers["Location"]) == (303, f"{site.prefix}/-/review")
    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert f"Path={site.prefix or '/'};" in cookie
    answer = site.ask("GET", "/-/review", Cookie=cookie.partition(";")[0])[0]
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-store")
    foreign = site.ask("POST", "/-/operator", "token=x", Origin="https://attacker.example")[0]
    assert foreign.status == 403
    assert site.send_form("/-/operator", "token=" + "x" * 100_000, client="127.0.0.3").status == 413


def _check_leaving(site: Site, store: Store) -> None:
    """A mail program sends the request of RFC 8058 without a cookie, an origin or a referrer."""
    store.subscriptions.subscribe(_READER, (), datetime(2021, 6, 1, tzinfo=UTC))
    link = f"/-/unsubscribe/{make_token(_SECRET, 'unsubscribe', _READER)}"
    assert site.ask("GET", link)[0].status == 200
    assert store.subscriptions.subscriber(_READER)
    body, media_type = "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    assert site.ask("POST", link, body, Content_Type=media_type)[0].status == 200
    assert store.subscriptions.subscriber(_READER) is None
