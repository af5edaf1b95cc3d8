"""Programs over scene graphs: what a CLEVR program answers on the scene of its question.

    count(filter_shape(cube,scene()))   on   {"objects": […], "relationships": {…}}   →   "2"

The scene comes in ``context.world["scene"]``, as in CLEVR's scene files; ``context.definitions`` may give the
operations other names. Answers are CLEVR's strings: "yes", "no", numbers, attribute values. A program has at most
1,000 operations, each a few machine instructions, so no job needs a process or a clock.
"""

from __future__ import annotations

import time

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.clevr import operations_of
from symbol_llm.formats.clevr_program import parse_program, type_fault
from symbol_llm.formats.clevr_scene import ENGINE, RunFault, SceneFault, read_scene, run_program
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution


class SceneSolver(Solver):
    name = "scene"

    @property
    def engine(self) -> str:
        return ENGINE

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Answer a program. A scene or definitions that cannot be used are ours (GOLD_ERROR), not the program's."""
        cpu, wall = time.thread_time(), time.perf_counter()
        outcome, answer, message = _run(symbol, context)
        return Solution(
            outcome,
            answer,
            message,
            ENGINE,
            cpu_seconds=time.thread_time() - cpu,
            wall_seconds=time.perf_counter() - wall,
        )


def _run(symbol: str, context: Context) -> tuple[Outcome | None, str | None, str]:
    if not symbol.strip():
        return Outcome.NO_SYMBOL, None, "no program"
    if "scene" not in context.world:
        return Outcome.GOLD_ERROR, None, "there is no scene to run on"
    try:
        scene = read_scene(context.world["scene"])
        meaning = operations_of(context.definitions)
    except (SceneFault, SymbolError) as error:
        return Outcome.GOLD_ERROR, None, str(error)
    try:
        tree = parse_program(symbol)
    except SymbolError as error:
        return Outcome.PARSE_ERROR, None, str(error)
    fault = type_fault(tree, meaning)
    if fault:
        return Outcome.REJECTED, None, fault
    try:
        return None, run_program(tree, meaning, scene), ""
    except RunFault as error:
        return Outcome.RUNTIME_ERROR, None, str(error)
