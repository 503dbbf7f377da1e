"""How much room the payloads take, and how fast they are written and read."""
