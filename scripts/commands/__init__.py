"""One module for each sub-command, which `scripts.main` imports by name: parses arguments, calls, prints."""
