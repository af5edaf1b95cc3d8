"""Planning as answer sets: clingo looks for a plan of a fixed number of parallel steps, for several numbers in turn.

    run(output_sas).answer   →   ["(up robot1 tile_0-1 tile_1-1)", "(paint-up robot1 tile_2-1 tile_1-1 white)", …]

It solves what heuristic search does not, where most orders of actions lead into dead ends (Floortile: a robot must not
paint itself in). The task is the one that Fast Downward's translator writes: variables with finite domains, mutex
groups, operators. In one step any actions may happen together that do not touch each other's variables, so that every
order of them is a plan (the "for all" semantics of Kautz and Selman 1996, Rintanen, Heljanko and Niemelä 2006).

Numbers of steps are tried side by side, each for a bounded number of conflicts that doubles from round to round
(Rintanen 2004, algorithm B): the result does not depend on the speed of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from symbol_llm.solvers.outcome import Outcome, Solution

if TYPE_CHECKING:
    import clingo

TARGET = "symbol_llm.solvers.planner_clingo:run"
HORIZONS = (10, 20, 40, 60, 80, 120)  # steps
_CONFLICTS = 8_000  # of the first round, per number of steps
_MOST_ATOMS = 3_000_000  # operators times steps that are grounded: about 2 GiB

_ENCODING = """
holds(V, X, 0) :- initially(V, X).
step(1..steps).
{ happens(O, T) : operator(O) } :- step(T).
:- happens(O, T), needs(O, V, X), not holds(V, X, T - 1).
changes(V, T) :- happens(O, T), sets(O, V, _).
holds(V, X, T) :- happens(O, T), sets(O, V, X).
holds(V, X, T) :- holds(V, X, T - 1), step(T), not changes(V, T).
:- step(T), variable(V), 2 { happens(O, T) : sets(O, V, _) }.
:- happens(O, T), keeps(O, V), changes(V, T).
:- step(T), mutex(G), 2 { holds(V, X, T) : mutex(G, V, X) }.
:- goal(V, X), not holds(V, X, steps).
#show happens/2.
"""


class Unsupported(ValueError):
    """The task has axioms or conditional effects."""


class Task(NamedTuple):
    """Facts for clingo, and the operators' names as they stand in a plan."""

    facts: str
    operators: tuple[str, ...]


def engine() -> str:
    from symbol_llm.formats import logic_program_clingo

    return logic_program_clingo.engine()


def read_task(sas: str) -> Task:
    """Read the translator's output (version 3). Raises Unsupported for axioms and conditional effects."""
    lines = iter(sas.splitlines())
    facts: list[str] = []
    names: list[str] = []

    def skip_to(mark: str) -> None:
        for line in lines:
            if line == mark:
                return
        raise Unsupported(f"the translator's output has no {mark}")

    def number() -> int:
        return int(next(lines))

    def pairs() -> Iterator[list[str]]:
        for _ in range(number()):
            yield next(lines).split()

    skip_to("end_metric")
    for variable in range(number()):
        skip_to("begin_variable")
        next(lines)
        if next(lines) != "-1":
            raise Unsupported("the task has derived variables")
        facts.append(f"variable({variable}).")
        skip_to("end_variable")
    num_variables = len(facts)
    for group in range(number()):
        skip_to("begin_mutex_group")
        facts.append(f"mutex({group}).")
        facts += [f"mutex({group},{v},{x})." for v, x in pairs()]
        skip_to("end_mutex_group")
    skip_to("begin_state")
    facts += [f"initially({v},{next(lines)})." for v in range(num_variables)]
    skip_to("begin_goal")
    facts += [f"goal({v},{x})." for v, x in pairs()]
    skip_to("end_goal")
    for operator in range(number()):
        skip_to("begin_operator")
        names.append(f"({next(lines).strip()})")
        facts.append(f"operator({operator}).")
        facts += [f"needs({operator},{v},{x}). keeps({operator},{v})." for v, x in pairs()]
        for conditions, *effect in pairs():
            if conditions != "0":
                raise Unsupported("the task has conditional effects")
            variable_name, before, after = effect
            if before != "-1":
                facts.append(f"needs({operator},{variable_name},{before}).")
            facts.append(f"sets({operator},{variable_name},{after}).")
        skip_to("end_operator")
    if number():
        raise Unsupported("the task has axioms")
    return Task("\n".join(facts), tuple(names))


# The worker's side.


def prepare() -> None:
    import clingo  # noqa: F401 - loading it belongs to no job


def run(sas: str) -> Solution:
    """A plan for a translated task: its lines in order. The worker's limit of CPU time ends the search."""
    name = engine()
    try:
        task = read_task(sas)
    except Unsupported as error:
        return Solution(Outcome.REJECTED, message=str(error), engine=name)
    searches: dict[int, clingo.Control] = {}
    horizons = [steps for steps in HORIZONS if steps * len(task.operators) <= _MOST_ATOMS]
    if not horizons:
        return Solution(Outcome.OUT_OF_MEMORY, message=f"{len(task.operators):,} operators are too many", engine=name)
    for conflicts in (_CONFLICTS << i for i in count()):
        for steps in list(horizons):
            if steps not in searches:
                searches[steps] = _ground(task, steps)
            is_possible, plan = _search(searches[steps], task, conflicts)
            if plan is not None:
                return Solution(None, answer=plan, message=f"in {steps} parallel steps", engine=name)
            if not is_possible:
                horizons.remove(steps)
                del searches[steps]
        if not horizons:
            told = f"there is no plan of up to {max(HORIZONS)} parallel steps"
            return Solution(Outcome.SOLVER_UNKNOWN, message=told, engine=name)
    raise AssertionError


def _ground(task: Task, steps: int) -> clingo.Control:
    import clingo

    control = clingo.Control(["-c", f"steps={steps}"], logger=lambda *_: None)
    control.add("base", [], task.facts + _ENCODING)
    control.ground([("base", [])])
    return control


def _search(control: clingo.Control, task: Task, conflicts: int) -> tuple[bool, list[str] | None]:
    """Whether a plan may exist, and one if it was found within so many conflicts."""
    configuration: Any = control.configuration
    configuration.solve.solve_limit = f"{conflicts},umax"
    found: list[tuple[int, int]] = []

    def keep(model: clingo.Model) -> None:
        for symbol in model.symbols(shown=True):
            operator, step = symbol.arguments
            found.append((step.number, operator.number))

    result = control.solve(on_model=keep)
    if result.satisfiable:
        return True, [task.operators[operator] for _, operator in sorted(found)]
    return result.satisfiable is not False, None
