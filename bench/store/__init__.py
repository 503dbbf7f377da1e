"""How small and how fast captures are stored."""
