"""Measures how long digests take: composing them for many subscribers and policies, and sending them."""
