"""The frozen types that all of clausewatch shares, the declarations of vendors, the settings and the exceptions.

Every other package may import `core`. `core` imports no other package of clausewatch.
"""
