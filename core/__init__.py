"""The words of clausewatch as frozen types, the declarations, the settings, the exceptions.

Every other room may know this one; this one knows none of them.
"""
