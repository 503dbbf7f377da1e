"""The one service every source hands captures to: keeps the evidence, has it read, keeps what is derived current.

Its modules are imported by their names, since a reader process needs only `intake.reading`, and would take twice as
long to start with the database's driver.
"""
