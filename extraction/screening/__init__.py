"""Decides whether a capture shows the policy: from the capture alone, then among the other captures of the policy."""
