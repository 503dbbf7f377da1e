"""The API: what the pages show, as JSON (docs/api.md)."""

from web.api.application import routes

__all__ = ["routes"]
