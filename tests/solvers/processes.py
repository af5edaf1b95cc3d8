"""Which processes does a sandbox have, and are they gone?"""

from __future__ import annotations

import os
import time
from pathlib import Path

from symbol_llm.solvers.sandbox import Sandbox


def descendants(*roots: int) -> list[int]:
    """Children, their children and so on, of these processes, or of this one."""
    above: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            above[int(entry.name)] = int((entry / "stat").read_bytes().rsplit(b")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):  # gone in between
            continue
    found = list(roots or (os.getpid(),))
    first = len(found)
    for pid in found:
        found += [child for child, parent in above.items() if parent == pid]
    return found[first:]


def guards(sandbox: Sandbox) -> list[int]:
    return [zygote.pid for zygote in sandbox._zygotes if zygote.pid is not None]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids: list[int]) -> bool:
    """Within a minute: on a busy machine another process may have got one of the numbers by now."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if all(map(is_gone, pids)):
            return True
        time.sleep(0.02)
    return False
