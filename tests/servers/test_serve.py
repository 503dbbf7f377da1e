"""`clausewatch serve` as a process: its address, its errors, and its end."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.settings import CHECKOUT
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import ingested
from tests.servers.mail_server import LoopbackServer, Mailbox
from tests.servers.reading_room import serving


def _answer(port: int, method: str = "GET", path: str = "/", **parts: object) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, **parts)  # type: ignore[arg-type]  # body and headers
    response = connection.getresponse()
    response.read()
    return response


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_room_in_order_within_seconds(clausewatch: Clausewatch, number: signal.Signals) -> None:
    with serving() as (process, port):
        assert _answer(port).status == 200
        with socket.create_connection(("127.0.0.1", port)) as idle:  # a client that never finishes its request
            idle.sendall(b"GET / HTTP/1.1\r\nHost: local")
            process.send_signal(number)
            assert process.wait(30) == 0  # without the client, it ends at once; with it, after seconds
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_clients_that_break_off_leave_the_roomserving(clausewatch: Clausewatch) -> None:
    with serving() as (_, port):
        for request in (
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /-/operator HTTP/1.1\r\nHost: x\r\n",
            b"\0\xff",
        ):
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(request)
        assert _answer(port).status == 200


def test_a_reader_who_subscribes_is_asked_to_confirm_at_once(clausewatch: Clausewatch) -> None:
    ingested(clausewatch)
    mailbox = Mailbox()
    server = LoopbackServer(mailbox)
    settings = {
        "CLAUSEWATCH_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "CLAUSEWATCH_MAIL_FROM": "watch@operator.example",
        "CLAUSEWATCH_PUBLIC_URL": "https://watch.example.org",
    }
    try:
        with serving(**settings) as (_, port):
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://watch.example.org"}
            form = "address=reader%40client.example"
            assert _answer(port, "POST", "/-/subscribe", body=form, headers=headers).status == 200
            for _ in range(200):
                if mailbox.accepted:
                    break
                time.sleep(0.05)
    finally:
        server.stop()
    ((sender, recipients, message),) = mailbox.accepted
    assert (sender, recipients) == ("watch@operator.example", ["reader@client.example"])
    assert b"https://watch.example.org/-/subscribe/confirm-" in message


def test_what_keeps_the_room_from_opening_is_a_sentence(
    clausewatch: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "newer.db"
    with Store.open(f"sqlite:///{newer}") as store, store.database.write_session() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        faults: list[tuple[tuple[str, ...], dict[str, str], int, str]] = [
            (("--port", port), {}, 1, f"port {port} is in use"),
            (("--host", "nowhere.invalid"), {}, 2, "there is no such address"),
            (("--host", "203.0.113.7"), {}, 2, "this machine does not have that address"),
            ((), {"CLAUSEWATCH_DATABASE_URL": f"sqlite:///{tmp_path / 'missing.db'}"}, 1, "there is no database"),
            ((), {"CLAUSEWATCH_DATABASE_URL": f"sqlite:///{newer}"}, 1, "newer.db"),
            ((), {"CLAUSEWATCH_OPERATOR_TOKEN": "short"}, 2, "must have at least 16 characters"),
            ((), {"CLAUSEWATCH_PUBLIC_URL": "watch.example.org"}, 2, "must be like https://watch.example.org"),
        ]
        for arguments, settings, status, sentence in faults:
            with monkeypatch.context() as patch:
                for name, value in settings.items():
                    patch.setenv(name, value)
                message = clausewatch("serve", *arguments, exit_code=status).output
            assert sentence in message
            assert message.count("\n") == 1


# A room whose only page compares for a minute.
_BUSY = """
import functools, time
from starlette.applications import Starlette
from starlette.routing import Route
import scripts.commands.serve as serve
from intake.worker_pool import ClosedPoolError
from web.errors import error_response

def application(room, hosts):
    def page(request):
        print("comparing", flush=True)
        room.call(functools.partial(time.sleep, 60))
    app = Starlette(routes=[Route("/-/api/v1/x", page)], exception_handlers={ClosedPoolError: error_response})
    app.state.prefix = ""
    return app

serve.create_application = application
serve.command(["--port", "0"])
"""


def test_a_signal_ends_the_room_while_a_comparison_runs(clausewatch: Clausewatch) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", _BUSY], cwd=CHECKOUT, text=True, **pipes) as process:  # type: ignore[call-overload]  # the pipes
        try:
            match = re.search(r":(\d+)/", process.stderr.readline())
            assert match
            with socket.create_connection(("127.0.0.1", int(match[1]))) as client:
                client.sendall(b"GET /-/api/v1/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert process.stdout.readline() == "comparing\n"
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()
