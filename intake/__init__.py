"""The service every source hands captures to: it keeps the evidence, has it read, and keeps what is derived current.

Import its modules by name. This package re-exports nothing, because a process that reads captures imports only
`intake.fork_server` and `intake.reading_task`; loading the database's driver would double the time it takes to start.
"""
