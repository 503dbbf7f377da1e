"""Upkeep of a database: verifying what is stored, backing everything up, and restoring a backup."""

from storage.upkeep.backup import back_up, restore
from storage.upkeep.verification import verify

__all__ = ["back_up", "restore", "verify"]
