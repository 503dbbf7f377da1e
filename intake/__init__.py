"""The intake: all sources pass their captures to it.

It stores captures as evidence, reads them, and stores the readings.

Import the modules of this package by name. The package itself exports no names: a worker process imports only
`intake.fork_server` and `intake.reading_task`. If it also loaded the database's driver, its start would take twice as
long.
"""
