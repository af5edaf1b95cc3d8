"""Reaching the network, other processes and the rights of other users."""

from __future__ import annotations

from tests.solvers.hostile.case import CPU, DENIED, EPERM, ERROR, Hostile, raw

PROCESSES = [
    Hostile("inet-socket", "import socket\nsocket.socket()", DENIED),
    Hostile("unix-socket", "import socket\nsocket.socket(socket.AF_UNIX).connect('/x')", DENIED),
    Hostile("socket-pair", "import socket\nsocket.socketpair()", DENIED),
    Hostile("resolve-name", "import socket\nanswer = socket.gethostbyname('example.org')", ERROR),
    Hostile("fork", "import os\nos.fork()", DENIED),
    Hostile(
        "fork-bomb",
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        CPU,
    ),
    Hostile("subprocess", "import subprocess\nsubprocess.run(['/bin/true'])", DENIED),
    Hostile("shell", "import os\nanswer = os.system('touch {outside}/escaped')", None, 127 << 8),
    Hostile("exec", "import os\nos.execv('/bin/sh', ['sh'])", DENIED),
    Hostile("multiprocessing", "import multiprocessing as m\nm.Process(target=print).start()", DENIED),
    Hostile("kill-init", "import os\nos.kill(1, 9)", DENIED),
    Hostile("kill-all", "import os\nos.kill(-1, 9)", DENIED),
    Hostile("kill-parent", "import os\nos.kill(os.getppid(), 9)", DENIED),
    Hostile("kill-group", "import os\nos.killpg(0, 9)", DENIED),
    Hostile("signal-by-fcntl", "import fcntl, os\nfcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())", DENIED),
    Hostile("become-root", "import os\nos.setresuid(0, 0, 0)", DENIED),
    Hostile("raise-priority", "import os\nos.nice(-5)", DENIED),
    Hostile("new-session", "import os\nos.setsid()", DENIED),
    Hostile("chroot", "import os\nos.mkdir('x')\nos.chroot('x')", DENIED),
    Hostile("raise-limit", "import resource as r\nr.setrlimit(r.RLIMIT_CPU, (999, 999))", ERROR),
    Hostile("limits-of-others", "import os, resource as r\nr.prlimit(os.getppid(), r.RLIMIT_AS)", DENIED),
    Hostile("anonymous-file", "import os\nos.memfd_create('x')", DENIED),
    raw("unshare", "libc.unshare(0x10000000) and ctypes.get_errno()", EPERM),
    raw("mount", "libc.mount(b'x', b'/', b'tmpfs', 0, None) and ctypes.get_errno()", EPERM),
    raw("unmount", "libc.umount2(b'/', 2) and ctypes.get_errno()", EPERM),
    raw("ptrace", "libc.ptrace(16, os.getppid(), 0, 0) and ctypes.get_errno()", EPERM),
    raw("more-privileges", "libc.prctl(38, 0, 0, 0, 0) and ctypes.get_errno()", EPERM),
    raw("write-memory-of-parent", "libc.process_vm_writev(os.getppid(), 0, 0, 0, 0, 0) and ctypes.get_errno()", EPERM),
    Hostile("spawn", "import os\nos.posix_spawn('/bin/true', ['true'], {})", DENIED),
    Hostile("daemon", "import os\nif os.fork() == 0:\n    os.setsid()\n    os.fork()", DENIED),
    Hostile(
        "process-pool", "from concurrent.futures import *\nProcessPoolExecutor(1).submit(print)", ERROR, landlock=DENIED
    ),
    Hostile("kill-itself", "import os\nos.kill(os.getpid(), 9)", DENIED),
    Hostile("stop-itself", "import signal\nsignal.raise_signal(signal.SIGSTOP)", DENIED),
    Hostile("kill-thread", "import signal, threading\nsignal.pthread_kill(threading.get_ident(), 9)", DENIED),
    Hostile("handle-of-process", "import os\nos.pidfd_open(1)", DENIED),
    Hostile("choose-processor", "import os\nos.sched_setaffinity(0, {0})", DENIED),
    Hostile("type-into-terminal", "import fcntl\nfcntl.ioctl(0, 0x5412, b'x')", DENIED),
    Hostile("larger-pipe", "import fcntl\nfcntl.fcntl(1, 1031, 1 << 20)", DENIED),
    Hostile("change-host-name", "import socket\nsocket.sethostname('x')", DENIED),
    Hostile("set-clock", "import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)", DENIED),
]
