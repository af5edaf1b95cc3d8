"""The walls around a zygote: Linux namespaces, a private file tree, and rights given away for good.

    /            tmpfs, read-only                    /proc, /sys, /home …   not there
    /usr/lib …   the machine's libraries, read-only  /scratch, /tmp         the job's own, 16 MiB, 1,024 files
    /dev         null, zero, random, urandom         network                none, not even loopback is up

Everything is done with the C library's own calls. It works as root and, where the kernel lets ordinary users make
user namespaces, as an ordinary user. Each function raises OSError where the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os
import site
import struct
import sys
import sysconfig
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Isolation(StrEnum):
    """How far a program is shut in, strongest first."""

    FULL = "seccomp+namespaces"  # private files, processes and network; only harmless system calls
    LANDLOCK = "seccomp+landlock"  # reads Python's own libraries only, writes nothing, starts nothing
    SECCOMP = "seccomp"  # may read what the user "nobody" may, writes nothing, starts nothing
    RLIMITS = "rlimits"  # bounded time and memory, nothing else

    def is_at_least(self, other: Isolation) -> bool:
        """Whether this level is as strong as another."""
        levels = list(Isolation)
        return levels.index(self) <= levels.index(other)


NOBODY = 65534
SCRATCH = "/scratch"
_SCRATCH_OPTIONS = b"size=16m,nr_inodes=1024,mode=1777"

_CLONE_NEWNS, _CLONE_NEWCGROUP, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_ALL_NAMESPACES = (
    _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS | _CLONE_NEWCGROUP
)
_MS_NOSUID, _MS_NODEV, _MS_NOATIME, _MS_BIND = 2, 4, 1024, 4096
_MS_REC, _MS_PRIVATE, _MNT_DETACH = 0x4000, 1 << 18, 2
_SYS_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Raise OSError with what was tried if a C call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def die_with_parent() -> None:
    """Be killed as soon as the process that forked this one is gone."""
    check(libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def forbid_core_dumps() -> None:
    """Leave no core file. The limit on its size does not bind a machine that pipes it into a program."""
    check(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def adopt_orphans() -> None:
    """Become the parent of what descendants leave behind, in place of the machine's process 1."""
    check(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def readable_paths() -> list[str]:
    """What Python needs to import a module later on: its library folders and the system's."""
    known = sysconfig.get_paths()
    folders = [known[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += [str(Path(os.__file__).parent), str(Path(sys.base_prefix, "lib")), *site.getsitepackages()]
    folders += ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
    return sorted({path for path in folders if os.path.exists(path)})


def enter_namespaces() -> bool:
    """Leave the machine's users, processes, network, mounts and IPC behind. Children get the new process numbers.

    Returns whether jobs can give up their user for "nobody". Root stays root of the new namespace and maps nobody
    too; an ordinary user (or root where nobody could not read Python's own files) has no name but nobody inside.
    """
    if _may_map_nobody() and all(os.stat(path).st_mode & 0o004 for path in readable_paths()):
        os.setgroups([])
        _unshare_mapped_from_outside(f"0 0 1\n{NOBODY} {NOBODY} 1\n")
        return True
    user, group = os.geteuid(), os.getegid()
    check(libc.unshare(_ALL_NAMESPACES), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1\n")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1\n")
    return False


def _may_map_nobody() -> bool:
    """Whether this is a root that may set users and groups, and knows nobody (in a container it may not)."""
    capabilities = int(Path("/proc/self/status").read_text().split("CapEff:")[1].split()[0], 16)
    setgid, setuid = 1 << 6, 1 << 7
    ranges = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    knows_nobody = any(first <= NOBODY < first + count for first, _, count in ranges)
    return os.geteuid() == 0 and knows_nobody and capabilities & setgid != 0 and capabilities & setuid != 0


def _unshare_mapped_from_outside(mapping: str) -> None:
    """Unshare; a child that stayed outside writes the map, because only there root has the right to."""
    ready_read, ready_write = os.pipe()
    me = os.getpid()
    scribe = os.fork()
    if scribe == 0:
        try:
            os.close(ready_write)
            os.read(ready_read, 1)
            Path(f"/proc/{me}/uid_map").write_text(mapping)
            Path(f"/proc/{me}/gid_map").write_text(mapping)
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    os.close(ready_read)
    failure = libc.unshare(_ALL_NAMESPACES) and ctypes.get_errno()
    os.close(ready_write)
    _, status = os.waitpid(scribe, 0)
    failure = failure or os.waitstatus_to_exitcode(status)
    if failure:
        raise OSError(failure, f"unshare: {os.strerror(failure)}")


def build_private_root() -> None:
    """Exchange the machine's files for a small read-only tree, and its name for another.

    No folder is made outside: the tree grows on a tmpfs over an existing folder, and becomes the root.
    """
    # Opened first, so that a library below the folder that the new root covers can still be bound.
    _mount(b"", "/", b"", _MS_REC | _MS_PRIVATE)
    sources = {path: os.open(path, os.O_PATH) for path in readable_paths()}
    devices = {path: os.open(path, os.O_PATH) for path in ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")}
    _mount(b"root", "/tmp", b"tmpfs", _MS_NOSUID | _MS_NODEV, b"size=1m,mode=755")
    os.chdir("/tmp")
    for path, source in {**sources, **devices}.items():
        place = path.lstrip("/")
        if os.path.exists(place):  # below a folder that is bound already
            os.close(source)
            continue
        if os.path.isdir(f"/proc/self/fd/{source}"):
            os.makedirs(place)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o444))
        _mount(f"/proc/self/fd/{source}".encode(), place, b"", _MS_BIND | _MS_REC)
        os.close(source)
    os.mkdir(SCRATCH.lstrip("/"))
    if not os.path.exists("tmp"):  # it does if Python itself is installed below /tmp
        os.symlink(SCRATCH, "tmp")
    check(libc.pivot_root(b".", b"."), "pivot_root")
    check(libc.umount2(b".", _MNT_DETACH), "umount of the old root")
    os.chdir("/")
    _make_read_only("/")
    check(libc.sethostname(b"sandbox", ctypes.c_size_t(7)), "sethostname")


class Scratch(NamedTuple):
    """When an untouched scratch folder was changed last. A program cannot set ``changed``, nor undo it."""

    modified: int
    changed: int


def mount_scratch() -> Scratch:
    """Mount an empty scratch folder and go there."""
    _mount(b"scratch", SCRATCH, b"tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOATIME, _SCRATCH_OPTIONS)
    os.chdir(SCRATCH)
    return _scratch_now()


def renew_scratch(untouched: Scratch) -> Scratch:
    """An empty scratch folder if the last job did anything to it, so much as set its time to leave a message.

    Files are not looked for one by one: the folder is replaced, whatever a program built in it.
    """
    with os.scandir(SCRATCH) as entries:
        if next(entries, None) is None and _scratch_now() == untouched:
            return untouched
    os.chdir("/")
    check(libc.umount2(SCRATCH.encode(), _MNT_DETACH), "umount of the scratch folder")
    return mount_scratch()


def _scratch_now() -> Scratch:
    found = os.stat(SCRATCH)
    return Scratch(found.st_mtime_ns, found.st_ctime_ns)


def _mount(source: bytes, target: str, kind: bytes, flags: int, options: bytes = b"") -> None:
    check(libc.mount(source, target.encode(), kind, ctypes.c_ulong(flags), options), f"mount on {target}")


def _make_read_only(target: str) -> None:
    """Read-only, and nothing gives rights, with all that is mounted below it (Linux 5.12)."""
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    arguments = (_AT_FDCWD, target.encode(), _AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes)))
    check(libc.syscall(_SYS_MOUNT_SETATTR, *arguments), "mount_setattr")


def drop_rights(to_nobody: bool) -> None:
    """Give up the user (where "nobody" is known) and every capability."""
    if to_nobody:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "capset")
