"""The intake: stores captures as evidence, reads the captures, and stores the readings.

All sources pass their captures to the intake.

Import the modules of this package by name. The package itself exports no names, because a worker process must import
only `intake.fork_server` and `intake.reading_task`. If a worker process also loaded the database driver, starting the
worker process would take twice as long.
"""
