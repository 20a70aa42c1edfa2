"""A process that ends leaves its memory to the system, and still says all that it has to say."""

import subprocess
import sys

PROGRAM = """
import atexit, sys
from growthleads_assets import garbage

class Loop:
    def __init__(self):
        self.itself = self
    def __del__(self):
        print("taken apart")

loop = Loop()
atexit.register(print, "closed")
if "leave" in sys.argv:
    garbage.leave_all_to_the_system_at_exit()
sys.stdout.write("done ")
"""


COMMAND = """
import atexit, gc
from growthleads_assets.cli import main

atexit.register(lambda: print(gc.get_freeze_count() > 0))
main(["run", "--help"])
"""


def _said(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_command_ends_so() -> None:
    assert _said(COMMAND).splitlines()[-1] == "True"


def test_what_is_held_is_not_taken_apart_and_what_is_to_be_closed_is() -> None:
    assert _said(PROGRAM) == "done closed\ntaken apart\n"
    assert _said(PROGRAM, "leave") == "done closed\n"
