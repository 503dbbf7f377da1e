"""Functions that verify a database, back up a database, and restore a backup."""

from storage.upkeep.backup import back_up, restore
from storage.upkeep.verification import verify

__all__ = ["back_up", "restore", "verify"]
