"""Forging a result, and breaking what writes it."""

from __future__ import annotations

from tests.solvers.hostile.case import BAD, DENIED, ERROR, NO_ANSWER, Hostile

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
    Hostile("infinite-number", SEND + "report('null', '1e999')\nos._exit(0)", BAD),
    Hostile("thousand-digits", SEND + "report('null', '1' * 5000)\nos._exit(0)", BAD),
    Hostile("lone-surrogate", SEND + "report('null', '\"\\\\ud800\"')\nos._exit(0)", BAD),
    Hostile("claims-a-fault-by-exit", "import os\nos.close(3)\nos._exit(137)", NO_ANSWER),
    Hostile("breaks-builtins", "import builtins\nbuiltins.isinstance = None\nanswer = 7", NO_ANSWER),
    Hostile(
        "breaks-modules",
        "import sys\nsys.modules.clear()\nsys.meta_path.clear()\nsys.path.clear()\nanswer = 7",
        None,
        7,
    ),
    Hostile(
        "breaks-frames", "import sys\nsys._getframe(2).f_globals['to_plain'] = lambda value: 41\nanswer = 7", None, 41
    ),
    Hostile("closes-output", "import sys\nsys.stdout.close()\nsys.stderr.close()\nanswer = 7", None, 7),
    Hostile(
        "traces-the-writer",
        "import os, sys\nsys.settrace(lambda *a: os._exit(0))\nsys.setprofile(lambda *a: os._exit(0))\nanswer = 7",
        NO_ANSWER,
    ),
    Hostile(
        "false-module",
        "import sys\nopen('json.py', 'w').write('dumps = 1 / 0')\nsys.path.insert(0, '.')\ndel sys.modules['json']\n"
        "import json\nanswer = 7",
        ERROR,
        landlock=DENIED,
    ),
]
