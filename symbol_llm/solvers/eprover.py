"""E, a second prover for first-order logic: what Z3 cannot decide, and whether the two agree.

    fof(a1, axiom, ! [V0] : (p0(V0) => p1(V0))).  fof(a2, axiom, p0(c2)).  fof(c, conjecture, p1(c2)).
    # SZS status Theorem

Two runs per theory: does the conclusion follow, and does its negation? E is GPL and runs as a process of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.fol_smt import script
from symbol_llm.formats.fol_tree import (
    Atom,
    Connective,
    Constant,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Symbol,
    Term,
    Theory,
    Variable,
    closed,
)
from symbol_llm.solvers.outcome import Limits, Outcome, Solution

INSTALL = "apt-get install eprover"
_OPERATORS = {"∧": "&", "∨": "|", "⊕": "<~>", "→": "=>", "↔": "<=>"}
_STATUS = re.compile(r"^# SZS status (\w+)", re.MULTILINE)
_TIME = re.compile(r"^# Total time\s*: ([\d.]+) s", re.MULTILINE)
_PROVED, _REFUTED, _CONTRADICTION = {"Theorem"}, {"CounterSatisfiable"}, {"ContradictoryAxioms"}


@lru_cache(maxsize=1)
def engine() -> str:
    """Name and version. Raises EngineMissing."""
    path = shutil.which("eprover")
    if path is None:
        raise EngineMissing("E (eprover)", INSTALL)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"E (\S+)", said)
    return f"E {version[1] if version else 'of unknown version'}"


def is_installed() -> bool:
    return shutil.which("eprover") is not None


class Prover:
    """Runs E. Safe to call from several threads; ``close`` kills what runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()

    def entails(self, theory: Theory, limits: Limits) -> Solution:
        """ "True", "False" or "Uncertain", whether the last formula follows from the others; else INCONSISTENT or
        SOLVER_UNKNOWN. Whoever proves the conclusion must also fail to prove its negation: from a contradiction
        everything follows. Raises EngineMissing.
        """
        name = engine()
        *premises, conclusion = theory
        cpu, start, found = 0.0, time.monotonic(), []
        for goal in (conclusion, Not(closed(conclusion))):
            status, seconds = self._run(tptp((*premises, goal)), limits)
            cpu += seconds
            found.append(status)
        base = Solution(None, engine=name, cpu_seconds=cpu, wall_seconds=time.monotonic() - start)
        proved, disproved = (status in _PROVED for status in found)
        refuted, not_disproved = (status in _REFUTED for status in found)
        if any(status in _CONTRADICTION for status in found) or (proved and disproved):
            return base.judged(Outcome.INCONSISTENT, "the premises contradict each other")
        if not (proved or refuted) or not (disproved or not_disproved):
            return base.judged(Outcome.SOLVER_UNKNOWN, f"E ended with {' and '.join(found)}")
        answer = "True" if proved else "False" if disproved else "Uncertain"
        return Solution(None, answer, engine=name, cpu_seconds=cpu, wall_seconds=base.wall_seconds)

    def close(self) -> None:
        with self._lock:
            for pid in self._running:
                _kill(pid)

    def _run(self, text: str, limits: Limits) -> tuple[str, float]:
        """E's status for a problem, and its CPU seconds."""
        path = shutil.which("eprover")
        assert path is not None
        command = [
            *(path, "--auto", "--silent", "--resources-info", "--tptp3-format"),
            f"--cpu-limit={max(1, round(limits.cpu_seconds))}",
            f"--memory-limit={max(64, limits.memory_bytes >> 20)}",
        ]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        with self._lock:
            self._running.add(process.pid)
        try:
            said, _ = process.communicate(text, timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            return "Timeout", limits.cpu_seconds
        finally:
            with self._lock:
                self._running.discard(process.pid)
            if process.poll() is None:
                _kill(process.pid)
                process.communicate()
        status, seconds = _STATUS.search(said), _TIME.search(said)
        told = status[1] if status else f"exit code {process.returncode}: {said.strip()[-200:]}"
        return told, float(seconds[1]) if seconds else 0.0


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has just ended


def tptp(formulas: Sequence[Formula]) -> str:
    """A problem in TPTP's first-order form, the last formula its conjecture. Free variables are closed universally."""
    names = script(formulas).names
    lines = []
    for number, formula in enumerate(formulas, 1):
        role = "conjecture" if number == len(formulas) else "axiom"
        lines.append(f"fof(l{number}, {role}, {_formula(closed(formula), names, {})}).")
    return "\n".join(lines) + "\n"


def _formula(formula: Formula, names: Mapping[Symbol, str], scope: Mapping[str, str]) -> str:
    match formula:
        case Atom(predicate, args):
            return names[Symbol("predicate", predicate, len(args))] + _arguments(args, names, scope)
        case Equal(left, right):
            return f"({_term(left, names, scope)} = {_term(right, names, scope)})"
        case Not(body):
            return f"~ ({_formula(body, names, scope)})"
        case Connective("∧" | "∨" as op, parts):
            return f"({f' {_OPERATORS[op]} '.join(_formula(part, names, scope) for part in parts)})"
        case Connective(op, parts):  # → and ↔ have two parts; a chain of ⊕ groups to the left
            text = _formula(parts[0], names, scope)
            for part in parts[1:]:
                text = f"({text} {_OPERATORS[op]} {_formula(part, names, scope)})"
            return text
        case Quantified(quantifier, variable, body):
            fresh = f"V{len(scope)}"
            inner = {**scope, f"shadowed {fresh}": scope.get(variable, ""), variable: fresh}
            return f"({'!' if quantifier == '∀' else '?'} [{fresh}] : {_formula(body, names, inner)})"
    raise AssertionError(formula)


def _term(term: Term, names: Mapping[Symbol, str], scope: Mapping[str, str]) -> str:
    match term:
        case Variable(name):
            return scope[name]
        case Constant(name):
            return names[Symbol("constant", name, 0)]
        case Function(name, args):
            return names[Symbol("function", name, len(args))] + _arguments(args, names, scope)
    raise AssertionError(term)


def _arguments(args: Sequence[Term], names: Mapping[Symbol, str], scope: Mapping[str, str]) -> str:
    return f"({', '.join(_term(argument, names, scope) for argument in args)})" if args else ""
