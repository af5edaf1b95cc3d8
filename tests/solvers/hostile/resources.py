"""Exhausting memory, disk, threads and descriptors."""

from __future__ import annotations

from tests.solvers.hostile.case import DENIED, ERROR, MEMORY, Hostile

RESOURCES = [
    Hostile("five-gigabytes", "answer = len(bytearray(5 << 30))", MEMORY),
    Hostile("growing-list", "x = [0]\nwhile True: x += x", MEMORY),
    Hostile("growing-text", "x = 'x'\nwhile True: x += x", MEMORY),
    Hostile("last-byte", "x = []\nwhile True: x = [x]", MEMORY),  # nothing is left to report with
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
    Hostile(
        "small-threads",
        "import threading\nthreading.stack_size(32768)\ne = threading.Event()\n"
        "while True: threading.Thread(target=e.wait).start()",
        ERROR,
    ),
    Hostile("many-maps", "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 4096))", ERROR),
    Hostile("sparse-file", "open('x', 'wb').truncate(1 << 40)", ERROR, landlock=DENIED),
    Hostile("allocated-file", "import os\nos.posix_fallocate(os.open('x', 66), 0, 1 << 30)", ERROR, landlock=DENIED),
    Hostile(
        "fill-with-symlinks",
        "import os\nn = 0\nwhile True:\n    os.symlink('x' * 4000, str(n))\n    n += 1",
        ERROR,
        landlock=DENIED,
    ),
    Hostile(
        "decompression-bomb",
        "import zlib\nc = zlib.compressobj(1)\n"
        "x = b''.join(c.compress(bytes(1 << 24)) for _ in range(10)) + c.flush()\n"
        "answer = len(zlib.decompress(x))",
        MEMORY,
    ),
]
