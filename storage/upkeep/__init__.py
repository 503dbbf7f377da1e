"""Functions that verify, back up and restore a database, and that rename or remove the history of a policy."""

from storage.upkeep.backup import back_up, restore
from storage.upkeep.histories import remove_history, rename_policy, rename_vendor
from storage.upkeep.verification import verify

__all__ = ["back_up", "remove_history", "rename_policy", "rename_vendor", "restore", "verify"]
