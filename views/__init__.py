"""What the command line, the JSON contract and every other front end show, as plain data."""
