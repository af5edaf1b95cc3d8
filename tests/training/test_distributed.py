"""How a training process ends."""

from __future__ import annotations

import subprocess
import sys

TEARDOWN_ABORTS = """
import atexit, os, sys
from symbol_llm.training.distributed import end_process

atexit.register(os.abort)  # as a C++ thread does that outlives its library
print("model written")
print("a warning", file=sys.stderr)
end_process(3)
"""


def test_a_process_ends_with_its_code_even_if_a_library_aborts_at_teardown() -> None:
    done = subprocess.run([sys.executable, "-c", TEARDOWN_ABORTS], capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stdout == "model written\n", "what was said is not lost"
    assert done.stderr == "a warning\n"
