"""Which processes does a sandbox have, and are they gone?"""

from __future__ import annotations

import time
from pathlib import Path

from symbol_llm.solvers.sandbox import Sandbox


def descendants(*roots: int) -> list[int]:
    """Children, their children and so on, of processes that have one thread each."""
    found = list(roots)
    for pid in found:
        try:
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except FileNotFoundError:  # gone in between
            continue
    return found[len(roots) :]


def guards(sandbox: Sandbox) -> list[int]:
    return [zygote.pid for zygote in sandbox._zygotes if zygote.pid is not None]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if all(map(is_gone, pids)):
            return True
        time.sleep(0.02)
    return False
