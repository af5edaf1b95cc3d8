"""Programs that try to get out, to cheat or to break the machine, and how each must end.

``{outside}`` is a folder of the machine that everybody may write to, with a file "secret" that everybody may read.
"""

from __future__ import annotations

from typing import NamedTuple

from symbol_llm.solvers.outcome import Outcome


class Hostile(NamedTuple):
    """``outcome`` behind namespaces, ``landlock`` where it differs behind Landlock. None: it gets this ``answer``."""

    name: str
    program: str
    outcome: Outcome | None
    answer: object = None
    landlock: Outcome | None = None


DENIED, ERROR, CPU, WALL = Outcome.DENIED, Outcome.RUNTIME_ERROR, Outcome.CPU_TIMEOUT, Outcome.WALL_TIMEOUT
NO_ANSWER, BAD, CRASH, MEMORY = Outcome.NO_ANSWER, Outcome.BAD_ANSWER, Outcome.CRASH, Outcome.OUT_OF_MEMORY

# call(number, …) is a raw system call and gives its errno.
PRELUDE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    return ctypes.get_errno() if libc.syscall(*map(ctypes.c_long, arguments)) < 0 else "allowed"
"""
EPERM, ENOSYS = 1, 38


def raw(name: str, expression: str, answer: object) -> Hostile:
    return Hostile(name, f"{PRELUDE}\nanswer = {expression}", None, answer)


FILES = [
    Hostile("write-outside", "open('{outside}/escaped', 'w').write('x')", ERROR, landlock=DENIED),
    Hostile("write-root", "open('/escaped', 'w')", DENIED),
    Hostile("make-folder-in-library", "import os\nos.mkdir(os.path.dirname(os.__file__) + '/escaped')", DENIED),
    Hostile("change-library", "import os\nopen(os.__file__, 'a')", DENIED),
    Hostile("delete-library", "import os\nos.unlink(os.__file__)", DENIED),
    Hostile("read-outside", "answer = open('{outside}/secret').read()", ERROR, landlock=DENIED),
    Hostile("read-shadow", "answer = open('/etc/shadow').read()", ERROR, landlock=DENIED),
    Hostile("read-passwd", "answer = open('/etc/passwd').read()", ERROR, landlock=DENIED),
    Hostile("list-home", "import os\nanswer = os.listdir('/home')", ERROR, landlock=DENIED),
    Hostile("list-outside", "import os\nanswer = os.listdir('{outside}')", ERROR, landlock=DENIED),
    Hostile("symlink-out", "import os\nos.symlink('{outside}', 'x')\nopen('x/escaped', 'w')", ERROR, landlock=DENIED),
    Hostile("hardlink-library", "import os\nos.link(os.__file__, 'x')", ERROR, landlock=DENIED),  # EXDEV
    Hostile("dots", "answer = open('../../../../../../../..{outside}/secret').read()", ERROR, landlock=DENIED),
    Hostile("proc-root", "import os\nanswer = os.listdir('/proc/1/root')", ERROR, landlock=DENIED),
    Hostile("proc-cwd", "answer = open('/proc/1/cwd/{outside}/secret').read()", ERROR, landlock=DENIED),
    Hostile("proc-fds", "import os\nanswer = os.listdir('/proc/self/fd')", ERROR, landlock=DENIED),
    Hostile("proc-mem", "open('/proc/self/mem', 'r+b')", ERROR, landlock=DENIED),
    Hostile("proc-sysrq", "open('/proc/sysrq-trigger', 'w')", ERROR, landlock=DENIED),
    Hostile("block-device", "open('/dev/vda', 'rb')", ERROR, landlock=DENIED),
]

NETWORK_AND_PROCESSES = [
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
]

# x86-64's numbers
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
]

ENDLESS = [
    Hostile("endless-loop", "while True: pass", CPU),
    Hostile(
        "swallows-everything",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        CPU,
    ),
    Hostile(
        "ignores-signals",
        "import signal\nfor s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "    signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        CPU,
    ),
    Hostile(
        "own-alarm",
        "import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\n"
        "signal.setitimer(signal.ITIMER_REAL, .01, .01)\nwhile True: pass",
        CPU,
    ),
    Hostile("c-loop", "answer = pow(3, 10**9) % 7", CPU),
    Hostile("power-tower", "answer = 10**10**9 % 7", CPU),
    Hostile("factoring", "import sympy\nanswer = sympy.factorint((2**521-1)*(2**607-1)*(2**127-1)+2)", CPU),
    Hostile("regex", "import re\nanswer = re.match('(a*)*b', 'a' * 99)", CPU),
    Hostile("busy-threads", "import threading\nwhile True: threading.Thread(target=pow, args=(3, 10**8)).start()", CPU),
    Hostile("endless-output", "while True: print('x' * 1000)", CPU),
    Hostile("endless-raw-output", "import os\nwhile True: os.write(1, b'x' * 65536)", CPU),
    Hostile("endless-result", "import os\nwhile True: os.write(3, b'x' * 65536)", CPU),
    Hostile("sleep", "import time\ntime.sleep(1000)", WALL),
    Hostile("deadlock", "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()", WALL),
    Hostile("waits-for-thread", "import threading\nthreading.Event().wait()", WALL),
]

MEMORY_AND_DISK = [
    Hostile("five-gigabytes", "answer = len(bytearray(5 << 30))", MEMORY),
    Hostile("growing-list", "x = [0]\nwhile True: x += x", MEMORY),
    Hostile("growing-text", "x = 'x'\nwhile True: x += x", MEMORY),
    Hostile("memory-map", "import mmap\nanswer = len(mmap.mmap(-1, 5 << 30))", ERROR),
    Hostile(
        "thread-bomb",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,)).start()",
        ERROR,
    ),
    Hostile("fill-disk", "f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 20))", ERROR, landlock=DENIED),
    Hostile(
        "fill-disk-in-files",
        "n = 0\nwhile True:\n    open(str(n), 'wb').write(bytes(1 << 20))\n    n += 1",
        ERROR,
        landlock=DENIED,
    ),
    Hostile("fill-inodes", "n = 0\nwhile True:\n    open(str(n), 'w').close()\n    n += 1", ERROR, landlock=DENIED),
    Hostile("deep-folders", "import os\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')", ERROR, landlock=DENIED),
    Hostile("many-descriptors", "import os\nx = []\nwhile True: x.append(os.dup(1))", ERROR),
]

ENDINGS = [
    Hostile("exit", "import sys\nsys.exit(0)", NO_ANSWER),
    Hostile("exit-after-answer", "import sys\nanswer = 7\nsys.exit()", NO_ANSWER),
    Hostile("hard-exit", "import os\nos._exit(0)", NO_ANSWER),
    Hostile("hard-exit-as-wrapper", "import os\nos._exit(1)", NO_ANSWER),
    Hostile("segfault", "import ctypes\nctypes.string_at(0)", CRASH),
    Hostile("abort", "import os\nos.abort()", CRASH),
    Hostile("recursion", "def solution():\n    return solution()", ERROR),
    Hostile("reads-input", "answer = input()", ERROR),
    Hostile("raises-own-permission-error", "raise PermissionError('mine')", ERROR),
    Hostile("raises-unprintable", "class E(Exception):\n    def __str__(self): raise self\nraise E", ERROR),
    Hostile("raises-surrogates", "raise ValueError('\\ud800')", ERROR),
    Hostile("returns-nothing", "def solution():\n    pass", NO_ANSWER),
    Hostile("no-solution", "x = 5", NO_ANSWER),
    Hostile("needs-argument", "def solution(x):\n    return x", ERROR),
    Hostile("returns-function", "def solution():\n    return solution", BAD),
    Hostile("returns-generator", "def solution():\n    yield 1", BAD),
    Hostile("returns-cycle", "x = []\nx.append(x)\nanswer = x", BAD),
    Hostile("returns-too-much", "answer = 'x' * 10**6", BAD),
    Hostile("returns-too-many", "answer = [0] * 10**5", BAD),
    Hostile("returns-huge-integer", "answer = 10**5000", BAD),
    Hostile("returns-surrogates", "answer = '\\ud800'", BAD),
    Hostile(
        "slow-destructor",
        "import time\nclass D:\n    def __del__(self): time.sleep(99)\nd = D()\nanswer = 7",
        None,
        7,
    ),
    Hostile("slow-atexit", "import atexit, time\natexit.register(time.sleep, 99)\nanswer = 7", None, 7),
    Hostile(
        "threads",
        "import threading\nx = []\nt = threading.Thread(target=x.append, args=(7,))\nt.start()\nt.join()\nanswer = x",
        None,
        [7],
    ),
    Hostile(
        "thread-left-over",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\nanswer = 7",
        None,
        7,
    ),
]

# The result pipe is descriptor 3; whoever knows that can write into it.
SEND = """
import json, os, struct
def send(body):
    os.write(3, struct.pack('>I', len(body)) + body)
