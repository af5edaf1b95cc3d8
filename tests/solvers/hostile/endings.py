"""Unusual ends: exits, crashes, and values that are no answers."""

from __future__ import annotations

from tests.solvers.hostile.case import BAD, CRASH, ERROR, NO_ANSWER, Hostile

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
    Hostile(
        "deep-recursion-in-c",
        "import sys\nx, y = [], []\nfor _ in range(3 * 10**5): x, y = [x], [y]\n"
        "sys.setrecursionlimit(10**9)\nanswer = x == y",
        CRASH,
    ),
    Hostile("wild-pointer", "import ctypes\nctypes.memset(id(None), 0, 16)\nanswer = None is None", CRASH),
    Hostile(
        "undefined-instruction",
        "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\x0f\\x0b')\n"
        "ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()",
        CRASH,
    ),
    Hostile(
        "exit-by-watchdog",
        "import faulthandler, time\nfaulthandler.dump_traceback_later(.01, exit=True)\ntime.sleep(99)",
        NO_ANSWER,
    ),
    Hostile(
        "exit-in-thread",
        "import os, threading\nthreading.Thread(target=os._exit, args=(0,)).start()\nthreading.Event().wait()",
        NO_ANSWER,
    ),
    Hostile(
        "endless-dictionary",
        "class D(dict):\n    def items(self):\n        while True: yield 1, 2\nanswer = D()",
        BAD,
    ),
    Hostile(
        "slow-thread-local",
        "import threading, time\nclass D:\n    def __del__(self): time.sleep(99)\nx = threading.local()\n"
        "x.d = D()\nanswer = 7",
        None,
        7,
    ),
]
