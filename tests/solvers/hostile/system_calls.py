"""System calls by their numbers on x86-64, past the C library."""

from __future__ import annotations

from tests.solvers.hostile.case import DENIED, ENOSYS, EPERM, PRELUDE, Hostile, raw

# What could reach beyond the process, or is a rich source of faults of the kernel.
FORBIDDEN = {
    "socketpair": 53, "semget": 64, "msgget": 68, "chmod": 90, "syslog": 103, "rt_sigqueueinfo": 129, "mknod": 133,
    "personality": 135, "modify_ldt": 154, "prctl": 157, "chroot": 161, "acct": 163, "settimeofday": 164,
    "swapon": 167, "reboot": 169, "ioperm": 173, "init_module": 175, "quotactl": 179, "setxattr": 188, "tkill": 200,
    "remap_file_pages": 216, "timer_create": 222, "mbind": 237, "mq_open": 240, "kexec_load": 246, "add_key": 248,
    "inotify_init": 253, "migrate_pages": 256, "splice": 275, "tee": 276, "vmsplice": 278, "move_pages": 279,
    "signalfd": 282, "timerfd_create": 283, "fanotify_init": 300, "name_to_handle_at": 303,
    "process_vm_readv": 310, "kcmp": 312, "finit_module": 313, "sched_setattr": 314, "memfd_create": 319,
    "kexec_file_load": 320, "execveat": 322, "pkey_alloc": 330, "io_uring_enter": 426, "io_uring_register": 427,
    "pidfd_send_signal": 424, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsmount": 432, "pidfd_open": 434,
    "process_madvise": 440, "mount_setattr": 442, "memfd_secret": 447,
}  # fmt: skip

SYSTEM_CALLS = [
    raw("raw-fork", "call(57)", EPERM),
    raw("raw-vfork", "call(58)", EPERM),
    raw("raw-clone", "call(56, 17, 0, 0, 0, 0)", EPERM),
    raw("raw-clone-vm", "call(56, 0x100 | 17, 0, 0, 0, 0)", EPERM),
    raw("raw-clone-namespace", "call(56, 0x10000100 | 0x10000000, 0, 0, 0, 0)", EPERM),
    raw("clone3", "call(435, 0, 0)", ENOSYS),
    raw("io_uring", "call(425, 8, 0)", EPERM),
    raw("openat2", "call(437, -100, 0, 0, 0)", ENOSYS),
    raw("open_by_handle_at", "call(304, -100, 0, 0)", EPERM),
    raw("bpf", "call(321, 0, 0, 0)", EPERM),
    raw("keyctl", "call(250, 0, 0)", EPERM),
    raw("userfaultfd", "call(323, 0)", EPERM),
    raw("perf_event_open", "call(298, 0, 0, -1, -1, 0)", EPERM),
    raw("setns", "call(308, 0, 0)", EPERM),
    raw("pivot_root", "call(155, 0, 0)", EPERM),
    raw("pidfd_getfd", "call(438, 0, 0, 0)", EPERM),
    raw("tgkill", "call(234, 1, 1, 9)", EPERM),
    raw("shmget", "call(29, 0, 4096, 0o1000)", EPERM),
    raw("seccomp", "call(317, 0, 0, 0)", EPERM),
    raw("landlock", "call(444, 0, 0, 1)", EPERM),
    Hostile("x32-call", PRELUDE + "answer = call(0x40000000 | 39)", DENIED),
    Hostile(
        "32-bit-call",  # fork() by the door for old programs: mov eax, 2; int 0x80; ret
        "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xb8\\x02\\0\\0\\0\\xcd\\x80\\xc3')\n"
        "answer = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()",
        DENIED,
    ),
    Hostile(
        "every-other-call",
        f"{PRELUDE}\nanswer = {{name: call(number, 0, 0, 0, 0, 0) for name, number in {FORBIDDEN}.items()}}",
        None,
        dict.fromkeys(FORBIDDEN, EPERM),
    ),
]
