"""The reading room: a website over the stored policies, to browse, compare, search and cite.

`create_application` returns the ASGI application that `clausewatch serve` runs. The pages are in `web.pages`, one
module for each kind; they read from a database that is opened read-only.
"""

from web.application import create_application
from web.postman import Postman
from web.room import Room

__all__ = ["Postman", "Room", "create_application"]