def report(outcome, answer='1'):
    send(('{"outcome":%s,"answer":%s,"message":""}' % (outcome, answer)).encode())
"""
CHEATING = [
    Hostile(
        "garbage-everywhere",
        "import os\nfor n in range(64):\n    try: os.write(n, b'{}')\n    except OSError: pass\nanswer = 7",
        BAD,
    ),
    Hostile("two-results", SEND + "report('null')\nanswer = 2", BAD),
    Hostile("claims-correct", SEND + "report('\"correct\"')\nos._exit(0)", BAD),
    Hostile("claims-our-fault", SEND + "report('\"sandbox_error\"')\nos._exit(0)", BAD),
    Hostile("claims-a-list", SEND + "report('[]')\nos._exit(0)", BAD),
    Hostile("lies-about-length", "import os\nos.write(3, b'\\xff\\xff\\xff\\xff{}')\nos._exit(0)", BAD),
    Hostile("half-a-result", "import os\nos.write(3, b'\\0')\nos._exit(0)", BAD),
    Hostile("deep-json", SEND + "send(b'[' * 60000)\nos._exit(0)", BAD),
    Hostile("not-a-number", SEND + "report('null', 'NaN')\nos._exit(0)", BAD),
    Hostile("no-answer", SEND + "report('null', 'null')\nos._exit(0)", BAD),
    Hostile("own-result", SEND + "report('null', '41')\nos._exit(0)", None, 41),
    Hostile("breaks-json", "import json\njson.dumps = lambda *a: 'broken'\nanswer = 7", None, 7),
    Hostile("breaks-os", "import os\nos._exit = os.write = None\nanswer = 7", None, 7),
    Hostile("closes-everything", "import os\nos.closerange(0, 64)\nanswer = 7", NO_ANSWER),
    Hostile("breaks-output", "import sys\nsys.stdout = sys.stderr = None\nanswer = 7", None, 7),
]

ALL = [*FILES, *NETWORK_AND_PROCESSES, *SYSTEM_CALLS, *ENDLESS, *MEMORY_AND_DISK, *ENDINGS, *CHEATING]
