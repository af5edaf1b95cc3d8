"""Logic programs in Logic-LM's notation: what does a theory say about its query?

    Predicates: … Facts: Cold(Bob, True)  Rules: Cold($x, True) >>> Rough($x, True)  Query: Rough(Bob, True)   → "True"

``context.world["assumption"]`` says how to read a theory.

"open" (the default; ProofWriter's open-world theories). True and False are two values that facts and rules establish;
what is established neither way is "Unknown". A rule never runs backwards: this is how ProofWriter labels its theories
and how Logic-LM's engine works, and it is weaker than classical logic. Z3 decides what follows.

"closed" (ProntoQA). What is not established as true is false, also in the conditions of a rule: negation as failure.
Variables range over the constants of the program. The answer is "True" or "False", by clingo; where the stable models
of a program disagree about its query, the outcome is SOLVER_UNKNOWN.

Under both, a query that is established as true and as false at once is INCONSISTENT.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import ClassVar

from symbol_llm.errors import SymbolError
from symbol_llm.formats import fol_z3
from symbol_llm.formats import logic_program_clingo as clingo
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.fol_smt import script
from symbol_llm.formats.fol_tree import Atom, Connective, Constant, Formula, Quantified, Variable
from symbol_llm.formats.logic_program_parser import parse
from symbol_llm.formats.logic_program_tree import Literal, Program
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool

ASSUMPTIONS = ("open", "closed")


class LogicProgramSolver(Solver):
    """Z3 and clingo in worker processes, each started when it is first needed."""

    name: ClassVar[str] = "logic_program"

    def __init__(self) -> None:
        size = os.cpu_count() or 1
        self._z3 = WorkerPool(fol_z3.TARGET, size, "Z3")
        self._clingo = WorkerPool(clingo.TARGET, size, "clingo")

    @property
    def engine(self) -> str:
        """Both engines; a solution names the one that it comes from."""
        return f"{fol_z3.engine()} (open world), {clingo.engine()} (closed world)"

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Answer the query: "True", "False" or, in an open world, "Unknown".

        An assumption that is neither "open" nor "closed" is ours (GOLD_ERROR). A constraint problem, which the same
        format writes, is REJECTED: the solver for those is csp.
        """
        assumption = context.world.get("assumption", "open")
        if assumption not in ASSUMPTIONS:
            return Solution(Outcome.GOLD_ERROR, message=f"the assumption is {assumption!r}, not open or closed")
        engine = fol_z3.engine() if assumption == "open" else clingo.engine()
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="there is no program", engine=engine)
        try:
            program = parse(symbol)
        except SymbolError as error:
            return Solution(Outcome.PARSE_ERROR, message=str(error), engine=engine)
        if not isinstance(program, Program):
            told = "a constraint problem, which the solver csp takes, where facts and rules are expected"
            return Solution(Outcome.REJECTED, message=told, engine=engine)
        if fault := _arity_fault(program):
            return Solution(Outcome.REJECTED, message=fault, engine=engine)
        limits = limits or self.limits
        return self._open(program, limits) if assumption == "open" else self._closed(program, limits)

    def close(self) -> None:
        self._z3.close()
        self._clingo.close()

    def _open(self, program: Program, limits: Limits) -> Solution:
        """Whether the query follows as true, and whether it follows as false."""
        premises = open_theory(program)
        asked = program.query.literal
        found, last = [], Solution(None)
        cpu_seconds = wall_seconds = 0.0
        for value in (True, False):
            goal = _formula(asked._replace(value=value))
            left = replace(limits, cpu_seconds=max(limits.cpu_seconds - cpu_seconds, 1e-3))
            last = self._z3.call(fol_z3.question("entails", script((*premises, goal))), left)
            cpu_seconds, wall_seconds = cpu_seconds + last.cpu_seconds, wall_seconds + last.wall_seconds
            if last.outcome is not None:
                return replace(last, cpu_seconds=cpu_seconds, wall_seconds=wall_seconds)
            found.append(last.answer == "True")
        solution = replace(last, answer=None, cpu_seconds=cpu_seconds, wall_seconds=wall_seconds)
        if all(found):
            return replace(solution, outcome=Outcome.INCONSISTENT, message=_BOTH)
        holds, fails = found if asked.value else reversed(found)
        return replace(solution, answer="True" if holds else "False" if fails else "Unknown")

    def _closed(self, program: Program, limits: Limits) -> Solution:
        """What all stable models say about the query, and where they differ, that they do."""
        text = closed_text(program)
        in_all = self._clingo.call(("cautious", text), limits)
        if in_all.outcome is not None:
            return in_all
        if in_all.answer["atoms"] is None:
            told = "the rules contradict each other: there is no stable model"
            return replace(in_all, outcome=Outcome.INCONSISTENT, answer=None, message=told)
        left = replace(limits, cpu_seconds=max(limits.cpu_seconds - in_all.cpu_seconds, 1e-3))
        in_any = self._clingo.call(("brave", text), left)
        solution = replace(
            in_any,
            answer=None,
            cpu_seconds=in_all.cpu_seconds + in_any.cpu_seconds,
            wall_seconds=in_all.wall_seconds + in_any.wall_seconds,
        )
        if in_any.outcome is not None:
            return solution
        certain, possible = ({word for (word,) in found.answer["atoms"]} for found in (in_all, in_any))
        if certain != possible:
            told = f"the program has several stable models, which differ in: {', '.join(sorted(possible - certain))}"
            return replace(solution, outcome=Outcome.SOLVER_UNKNOWN, message=told)
        if certain == {"true", "false"}:
            return replace(solution, outcome=Outcome.INCONSISTENT, message=_BOTH)
        return replace(solution, answer=str(("true" in certain) == program.query.literal.value))


