"""Landlock: where namespaces are not to be had, the kernel can still hide the machine's files.

    restrict_to(["/usr/lib", …])    those may be read; opening any other file fails with "Permission denied"

The calls carry the same numbers on every architecture. See the kernel's Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

from symbol_llm.solvers.isolation import check, libc

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ONLY_THE_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 2, 4, 8
# Rights that the kernel knows to control, by version: 13 bits at first, then rename, truncate, device ioctl.
_CONTROLLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_CONTROLLED_NEWEST = (1 << 16) - 1


def version() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    return max(0, libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ONLY_THE_VERSION))


def restrict_to(paths: Iterable[str]) -> None:
    """Let this process, and all it starts, read below these paths (and use /dev/null), and no more.

    Raises OSError where the kernel has no Landlock. No new privileges must be forbidden before.
    """
    controlled = _CONTROLLED.get(version(), _CONTROLLED_NEWEST)
    attributes = struct.pack("Q", controlled)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    check(ruleset, "landlock_create_ruleset")
    for path in paths:
        _allow(ruleset, path, _READ_FILE | _READ_FOLDER | _EXECUTE if os.path.isdir(path) else _READ_FILE)
    _allow(ruleset, "/dev/null", _READ_FILE | _WRITE_FILE)
    _allow(ruleset, "/dev/urandom", _READ_FILE)
    check(libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH)
    rule = struct.pack("=Qi", rights, descriptor)
    check(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), f"landlock_add_rule for {path}")
    os.close(descriptor)
