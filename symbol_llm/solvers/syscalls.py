"""What a sandboxed program may ask of the kernel: a seccomp allow-list, everything else is EPERM.

    open a file to read: allowed      socket(), fork(), execve(), kill(), ptrace(): "Operation not permitted"

The filter is built once by libseccomp and exported as BPF, so that loading it into a job costs microseconds.
Names are resolved for the machine's own architecture; calls of any other (32-bit, x32) kill the process.
"""

from __future__ import annotations

import ctypes
import errno
import os

# Memory, time, threads, signals to oneself, and files that are already open.
_ALWAYS = """
    read write readv writev pread64 pwrite64 close close_range lseek _llseek fstat fstat64 stat stat64 lstat lstat64
    newfstatat fstatat64 statx access faccessat faccessat2 readlink readlinkat getcwd chdir getdents getdents64 dup
    dup2 dup3 fsync fdatasync pipe pipe2 poll ppoll select pselect6 _newselect epoll_create epoll_create1
    epoll_ctl epoll_wait epoll_pwait eventfd2 statfs fstatfs umask fadvise64 mmap mmap2 munmap mremap mprotect madvise
    brk membarrier rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
    sigreturn alarm setitimer getitimer pause futex futex_waitv set_robust_list get_robust_list set_tid_address rseq
    arch_prctl sched_yield sched_getaffinity gettid getpid getppid getuid geteuid getgid getegid getresuid getresgid
    getgroups getpgrp getpgid getsid uname sysinfo getrlimit ugetrlimit getrusage times getrandom nanosleep
    clock_nanosleep clock_gettime clock_getres gettimeofday time restart_syscall exit exit_group
"""

# Changes to files, where the only writable folder is the job's own.
_WRITING = """
    creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 symlink symlinkat link linkat truncate
    ftruncate fallocate utimensat
"""

# The C library tries these and falls back to an older call if the kernel does not have them.
_ABSENT = ("clone3", "openat2")

_CLONE_THREAD, _CLONE_VM, _CLONE_NEW_ANYTHING = 0x0001_0000, 0x0000_0100, 0x7E02_0080
_OPEN_TO_CHANGE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | (0o20000000)  # O_TMPFILE's bit
_HARMLESS_IOCTLS = (0x5401, 0x5413, 0x5450, 0x5451, 0x541B)  # TCGETS, TIOCGWINSZ, FIONCLEX, FIOCLEX, FIONREAD
# F_DUPFD … F_SETLKW and F_DUPFD_CLOEXEC. Not F_SETOWN and F_SETSIG, which send signals to others.
_HARMLESS_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2


def build_filter(may_write: bool) -> bytes:
    """The filter as BPF instructions of 8 bytes. Raises OSError or ImportError where libseccomp is missing."""
    import pyseccomp as seccomp

    native = seccomp.Arch.NATIVE
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    rules.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2)  # a binary tree: each job's kernel reads the filter a third faster

    def add(action: int, name: str, *arguments: seccomp.Arg) -> None:
        number = seccomp.resolve_syscall(native, name)
        if number >= 0:  # negative: this architecture or libseccomp does not know the call
            rules.add_rule(action, number, *arguments)

    for name in (_ALWAYS + (_WRITING if may_write else "")).split():
        add(seccomp.ALLOW, name)
    for name in _ABSENT:
        add(seccomp.ERRNO(errno.ENOSYS), name)
    for request in _HARMLESS_IOCTLS:
        add(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, request))
    for command in _HARMLESS_FCNTLS:
        add(seccomp.ALLOW, "fcntl", seccomp.Arg(1, seccomp.EQ, command))
        add(seccomp.ALLOW, "fcntl64", seccomp.Arg(1, seccomp.EQ, command))
    # Limits may be read, not set; and only one's own.
    add(seccomp.ALLOW, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0), seccomp.Arg(2, seccomp.EQ, 0))
    # A thread shares everything with its process; what does not is a new process.
    thread = _CLONE_THREAD | _CLONE_VM
    mask = thread | _CLONE_NEW_ANYTHING
    add(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, mask, thread))
    for name, position in (("open", 1), ("openat", 2)):
        if may_write:
            add(seccomp.ALLOW, name)
        else:
            add(seccomp.ALLOW, name, seccomp.Arg(position, seccomp.MASKED_EQ, _OPEN_TO_CHANGE, 0))
    return _export(rules)


def _export(rules: object) -> bytes:
    descriptor = os.memfd_create("filter")
    with os.fdopen(descriptor, "r+b") as file:
        rules.export_bpf(file)  # type: ignore[attr-defined]
        file.seek(0)
        return file.read()


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_new_privileges(libc: ctypes.CDLL) -> None:
    """No program started from here can gain rights. Needed before a filter may be installed."""
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")


def install_filter(libc: ctypes.CDLL, instructions: bytes) -> None:
    """Bind this thread, and all it starts, to the filter for good. Raises OSError if the kernel refuses."""
    program = _Program(len(instructions) // 8, instructions)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")
