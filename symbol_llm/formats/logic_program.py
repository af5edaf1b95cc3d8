"""Logic programs in the notation of Logic-LM, for ProofWriter, ProntoQA and LogicalDeduction.

    Predicates:
    Cold($x, bool) ::: Is x cold?
    Facts:
    Cold(Bob, True) ::: Bob is cold.
    Rules:
    Cold($x, True) >>> Rough($x, True) ::: Cold things are rough.
    Query:
    Rough(Bob, True) ::: Bob is rough.

    logic_program_parser   both notations, strict       logic_program_tree    trees and text
    logic_program_clingo   the engine                   logic_program_names   names, definitions, renaming
    logic_program_canonical

The second notation has ``Domain: Variables: Constraints: Query:`` (see logic_program_parser.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbol_llm.errors import SymbolError
from symbol_llm.formats import logic_program_clingo as clingo
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict
from symbol_llm.formats.logic_program_canonical import canonical_tree
from symbol_llm.formats.logic_program_names import (
    CONSTANT,
    PREDICATE,
    read_definitions,
    rename_definitions,
    rename_tree,
    tree_names,
)
from symbol_llm.formats.logic_program_parser import MAX_LINES, MAX_LITERALS, parse
from symbol_llm.formats.logic_program_tree import Literal, Problem, Program, Tree
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool

_LIMITS = Limits(cpu_seconds=5.0)
Atom = tuple[str, ...]  # predicate, "1" or "0", arguments


class LogicProgram(Format[Tree]):
    name = "logic_program"
    grammar = "symbol_llm/formats/logic_program_parser.py, after Logic-LM (Pan et al. 2023, arXiv 2305.12295)"
    metric = "EM"
    is_evolvable = True

    def __init__(self) -> None:
        self._clingo = WorkerPool(clingo.TARGET, os.cpu_count() or 1, "clingo")

    @property
    def engine(self) -> str:
        return clingo.engine()

    def _ask(self, mode: str, program: str, *atoms: str) -> Solution:
        clingo.engine()  # without clingo, say so before a worker fails to start
        return self._clingo.call((mode, program, *atoms), _LIMITS)

    def parse(self, text: str) -> Tree:
        return parse(text)

    def render(self, tree: Tree) -> str:
        return str(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Sorted, without repetition and glosses, variables named in one way."""
        # A canonical rule has one conclusion, so there may be many more of them.
        return str(canonical_tree(parse(text, MAX_LINES * MAX_LITERALS)))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether clingo grounds it. The reason gives the answer, and predicates that are used and not declared.

        A use that contradicts the declaration is refused; one without declaration is legal, since the example that
        Logic-LM prompts with has one itself.
        """
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, "symbol-llm", str(error))
        try:
            undefined = _undefined(tree, self.defined_names(context))
        except SymbolError as error:
            return Verdict(None, self.engine, f"the definitions contradict themselves: {error}")
        if undefined:
            return Verdict(False, self.engine, undefined)
        if isinstance(tree, Problem):
            return self._accepts_problem(tree)
        declared = {d.predicate: len(d.arguments) for d in tree.declarations}
        for literal in tree.literals():
            if len(literal.arguments) != declared.get(literal.predicate, len(literal.arguments)):
                told = f"{literal} has {len(literal.arguments)} arguments; {declared[literal.predicate]} are declared"
                return Verdict(False, self.engine, told)
        solution = self._ask_query(tree)
        if solution.answer is None:
            return _refusal(solution)
        unknown = sorted({literal.predicate for literal in tree.literals()} - declared.keys())
        noted = f"; not declared: {', '.join(unknown)}" if unknown else ""
        return Verdict(True, self.engine, f"{solution.answer['number']} facts, the query is {_truth(solution)}{noted}")

    def _accepts_problem(self, tree: Problem) -> Verdict:
        solution = self._ask("cautious", clingo.problem_text(tree))
        if solution.answer is None:
            return _refusal(solution)
        if solution.answer["atoms"] is None:
            return Verdict(False, self.engine, "the constraints contradict each other: no assignment")
        letters = ", ".join(letter for (letter,) in solution.answer["atoms"]) or "none"
        return Verdict(True, self.engine, f"options that must hold: {letters}")

    def query_value(self, text: str) -> str | None:
        """What a program says about its query: True, False, Unknown, or Inconsistent where it derives both.

        None if clingo gives no answer. Raises SymbolError for what is no program.
        """
        tree = self.parse(text)
        if not isinstance(tree, Program):
            raise SymbolError(text, 0, "'Predicates:': a constraint problem has options, not a query")
        solution = self._ask_query(tree)
        return None if solution.answer is None else _truth(solution)

    def _ask_query(self, program: Program) -> Solution:
        """Whether the query's literal is derived, and whether the opposite is."""
        asked = program.query.literal
        literals = (asked, asked._replace(value=not asked.value))
        return self._ask("model", clingo.program_text(program), *map(clingo.atom_text, literals))

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Programs: the same derived facts and the same query. Problems: the same assignments, and options agree.

        "No" comes with a fact, or an assignment, that tells the two apart. Names are what they are.
        """
        try:
            first, second = (canonical_tree(self.parse(text)) for text in (a, b))
        except SymbolError as error:
            return Verdict(None, self.engine, f"one side does not parse: {error}")
        if first == second:
            return Verdict(True, self.engine, "the same canonical form")
        if isinstance(first, Program) and isinstance(second, Program):
            return self._same_programs(first, second)
        if isinstance(first, Problem) and isinstance(second, Problem):
            return self._same_problems(first, second)
        return Verdict(False, self.engine, "rules stand against constraints")

    def _same_programs(self, first: Program, second: Program) -> Verdict:
        if first.query != second.query:
            return Verdict(False, self.engine, f"the queries differ: {first.query} and {second.query}")
        facts = []
        for program in (first, second):
            derived, solution = self._consequences(program)
            if derived is None:
                return Verdict(None, self.engine, solution.message)
            facts.append(derived)
        extra = sorted(facts[0] ^ facts[1])
        if extra:
            which = "first" if extra[0] in facts[0] else "second"
            return Verdict(False, self.engine, f"only the {which} derives {_shown(extra[0])}")
        return Verdict(True, self.engine, f"the same query and the same {len(facts[0])} derived facts")

    def _same_problems(self, first: Problem, second: Problem) -> Verdict:
        if first.variables != second.variables:
            return Verdict(False, self.engine, "the variables or their values differ")
        letters = [tuple(option.letter for option in problem.options) for problem in (first, second)]
        if letters[0] != letters[1]:
            return Verdict(False, self.engine, f"options {', '.join(letters[0])} against {', '.join(letters[1])}")
        for one, other, which in ((first, second, "first"), (second, first, "second")):
            solution = self._ask("model", clingo.difference_text(one, other))
            if solution.answer is None:
                return Verdict(None, self.engine, solution.message)
            if solution.answer["atoms"] is not None:
                values = ", ".join(f"{name} = {value}" for name, value in solution.answer["atoms"])
                return Verdict(False, self.engine, f"an assignment of the {which} that tells them apart: {values}")
        return Verdict(True, self.engine, "the same assignments, and the options agree on them")

    def _consequences(self, program: Program) -> tuple[frozenset[Atom] | None, Solution]:
        solution = self._ask("model", clingo.program_text(program))
        if solution.answer is None:
            return None, solution
        return frozenset(tuple(atom) for atom in solution.answer["atoms"]), solution

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """EM of the lines, blanks aside. The papers score only the answer of the program.

        ``is_equivalent`` tells what executes alike.
        """
        is_exact = _lines(prediction) == _lines(reference)
        is_parsed = self.parses(prediction)
        if not self.parses(reference):
            is_equivalent = None
        else:
            is_equivalent = self.equivalent(prediction, reference).holds if is_parsed else False
        return Score(self.metric, float(is_exact), is_exact, is_parsed, is_equivalent)

    def names(self, tree: Tree) -> frozenset[Name]:
        return tree_names(tree)

    def rename(self, tree: Tree, mapping: Mapping[Name, str]) -> Tree:
        """Glosses stay. Raises ValueError if two names would become one, or a new name is none."""
        return rename_tree(tree, mapping)

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """``Quiet($x, bool) ::: Is x quiet?`` and ``Anne ::: Anne``. Raises SymbolError if one is defined twice."""
        return read_definitions(context.definitions)

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        return replace(context, definitions=rename_definitions(context.definitions, mapping))


def _undefined(tree: Tree, defined: Sequence[Name]) -> str:
    """Which name the definitions lack, or "". What they define none of, predicates or constants, may be anything."""
    for kind in (PREDICATE, CONSTANT):
        known = {name.text: None for name in defined if name.kind == kind}
        if not known:
            continue
        unknown = sorted(name.text for name in tree_names(tree) if name.kind == kind and name.text not in known)
        if unknown:
            return f"the {kind} {unknown[0]} is not defined; there are {', '.join(known)}"
    return ""


def _refusal(solution: Solution) -> Verdict:
    is_refusal = solution.outcome is Outcome.REJECTED
    return Verdict(False if is_refusal else None, solution.engine, solution.message)


def _truth(solution: Solution) -> str:
    """True, False, Unknown, or Inconsistent where both are derived."""
    holds, fails = solution.answer["atoms"]
    return {(True, False): "True", (False, True): "False", (True, True): "Inconsistent"}.get((holds, fails), "Unknown")


def _shown(atom: Atom) -> str:
    return str(Literal(atom[0], atom[2:], atom[1] == "1"))


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]
