"""The verdict on a capture: by itself, and among the other captures of its policy."""
