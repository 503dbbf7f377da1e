"""The vocabulary of clausewatch as frozen types, the declarations of vendors, the settings, the exceptions.

Every other package may import this one; this one imports none of them.
"""
