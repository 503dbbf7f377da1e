"""Upkeep of a database: verifies it, backs it up, and restores a backup."""

from storage.upkeep.backup import back_up, restore
from storage.upkeep.verification import verify

__all__ = ["back_up", "restore", "verify"]
