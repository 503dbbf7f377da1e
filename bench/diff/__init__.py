"""How well and how fast the differ compares."""
