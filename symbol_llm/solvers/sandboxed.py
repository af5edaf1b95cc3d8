"""Our own functions on text that a model wrote, in the sandbox: comparing answers by sympy and math-verify.

    compare = Sandboxed("symbol_llm.formats.latex_math_engine:run", "math-verify")
    compare.call(("same", "\\\\frac12", "0.5"), Limits(cpu_seconds=5)).answer      # "yes"

Such libraries read text with parsers of their own, evaluate some of it, and may not end. A worker (worker.py) bounds
time and memory; behind the sandbox's walls nothing that a text could make them do reaches anything. The zygote has the
libraries warm (preload.py), and all functions of a process share it.
"""

from __future__ import annotations

import atexit
import os
import threading
from dataclasses import replace
from typing import Any

from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.preload import FUNCTIONS
from symbol_llm.solvers.sandbox import Sandbox

_PROGRAM = """\
from {module} import {function} as function
solved = function({argument!r})
answer = {{"outcome": solved.outcome and solved.outcome.value, "answer": solved.answer, "message": solved.message}}
"""
_OUTCOMES = {Outcome.REJECTED.value: Outcome.REJECTED, Outcome.SOLVER_UNKNOWN.value: Outcome.SOLVER_UNKNOWN}
_KIND = "answers"
_opening = threading.Lock()
_shared: Sandbox | None = None


class Sandboxed:
    """A function ``target`` ("module:function") of one plain argument that gives a Solution.

    It must be one of the zygote's (``FUNCTIONS`` of preload.py). ``name`` stands as engine in the solutions.
    """

    def __init__(self, target: str, name: str) -> None:
        self.module, self.function = target.split(":")
        assert self.module in FUNCTIONS[_KIND], f"no zygote has {target} loaded"
        self.name = name

    def call(self, argument: Any, limits: Limits) -> Solution:
        """Run it once. Raises UserError where the machine cannot isolate it well enough."""
        program = _PROGRAM.format(module=self.module, function=self.function, argument=argument)
        solution = replace(_sandbox().run(program, limits), engine=self.name, output="")
        if solution.outcome is not None:
            return solution
        told = solution.answer
        if not isinstance(told, dict) or not isinstance(told.get("message"), str):
            return replace(solution.judged(Outcome.CRASH, "no well-formed reply"), answer=None)
        said = told.get("outcome")
        if said is not None and said not in _OUTCOMES:
            return replace(solution.judged(Outcome.CRASH, f"an outcome of its own: {said!r}"), answer=None)
        outcome = None if said is None else _OUTCOMES[said]
        return replace(solution, outcome=outcome, answer=told.get("answer"), message=told["message"])


def _sandbox() -> Sandbox:
    """The sandbox that all of this process share: made at the first call, closed at exit."""
    global _shared
    with _opening:
        if _shared is None:
            _shared = Sandbox(_KIND, os.cpu_count() or 1)
            atexit.register(_shared.close)
        return _shared
