"""Executing an original and an evolved symbol, each in its own context, and comparing the results.

```
scan           the command, interpreted with the evolved actions
clevr, gqa     both programs on the record's scene
pddl           a plan for the evolved problem, unless it is large, that renamed back is valid in the original domain;
               a plan is validated in both
sql            both queries on the record's database, tables and columns renamed, and on small generated databases
fol            Z3's verdict on the last formula from those before it
logic_program  clingo's answer to the query, or the options that hold
sparql         both queries, by rdflib, on small graphs that hold the facts under old and new names
math_program   what both programs return
graph          the time of the longest path
geometry       the value that is asked for, where the problem's diagram is at hand
kb_sexpr       what both denote on small knowledge bases; nlmaps: what both answer on small maps
```

An execution gives a sentence on what was found the same, a Failed, or None where there is nothing to execute on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from symbol_evol.rename import Renaming
from symbol_evol.styles import SHUFFLED
from symbol_llm.formats import Format
from symbol_llm.solvers import Limits, Outcome, Solution, Solver
from symbol_llm.solvers import get as get_solver

if TYPE_CHECKING:
    from symbol_llm.solvers.worker import Worker

_NUM_DATABASES = 4
_NUM_GRAPHS = 4
# Of a PDDL problem. Beyond, a search may take hours, and would end by a clock rather than by an answer.
_MOST_FACTS = 48
_LIMITS = Limits(cpu_seconds=20.0, wall_seconds=120.0)


class Failed(NamedTuple):
    """The executions do not agree, or, with ``is_original``, the original itself gave nothing to compare with."""

    detail: str
    is_original: bool = False


Executed = str | Failed | None
Execution = Callable[[str, Renaming, Format[Any]], Executed]


@cache
def _solver(name: str) -> Solver:
    """One solver per process, closed when the process ends."""
    import atexit

    solver = get_solver(name)
    atexit.register(solver.close)
    return solver


@cache
def _worker(target: str, name: str) -> Worker:
    """One child per process; it ends with this process."""
    from symbol_llm.solvers.worker import Worker

    return Worker(target, name)


def _compared(before: Solution, after: Solution) -> Failed | None:
    """Whether both solutions have an answer, and the same."""
    if before.outcome is not None:
        return Failed(f"{before.outcome}: {before.message}", is_original=True)
    if after.outcome is not None or after.answer != before.answer:
        return Failed(f"{before.answer!r:.200} became {after.answer!r:.200} {after.message}")
    return None


def _interpret_command(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """``accepts`` has interpreted the command with the evolved vocabulary, if there is one."""
    if "command" not in renaming.original.world:
        return None
    return f"{language.engine} gives the evolved actions for the command"


def _answer_on_scene(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    if "scene" not in renaming.original.world:
        return None
    solver = _solver("scene")
    before, after = solver.solve(original, renaming.original), solver.solve(renaming.completion, renaming.context)
    return _compared(before, after) or f"{after.engine} answers {after.answer!r} to both"


def _same_reason(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """What the format's own engine says when it accepts: its answer on the scene, what a program returns."""
    before = language.accepts(original, renaming.original)
    after = language.accepts(renaming.completion, renaming.context)
    if not before:
        return Failed(f"{before.engine}: {before.reason}", is_original=True)
    if after.reason != before.reason:
        return Failed(f"{before.reason} became {after.reason}")
    return f"{after.engine}: {after.reason}"


