"""Upkeep of a database: proving what is stored, copies of everything, and restoring them."""

from storage.upkeep.backup import back_up, restore
from storage.upkeep.verification import verify

__all__ = ["back_up", "restore", "verify"]
