"""The intake: stores captures as evidence, reads the captures, and stores the readings.

All sources pass their captures to the intake.

The package itself exports no names; import its modules by name. So a worker process can import `intake.fork_server` and
`intake.reading_task` without the database driver, which would double the time that the process takes to start.
"""