def _answer_on_graph(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """GQA: the engine's answer on the scene graph, where there is one."""
    return _same_reason(original, renaming, language) if "scene" in renaming.original.world else None


def _longest_time(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    from symbol_llm.formats.graph_paths import longest_path

    (before, time), (after, time_after) = (longest_path(language.parse(t)) for t in (original, renaming.completion))
    new = {name.text: text for name, text in renaming.mapping.items()}
    if time != time_after or len(before) != len(after):
        return Failed(f"the longest path {' '.join(before)} takes {time}, {' '.join(after)} {time_after}")
    if [new.get(node, node) for node in before] != list(after):
        return Failed(f"the longest path {' '.join(before)} became {' '.join(after)}")
    return f"{language.engine}: the longest path takes {time} in both"


def _same_plan(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """None for a problem that is too large to plan for."""
    from symbol_llm.formats.pddl_tree import Plan, Problem
    from symbol_llm.solvers.plan_validator import validate

    world, tree = renaming.original.world, language.parse(original)
    if isinstance(tree, Plan):
        before = language.accepts(original, renaming.original)  # the evolved plan has been accepted already
        return f"{before.engine}: valid in both domains" if before else Failed(before.reason, is_original=True)
    if not world.get("domain") or not isinstance(tree, Problem) or len(tree.init) > _MOST_FACTS:
        return None
    found = _solver("planner").solve(renaming.completion, renaming.context)
    if found.outcome is not None:
        return Failed(f"{found.outcome}: {found.message}", is_original=True)
    plan = [language.render(language.rename(language.parse(step), renaming.inverse)) for step in found.answer]
    check = validate(str(world["domain"]), original, plan)
    if not check.is_valid:
        return Failed(f"the plan, renamed back, fails: {check.message}")
    return f"{found.engine} plans {len(found.answer)} steps, valid in the original"


def _same_rows(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    from symbol_llm.formats import sql_names, sql_schema
    from symbol_llm.formats.sql_syntax import read
    from symbol_llm.solvers import sql_world

    places = []
    if sql_world.has_database(renaming.original.world, renaming.original.root):
        solver = _solver("sql")
        before, after = solver.solve(original, renaming.original), solver.solve(renaming.completion, renaming.context)
        if failed := _compared(before, after):
            return failed
        places.append("its own database")
    schemas = [sql_schema.schema_of(context) for context in (renaming.original, renaming.context)]
    job = {
        "queries": (original, renaming.completion),
        "schemas": [schema.statements if schema else () for schema in schemas],
        "literals": sorted(sql_names.literals(read(original).tree)),
        "databases": _NUM_DATABASES,
        "memory_bytes": _LIMITS.memory_bytes,
    }
    solution = _worker("symbol_evol.sql_databases:compare", "SQLite").call(job, _LIMITS)
    if solution.outcome is not None:
        return Failed(f"{solution.outcome}: {solution.message}", is_original=solution.outcome is not Outcome.WRONG)
    if solution.answer["same"]:
        places.append(f"{solution.answer['same']} generated ones")
    if not places:
        return Failed(f"no database on which the original runs: {solution.message}", is_original=True)
    return f"{language.engine}: the same rows on {' and '.join(places)}"


def _same_verdict(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """Z3 on the last formula from those before it; contradictory premises are a verdict, too."""
    solver = _solver("fol")
    before, after = solver.solve(original), solver.solve(renaming.completion)
    verdicts = [s.answer if s.outcome is None else str(s.outcome) for s in (before, after)]
    if verdicts[0] != verdicts[1]:
        return Failed(f"{verdicts[0]} became {verdicts[1]} {after.message}")
    if before.outcome not in (None, Outcome.INCONSISTENT):
        return None  # Z3 decides neither
    return f"{after.engine} says {verdicts[0]} to both"


def _same_consequences(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """clingo: as many facts and the same value of the query, or the same options that must hold."""
    verdicts = [language.accepts(original, renaming.original), language.accepts(renaming.completion, renaming.context)]
    said = [verdict.reason.partition("; not declared")[0] for verdict in verdicts]
    if not verdicts[0]:
        return Failed(f"{verdicts[0].engine}: {said[0]}", is_original=True)
    return f"{verdicts[1].engine}: {said[1]}" if said[0] == said[1] else Failed(f"{said[0]} became {said[1]}")


def _same_on_graphs(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """Each graph holds its facts under the old and the new names, so each query finds its own.

    None for exchanged names, which would find the other's, and for queries that ask for names themselves.
    """
    from symbol_llm.formats.sparql_canonical import canonical_query
    from symbol_llm.formats.sparql_rdflib import TARGET
    from symbol_llm.formats.sparql_tree import NS, is_variable
    from symbol_llm.formats.sparql_witness import graphs, sides

    queries = [canonical_query(language.parse(text)) for text in (original, renaming.completion)]
    compared = sides(queries)
    asks_names = any(
        isinstance(term, str) and is_variable(term)
        for node in queries[0].walk()
        if node.kind == "triple"
        for term in node.parts[1:2]
    )
    if renaming.style == SHUFFLED or asks_names or compared is None:
        return None
    new = {f"<{NS}{name.text}>": f"<{NS}{text}>" for name, text in renaming.mapping.items()}
    pattern = re.compile(r"<[^<>]*>")
    texts = [
        graph + "\n" + pattern.sub(lambda term: new.get(term[0], term[0]), graph)
        for graph in islice(graphs(queries[:1]), _NUM_GRAPHS)
    ]
    job = {"question": "compare", "sides": compared, "graphs": texts}
    solution = _worker(TARGET, "rdflib").call(job, _LIMITS)
    if solution.outcome is not None:
        return Failed(f"{solution.outcome}: {solution.message}", is_original=True)
    if "compared" not in solution.answer:
        return Failed(f"other answers on a graph: {solution.answer['results']}")
    count = solution.answer["compared"]
    return f"{language.engine}: the same answers on {count} generated graphs" if count else None


def _same_value(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """None where the rules do not settle the original."""
    if "point_positions" not in renaming.original.world:
        return None
    solver = _solver("geometry")
    before = solver.solve(original, renaming.original)
    if before.outcome is not None:
        return None
    after = solver.solve(renaming.completion, renaming.context)
    return _compared(before, after) or f"{after.engine} finds {after.answer!r} in both"


def _same_denotation(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    """None where the expression denotes nothing on any of the small knowledge bases."""
    from symbol_evol.small_worlds import NUM_WORLDS, compare_on_knowledge

    trees = language.parse(original), language.parse(renaming.completion)
    try:
        fault = compare_on_knowledge(*trees, renaming.mapping)
    except ValueError:
        return None
    return Failed(fault) if fault else f"{language.engine}: the same things on {NUM_WORLDS} small knowledge bases"


def _same_answers(original: str, renaming: Renaming, language: Format[Any]) -> Executed:
    from symbol_evol.small_worlds import NUM_WORLDS, compare_on_maps

    fault = compare_on_maps(language.parse(original), language.parse(renaming.completion), renaming.mapping)
    return Failed(fault) if fault else f"{language.engine}: the same answers on {NUM_WORLDS} small maps"


EXECUTIONS: dict[str, Execution] = {
    "scan": _interpret_command,
    "clevr": _answer_on_scene,
    "gqa": _answer_on_graph,
    "math_program": _same_reason,
    "pddl": _same_plan,
    "sql": _same_rows,
    "fol": _same_verdict,
    "logic_program": _same_consequences,
    "sparql": _same_on_graphs,
    "graph": _longest_time,
    "geometry": _same_value,
    "kb_sexpr": _same_denotation,
    "nlmaps": _same_answers,
}
