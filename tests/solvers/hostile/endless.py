"""Programs that would not end by themselves."""

from __future__ import annotations

from tests.solvers.hostile.case import CPU, WALL, Hostile

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
    Hostile("loop-in-finally", "try:\n    1 / 0\nfinally:\n    while True: pass", CPU),
    Hostile("huge-integer-to-text", "import sys\nsys.set_int_max_str_digits(0)\nanswer = len(str(7**(10**7)))", CPU),
    Hostile("hash-collisions", "answer = len({(2**61 - 1) * n for n in range(10**6)})", CPU),
    Hostile("endless-number", "class N(int):\n    def __int__(self):\n        while True: pass\nanswer = N()", CPU),
    Hostile(
        "endless-flush",
        "import sys\nclass F:\n    def flush(self):\n        while True: pass\nsys.stdout = F()\nanswer = 7",
        CPU,
    ),
    Hostile("endless-error", "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E", CPU),
    Hostile(
        "endless-trace",
        "import sys\ndef t(*a):\n    while True: pass\nsys.settrace(t)\ndef solution():\n    return 7",
        CPU,
    ),
    Hostile(
        "endless-collection", "import gc\ndef c(*a):\n    while True: pass\ngc.callbacks.append(c)\ngc.collect()", CPU
    ),
    Hostile(
        "swallows-memory-errors",
        "x = []\nwhile True:\n    try: x.append(bytearray(1 << 24))\n    except MemoryError: pass",
        CPU,
    ),
    Hostile("full-pipe", "import os\nr, w = os.pipe()\nwhile True: os.write(w, bytes(65536))", WALL),
]
