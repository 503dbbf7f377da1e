"""One module for each sub-command. `scripts.main` imports the modules by name.

Each module parses the arguments, calls functions of other rooms, and prints the result.
"""
