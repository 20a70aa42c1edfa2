"""One module for each measurement: its docstring says what is compared with what, and what limits it.

Belongs here: `measure(bench)`, which yields figures. Does not: taking times, and making homes.
"""
