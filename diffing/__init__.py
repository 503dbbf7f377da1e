"""What counts as the same text, what differs between two documents clause by clause, and a policy's timeline.

Its modules are imported by their names: a process that only reads captures starts sooner without what compares.
"""
