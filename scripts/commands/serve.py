"""`clausewatch serve`"""

import click

from core.settings import Settings, load_settings
from scripts.digest_delivery import limited_calls
from scripts.options import open_store
from storage import Store
from web import Room, create_application

_PORT = 8642


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="The port to listen on.")
def command(host: str, port: int) -> None:
    """Show the stored policies in a browser: the reading room.

    Everybody who reaches the address can read everything that is stored, except for what only operators see. The room
    listens on this machine alone, unless --host says otherwise. Crawls may run at the same time. Ctrl-C ends it.
    """
    import uvicorn  # only this command needs the server

    settings = load_settings()
    with open_store(settings, read_only=True) as store, limited_calls(settings.limits) as call:
        room = Room(
            store,
            settings.vendors,
            call,
            settings.public_url,
            lambda: _writable(settings),
            settings.operator_token,
            settings.secret,
        )
        click.echo(f"The reading room is at http://{host}:{port}/ (Ctrl-C ends it)", err=True)
        uvicorn.run(create_application(room, (host,)), host=host, port=port, log_level="warning", server_header=False)


def _writable(settings: Settings) -> Store:
    return open_store(settings)
