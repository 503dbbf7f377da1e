"""A server that sends arbitrary bytes, for HTTP responses that a correct server would never send."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
# The beginning of an HTTP response. Further headers may follow.
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@contextmanager
def raw_server(answer: Callable[[socket.socket], None], address: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Starts the server, and yields its base URL. The server ends when the `with` block ends.

    The server answers requests for /robots.txt with 404.

    answer: called with the connection for every other request. The connection is closed afterwards.
    port: the port to use; 0 means any free port.
    """
    listening = socket.create_server((address, port))
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while request := connection.recv(65536):
                    if request.startswith(b"GET /robots.txt"):
                        connection.sendall(NO_ROBOTS)
                    else:
                        answer(connection)
                        return
            except OSError:
                return  # the crawler has closed the connection

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://{address}:{listening.getsockname()[1]}"
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def free_port() -> int:
    """Returns a port of 127.0.0.1 on which no program listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
