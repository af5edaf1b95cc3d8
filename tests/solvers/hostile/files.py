"""Reading and changing what belongs to the machine."""

from __future__ import annotations

from tests.solvers.hostile.case import DENIED, ERROR, Hostile

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
    Hostile("proc-environment", "answer = open('/proc/1/environ').read()", ERROR, landlock=DENIED),
    Hostile("proc-maps", "answer = open('/proc/self/maps').read()", ERROR, landlock=DENIED),
    Hostile(
        "symlink-to-proc",
        "import os\nos.symlink('/proc/self/root', 'x')\nopen('x/etc/passwd')",
        ERROR,
        landlock=DENIED,
    ),
    Hostile("symlink-loop", "import os\nos.symlink('x', 'x')\nopen('x')", ERROR, landlock=DENIED),
    Hostile(
        "dotdot-symlink", "import os\nos.symlink('../' * 99 + 'etc/passwd', 'x')\nopen('x')", ERROR, landlock=DENIED
    ),
    Hostile("named-pipe", "import os\nos.mkfifo('x')", DENIED),
    Hostile("device-node", "import os, stat\nos.mknod('x', stat.S_IFBLK | 0o666, os.makedev(254, 0))", DENIED),
    Hostile("set-uid-file", "import os\nopen('x', 'w')\nos.chmod('x', 0o4777)", DENIED),
    Hostile("change-owner", "import os\nopen('x', 'w')\nos.chown('x', 0, 0)", DENIED),
    Hostile("extended-attribute", "import os\nos.setxattr('.', 'user.x', b'x' * 60000)", DENIED),
    Hostile("lock-library", "import fcntl, os\nfcntl.flock(open(os.__file__), fcntl.LOCK_EX)", DENIED),
    Hostile("lease-on-library", "import fcntl, os\nfcntl.fcntl(open(os.__file__), fcntl.F_SETLEASE, 0)", DENIED),
    Hostile("watch-folder", "import fcntl, os\nfcntl.fcntl(os.open('/', 0), fcntl.F_NOTIFY, 15)", DENIED),
    Hostile("own-terminal", "import os\nos.openpty()", ERROR, landlock=DENIED),
]