_BOTH = "the query is established as true and as false"


def _arity_fault(program: Program) -> str:
    """Which literal contradicts its predicate's declaration, or ""."""
    declared = {d.predicate: len(d.arguments) for d in program.declarations}
    for literal in program.literals():
        arity = declared.get(literal.predicate, len(literal.arguments))
        if arity != len(literal.arguments):
            return f"{literal} has {len(literal.arguments)} arguments; {arity} are declared"
    return ""


def open_theory(program: Program) -> tuple[Formula, ...]:
    """Horn clauses over "P True" and "P False", two unrelated predicates for each P."""
    facts = [_formula(fact.literal) for fact in program.facts]
    rules = [_closed_rule(rule.body, head) for rule in program.rules for head in rule.head]
    return tuple(dict.fromkeys([*facts, *rules]))


def _closed_rule(body: tuple[Literal, ...], head: Literal) -> Formula:
    conditions = tuple(map(_formula, body))
    condition = Connective("∧", conditions) if len(conditions) > 1 else conditions[0]
    formula: Formula = Connective("→", (condition, _formula(head)))
    for name in dict.fromkeys(a for literal in (*body, head) for a in literal.arguments if a.startswith("$")):
        formula = Quantified("∀", name, formula)
    return formula


def _formula(literal: Literal) -> Atom:
    terms = tuple(Variable(a) if a.startswith("$") else Constant(a) for a in literal.arguments)
    return Atom(f"{literal.predicate} {literal.value}", terms)


def closed_text(program: Program) -> str:
    """For clingo: h(predicate, arguments…) is true, f(…) established as false. Shows said("true"), said("false")."""
    constants = dict.fromkeys(a for literal in program.literals() for a in literal.arguments if not a.startswith("$"))
    lines = [f'thing("{name}").' for name in constants]
    lines += [f"{_head(fact.literal, {})}." for fact in program.facts]
    for rule in program.rules:
        for head in rule.head:
            names: dict[str, str] = {}
            conditions = [_condition(literal, names) for literal in rule.body]
            conclusion = _head(head, names)
            ranges = [f"thing({name})" for name in names.values()]
            lines.append(f"{conclusion} :- {', '.join([*ranges, *conditions])}.")
    asked = program.query.literal
    lines += [f'said("{word}") :- {_head(asked._replace(value=value), {})}.' for word, value in _WORDS.items()]
    return "\n".join([*lines, "#show said/1."])


_WORDS = {"true": True, "false": False}


def _head(literal: Literal, names: dict[str, str]) -> str:
    return f"{'h' if literal.value else 'f'}({_arguments(literal, names)})"


def _condition(literal: Literal, names: dict[str, str]) -> str:
    return f"{'' if literal.value else 'not '}h({_arguments(literal, names)})"


def _arguments(literal: Literal, names: dict[str, str]) -> str:
    terms = [names.setdefault(a, f"X{len(names)}") if a.startswith("$") else f'"{a}"' for a in literal.arguments]
    return ",".join([f'"{literal.predicate}"', *terms])
