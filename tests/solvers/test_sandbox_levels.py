"""Levels of isolation: found, believed only where they hold, told with the reason, or refused.

Run: pytest tests/solvers/test_sandbox_levels.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits, Outcome
from symbol_llm.solvers.sandbox import Sandbox
from symbol_llm.solvers.zygote_process import ZygoteProcess
from tests.solvers.processes import guards

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
ROOT = Path(__file__).parents[2]


def test_refuses_to_run_below_the_configured_level(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = Sandbox("plain", size=1, minimum_isolation=Isolation.FULL, strongest=Isolation.SECCOMP)
    with weak, pytest.raises(UserError, match="SYMBOL_LLM_ALLOW_WEAK_SANDBOX"):
        weak.run("answer = 1")
    assert not guards(weak)
    with Sandbox("plain", size=1, strongest=Isolation.RLIMITS, allow_weak=True) as told:
        assert told.run("answer = 1").isolation == "rlimits"
    monkeypatch.setenv("SYMBOL_LLM_ALLOW_WEAK_SANDBOX", "1")
    with Sandbox("plain", size=1, strongest=Isolation.SECCOMP) as told:
        solution = told.run("open('/tmp/escaped', 'w')")
        assert solution.isolation == "seccomp" and solution.outcome is Outcome.DENIED


def test_walls_that_do_not_hold_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    start = ZygoteProcess.start
    monkeypatch.setattr(ZygoteProcess, "start", lambda self, level: start(self, Isolation.RLIMITS))
    with Sandbox("plain", size=1) as lying, pytest.raises(UserError, match=r"a program could .*open a socket"):
        lying.run("answer = 1")


def test_absurd_limits_are_cut_to_what_the_kernel_knows(sandbox: Sandbox) -> None:
    limits = Limits(cpu_seconds=float("inf"), wall_seconds=1e18, memory_bytes=1 << 80, output_bytes=1 << 40)
    assert sandbox.run("answer = 1", limits).answer == 1


HEAD = """
import ctypes, os, sys, threading, time
from pathlib import Path
from symbol_llm.errors import UserError
from symbol_llm.solvers.isolation import Isolation, check, libc
from symbol_llm.solvers.outcome import Limits
from symbol_llm.solvers.sandbox import Sandbox
"""


def run_script(code: str) -> str:
    """The output of a program that is started in the repository."""
    command = [sys.executable, "-B", "-c", HEAD + code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if "skip:" in done.stdout:
        pytest.skip(done.stdout.partition("skip:")[2].strip())
    assert done.returncode == 0, done.stderr
    return done.stdout


NO_CAPABILITIES = """
for capability in set(range(41)) - {31}:  # the kernel asks CAP_SETFCAP of a root that maps itself
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: what is started from here has no other rights
"""
# Becomes user 12345, who has never been heard of. Where Python lies in a closed folder (/root), that folder is opened
# in a mount namespace of its own: an empty one, with only Python and the repository in it.
ORDINARY_USER = """
def is_closed(folder):
    return not folder.stat().st_mode & 1
needed = [Path(path).resolve() for path in (sys.base_prefix, sys.prefix, ".")]
check(libc.unshare(0x20000), "unshare")
check(libc.mount(b"", b"/", b"", ctypes.c_ulong(0x4000 | 1 << 18), b""), "private")
closed = {next(filter(is_closed, reversed(path.parents)), None): [] for path in needed}
for path in needed:
    closed[next(filter(is_closed, reversed(path.parents)), None)].append((path, os.open(path, os.O_PATH)))
closed.pop(None, None)
for folder, inside in closed.items():
    check(libc.mount(b"t", bytes(folder), b"tmpfs", ctypes.c_ulong(0), b"mode=755"), "tmpfs")
    for path, source in inside:
        path.mkdir(parents=True, exist_ok=True)
        check(libc.mount(b"/proc/self/fd/%d" % source, bytes(path), b"", ctypes.c_ulong(4096 | 0x4000), b""), "bind")
