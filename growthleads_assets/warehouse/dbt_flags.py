"""Which module defines a flag of dbt, found by a look at the frames that call.

Belongs here: that look. Does not: running dbt.

dbt asks `inspect.stack` for it, once for each flag of its adapter at every command. That reads a line of source for
each frame, and where a frame is of generated code it goes through all modules that are imported: half a second below a
run of Dagster, and more than half of the time of tests below pytest, for a name that is in the caller's own frame.
"""

import sys
from functools import cache

BEHAVIOR_FLAGS = "dbt_common.behavior_flags"


@cache
def look_up_flags_by_frame() -> None:
    """Have dbt look up what defines a flag in this way, from now on in this process."""
    from dbt_common.behavior_flags import BehaviorFlagRendered

    BehaviorFlagRendered._default_source = staticmethod(_defining_module)  # type: ignore[method-assign]


def _defining_module() -> str:
    """The module that called dbt's flags, as dbt names it."""
    frame = sys._getframe()
    while frame.f_back and frame.f_globals["__name__"] in {__name__, BEHAVIOR_FLAGS}:
        frame = frame.f_back
    return str(frame.f_globals["__name__"])
