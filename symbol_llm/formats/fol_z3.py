"""What Z3 is asked about formulas. These functions run in a worker's process (symbol_llm/solvers/worker.py).

    run({"question": "entails", "script": "(declare-sort U 0) … (assert …)", "names": {"p0": ["predicate", "Cat", 1]}})
    → Solution(None, answer="True")

The last assertion of "entails" is the conclusion. "equivalent" takes pairs: assertion 0 against 1, 2 against 3.
Z3's effort is limited by its own resource counter, not by a clock: "unknown" does not depend on the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, product
from typing import TYPE_CHECKING, Any, TypedDict

from symbol_llm.solvers.outcome import Outcome, Solution

if TYPE_CHECKING:
    import z3

TARGET = "symbol_llm.formats.fol_z3:run"
# Z3's resource units for one check: half a second to several seconds. FOLIO's hardest check takes 13,000.
EFFORT = 1_000_000
_SHOWN_FACTS = 12


class Question(TypedDict):
    """A job. ``names`` maps the script's names to kind, name and arity of the formulas' symbols."""

    question: str  # entails or equivalent
    script: str
    names: Mapping[str, tuple[str, str, int]]


@cache
def engine() -> str:
    """Name and version, without loading Z3. Raises EngineMissing if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    from symbol_llm.errors import EngineMissing

    try:
        return f"Z3 {re.match(r'[0-9]+[.][0-9]+[.][0-9]+', version('z3-solver'))[0]}"  # type: ignore[index]
    except PackageNotFoundError as error:
        raise EngineMissing("Z3", "pip install z3-solver") from error


def prepare() -> None:
    """Load Z3 and let it do its first check, so that no job pays for that."""
    import z3

    solver = z3.SimpleSolver()
    solver.add(z3.parse_smt2_string("(declare-fun p (Int) Bool)(assert (forall ((x Int)) (p x)))"))
    solver.check()


def run(question: Question) -> Solution:
    """Answer one question. REJECTED with Z3's message if its parser refuses the script."""
    import z3

    name = f"Z3 {z3.get_version_string()}"
    try:
        formulas = list(z3.parse_smt2_string(question["script"]))
    except z3.Z3Exception as error:
        raw = error.value if hasattr(error, "value") else error
        message = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        if "out of memory" in message:
            raise
        return Solution(Outcome.REJECTED, message=message.strip(), engine=name)
    match question["question"]:
        case "entails":
            return _entails(formulas[:-1], formulas[-1], name)
        case "equivalent":
            return _equivalent(formulas, question["names"], name)
    raise ValueError(question["question"])


def _solver() -> z3.Solver:
    import z3

    solver = z3.SimpleSolver()
    solver.set("rlimit", EFFORT)
    return solver


def _entails(premises: list[z3.BoolRef], conclusion: z3.BoolRef, engine: str) -> Solution:
    """True if the conclusion follows, False if its negation does, Uncertain if both have a model.

    "Follows" is only an answer if the premises have a model, too: from a contradiction everything follows.
    """
    import z3

    solver = _solver()
    solver.add(premises)
    found = []
    for goal in (z3.Not(conclusion), conclusion):
        solver.push()
        solver.add(goal)
        found.append(solver.check())
        reason = solver.reason_unknown() if found[-1] == z3.unknown else ""
        solver.pop()
        if reason:
            what = "the conclusion" if goal is conclusion else "the negated conclusion"
            message = f"Z3 could not decide whether the premises and {what} have a model: {reason}"
            return Solution(Outcome.SOLVER_UNKNOWN, message=message, engine=engine)
    match found:
        case [z3.unsat, z3.unsat]:
            return Solution(Outcome.INCONSISTENT, message="the premises contradict each other", engine=engine)
        case [z3.unsat, z3.sat]:
            return Solution(None, answer="True", engine=engine)
        case [z3.sat, z3.unsat]:
            return Solution(None, answer="False", engine=engine)
    return Solution(None, answer="Uncertain", engine=engine)


def _equivalent(formulas: list[z3.BoolRef], names: Mapping[str, tuple[str, str, int]], engine: str) -> Solution:
    """Answer "yes", or "no" with a counter-model as message, or SOLVER_UNKNOWN."""
    import z3

    undecided = ""
    for number, (a, b) in enumerate(zip(formulas[::2], formulas[1::2]), 1):
        # Two implications rather than one ⊕: Z3 handles quantifiers best where their polarity is known.
        for left, right in ((a, b), (b, a)):
            solver = _solver()
            solver.add(left, z3.Not(right))
            found = solver.check()
            if found == z3.sat:
                where = f"line {number}: " if len(formulas) > 2 else ""
                return Solution(None, answer="no", message=where + _describe(solver.model(), names), engine=engine)
            if found == z3.unknown:
                undecided = undecided or f"line {number}: {solver.reason_unknown()}"
    if undecided:
        return Solution(Outcome.SOLVER_UNKNOWN, message=f"Z3 could not decide {undecided}", engine=engine)
    return Solution(None, answer="yes", engine=engine)


def _describe(model: z3.ModelRef, names: Mapping[str, tuple[str, str, int]]) -> str:
    """A counter-model in words: ``counter-model over {tom, e1}: Cat(tom), ¬Cat(e1)``."""
    import z3

    sort = z3.DeclareSort("U")
    constants = {
        shown: str(model.eval(z3.Const(name, sort), model_completion=True))
        for name, (kind, shown, _) in names.items()
        if kind == "constant"
    }
    universe = model.get_universe(sort) or [model.eval(z3.Const("some", sort), model_completion=True)]
    called: dict[str, str] = {}
    for shown, value in constants.items():
        called.setdefault(value, shown)
    for number, element in enumerate(universe, 1):
        called.setdefault(str(element), f"e{number}")

    def facts() -> Iterator[str]:
        yield from (f"{shown} = {called[value]}" for shown, value in constants.items() if called[value] != shown)
        for name, (kind, shown, arity) in names.items():
            if kind == "constant":
                continue
            function = z3.Function(name, *[sort] * arity, z3.BoolSort() if kind == "predicate" else sort)
            for elements in product(universe, repeat=arity):
                value = model.eval(function(*elements), model_completion=True)
                fact = f"{shown}({', '.join(called[str(element)] for element in elements)})"
                if kind == "function":
                    yield f"{fact} = {called.get(str(value), value)}"
                else:
                    yield fact if z3.is_true(value) else f"¬{fact}"

    told = list(islice(facts(), _SHOWN_FACTS + 1))
    told[_SHOWN_FACTS:] = ["…"] * (len(told) > _SHOWN_FACTS)
    domain = ", ".join(dict.fromkeys(called.values()))
    return f"counter-model over {{{domain}}}: {', '.join(told)}"


def question(kind: str, script: Any) -> Question:
    """The job that asks ``kind`` about a ``fol_smt.Script``."""
    names = {short: (symbol.kind, symbol.name, symbol.arity) for symbol, short in script.names.items()}
    return {"question": kind, "script": script.text, "names": names}