os.setgroups([])
os.setresgid(12345, 12345, 12345)
os.setresuid(12345, 12345, 12345)
"""
AS_THAT_USER = """
with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
    try:
        sandbox.isolation
    except UserError as error:
        print("skip:", error)
        sys.exit()
    who = "import os\\nopen('x', 'w')\\nanswer = [os.getuid(), os.listdir('.')]"
    print(os.getuid(), sandbox.isolation, sandbox.run(who).answer)
    print([str(sandbox.run(f"open({path!r})").outcome) for path in ("/etc/passwd", "/proc/self/environ")])
    print([str(sandbox.run(f"import os\\n{what}").outcome) for what in ("os.fork()", "os.kill(1, 9)", "os.abort()")])
    sleeper = threading.Thread(target=sandbox.run, args=("import time\\ntime.sleep(99)", Limits(wall_seconds=2)))
    sleeper.start()
    job = []
    while len(job) < 2:
        job = [sandbox._zygotes[0].pid]
        while children := Path(f"/proc/{job[-1]}/task/{job[-1]}/children").read_text().split():
            job.append(int(children[0]))
        job = job[1:]
    time.sleep(0.5)
    # The kernel gives the files of a process that leaves no core dump to root.
    print("no core dump" if os.stat(f"/proc/{job[-1]}/environ").st_uid == 0 else "core dump")
    sleeper.join()
"""
WALLS_HOLD = "seccomp+namespaces [65534, ['x']]\n['runtime_error', 'runtime_error']\n['denied', 'denied', 'crash']\n"


def test_full_isolation_without_any_privilege() -> None:
    assert run_script(NO_CAPABILITIES + AS_THAT_USER).startswith(f"{os.getuid()} {WALLS_HOLD}")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can become an ordinary user")
def test_full_isolation_for_an_ordinary_user() -> None:
    assert run_script(ORDINARY_USER + AS_THAT_USER) == f"12345 {WALLS_HOLD}no core dump\n"


NO_NAMESPACES = """
user, group = os.getuid(), os.getgid()
if libc.unshare(0x10000000):
    print("skip: no user namespaces even here")
    sys.exit()
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text(f"0 {user} 1")
Path("/proc/self/gid_map").write_text(f"0 {group} 1")
Path("/proc/sys/user/max_user_namespaces").write_text("0")  # of this namespace and all below it
"""
REPORT = """
with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
    try:
        sandbox.run("answer = 1")
    except UserError as error:
        print("refused:", error)
with Sandbox("plain", size=1) as sandbox:
    try:
        print(sandbox.isolation, sandbox.shortfalls, sandbox.run("open('/etc/passwd')").outcome)
    except UserError as error:
        print("refused:", error)
with Sandbox("plain", size=1, allow_weak=True) as sandbox:
    print(sandbox.isolation, sandbox.run("answer = 6 * 7").answer)
"""


def test_without_user_namespaces_the_next_level_is_reached_and_the_reason_told() -> None:
    refused, reached, weak = run_script(NO_NAMESPACES + REPORT).splitlines()
    assert "refused" in refused and "seccomp+namespaces: OSError: [Errno 28] unshare" in refused
    assert "Allow user namespaces" in refused
    assert reached.startswith("seccomp+landlock ('seccomp+namespaces: OSError: [Errno 28] unshare")
    assert reached.endswith(" denied") and weak == "seccomp+landlock 42"


# As a container's own filter does. "prctl" is refused only where it installs a filter.
FORBID = """
import pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for name, error in {calls!r}.items():
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    filters = [pyseccomp.Arg(0, pyseccomp.EQ, 22)] if name == "prctl" else []
    rules.add_rule(pyseccomp.ERRNO(error), number, *filters)
rules.load()
"""


def test_in_a_container_that_forbids_namespaces() -> None:
    refused, reached, _ = run_script(FORBID.format(calls={"unshare": 1}) + REPORT).splitlines()
    assert "unshare: Operation not permitted" in refused
    assert reached.startswith("seccomp+landlock ('seccomp+namespaces: PermissionError") and reached.endswith(" denied")


def test_without_namespaces_and_landlock_it_refuses_unless_told_otherwise() -> None:
    calls = {"unshare": 1, "landlock_create_ruleset": 38}
    first, second, weak = run_script(FORBID.format(calls=calls) + REPORT).splitlines()
    assert "refused" in first and "refused" in second
    assert "unshare: Operation not permitted" in second and "landlock_create_ruleset: Function not" in second
    assert "SYMBOL_LLM_ALLOW_WEAK_SANDBOX=1" in second and weak == "seccomp 42"


def test_without_seccomp_only_limits_are_left_and_must_be_asked_for() -> None:
    calls = {"unshare": 1, "prctl": 22}
    first, second, weak = run_script(FORBID.format(calls=calls) + REPORT).splitlines()
    assert "refused" in first and "refused" in second and "could not be shut in" in second
    assert weak == "rlimits 42"
