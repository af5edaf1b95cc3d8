"""Programs over scene graphs: what a CLEVR or GQA program answers on the scene of its question.

    count(filter_shape(cube,scene()))        on  {"objects": […], "relationships": {…}}     →   "2"
    select: sky --> verify color: dark [0]   on  {"objects": {"2486325": {…}, …}, …}        →   "yes"

The scene comes in ``context.world["scene"]``, as in CLEVR's scene files, or GQA's, whose objects have ids (``world``
may then bring ``kinds`` and ``attributes``, see gqa_scene.py); the scene tells the language. ``context.definitions``
may give the operations other names. Answers are the dataset's strings: "yes", "no", numbers, attribute values, names.
A CLEVR program has at most 1,000 operations, a GQA program 100 steps, each cheap, so no job needs a process or a clock.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from symbol_llm.errors import SymbolError
from symbol_llm.formats import clevr, clevr_scene, gqa, gqa_scene
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.clevr_program import parse_program, type_fault
from symbol_llm.formats.gqa_program import TypeFault, typed
from symbol_llm.formats.gqa_program import parse_program as parse_steps
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution

_Ending = tuple[Outcome | None, str | None, str]  # outcome (None if there is an answer), answer, message


class SceneSolver(Solver):
    name = "scene"

    @property
    def engine(self) -> str:
        """Both executors; a solution names the one that it comes from."""
        return f"{clevr_scene.ENGINE}, {gqa_scene.ENGINE}"

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Answer a program. A scene or definitions that cannot be used are ours (GOLD_ERROR), not the program's.

        SOLVER_UNKNOWN: a GQA scene does not say what the program asks for.
        """
        cpu, wall = time.thread_time(), time.perf_counter()
        is_gqa = _has_ids(context.world.get("scene"))
        if not symbol.strip():
            ending: _Ending = (Outcome.NO_SYMBOL, None, "no program")
        elif "scene" not in context.world:
            ending = (Outcome.GOLD_ERROR, None, "there is no scene to run on")
        else:
            ending = _run_steps(symbol, context) if is_gqa else _run_nested(symbol, context)
        return Solution(
            *ending,
            engine=gqa_scene.ENGINE if is_gqa else clevr_scene.ENGINE,
            cpu_seconds=time.thread_time() - cpu,
            wall_seconds=time.perf_counter() - wall,
        )


def _has_ids(scene: Any) -> bool:
    """Whether a scene is GQA's: objects by id, where CLEVR has a list."""
    return isinstance(scene, Mapping) and isinstance(scene.get("objects"), Mapping)


def _run_nested(symbol: str, context: Context) -> _Ending:
    """A CLEVR program."""
    try:
        scene = clevr_scene.read_scene(context.world["scene"])
        meaning = clevr.operations_of(context.definitions)
    except (clevr_scene.SceneFault, SymbolError) as error:
        return Outcome.GOLD_ERROR, None, str(error)
    try:
        tree = parse_program(symbol)
    except SymbolError as error:
        return Outcome.PARSE_ERROR, None, str(error)
    fault = type_fault(tree, meaning)
    if fault:
        return Outcome.REJECTED, None, fault
    try:
        return None, clevr_scene.run_program(tree, meaning, scene), ""
    except clevr_scene.RunFault as error:
        return Outcome.RUNTIME_ERROR, None, str(error)


def _run_steps(symbol: str, context: Context) -> _Ending:
    """A GQA program."""
    try:
        scene = gqa_scene.read_scene(context.world)
        meaning = gqa.operations_of(context.definitions)
    except (gqa_scene.SceneFault, SymbolError) as error:
        return Outcome.GOLD_ERROR, None, str(error)
    try:
        nodes = typed(parse_steps(symbol), meaning)
    except SymbolError as error:
        return Outcome.PARSE_ERROR, None, str(error)
    except TypeFault as fault:
        return Outcome.REJECTED, None, str(fault)
    try:
        return None, gqa_scene.run_program(nodes, scene), ""
    except gqa_scene.SceneFault as fault:
        return Outcome.SOLVER_UNKNOWN, None, str(fault)
    except gqa_scene.RunFault as fault:
        return Outcome.RUNTIME_ERROR, None, str(fault)
