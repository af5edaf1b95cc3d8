"""The processes below this one, for a command that is told to stop at once: ``end_descendants()``.

Only for commands, where every child is an engine: a library must not kill the children of the program that uses it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path


def descendants(root: int | None = None) -> list[int]:
    """The processes below ``root`` (this process), by Linux's /proc; none elsewhere."""
    above: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            above[int(entry.name)] = int((entry / "stat").read_bytes().rsplit(b")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):  # gone in between
            continue
    found = [root or os.getpid()]
    for pid in found:
        found += [child for child, parent in above.items() if parent == pid]
    return found[1:]


def end_descendants() -> int:
    """Kill all processes below this one, and say how many there were."""
    found = descendants()
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # it ended by itself, or is another user's and dies with its guard
    return len(found)
