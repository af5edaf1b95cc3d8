"""First-order logic, one formula per line.

    ∀x (Cat(x) → Animal(x))
    Cat(tom)
    Animal(tom)

The notation of FOLIO and MALLS, and the ASCII ones of Prover9 and NLTK (grammar in fol_parser.py). A symbol of
several lines is a theory; where it is solved, its last line is the conclusion (symbol_llm/solvers/fol.py).

Semantics: one non-empty sort; equality is identity; free variables u..z are universally closed over their line; the
same name with another number of arguments is another symbol. The last two are legal but rarely meant: ``accepts``
and the solver mention them. Theories are compared line by line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbol_llm.errors import SymbolError
from symbol_llm.formats import fol_z3
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict
from symbol_llm.formats.fol_alignment import align, is_spelling_variant, to_mapping
from symbol_llm.formats.fol_canonical import canonical_formula
from symbol_llm.formats.fol_parser import MAX_DEPTH, parse_theory, theory_lines
from symbol_llm.formats.fol_reader import Refused, read_lines
from symbol_llm.formats.fol_rename import read_definitions, rename_definitions, rename_theory, theory_names
from symbol_llm.formats.fol_smt import script
from symbol_llm.formats.fol_tree import Formula, Symbol, Theory, render, symbols, warnings
from symbol_llm.formats.logical_equivalence import logical_equivalence
from symbol_llm.solvers.outcome import Limits, Solution
from symbol_llm.solvers.worker import WorkerPool

_LIMITS = Limits(cpu_seconds=5.0)


class Fol(Format[Theory]):
    name = "fol"
    grammar = "symbol_llm/formats/fol_parser.py, after FOLIO (arXiv 2209.00840) and MALLS (arXiv 2305.15541)"
    metric = "LE"
    is_evolvable = True

    def __init__(self) -> None:
        self._z3 = WorkerPool(fol_z3.TARGET, os.cpu_count() or 1, "Z3")

    @property
    def engine(self) -> str:
        return fol_z3.engine()

    def parse(self, text: str) -> Theory:
        return parse_theory(text)

    def render(self, tree: Theory) -> str:
        return "\n".join(map(render, tree))

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Line by line; the order of the lines stays. See fol_canonical.py for the laws."""
        return self.render(tuple(map(canonical_formula, parse_theory(text, MAX_DEPTH + 8))))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether Z3's parser takes the formulas. The reason mentions what is legal but was perhaps not meant."""
        try:
            theory = self.parse(text)
        except SymbolError as error:
            return Verdict(False, "symbol-llm", str(error))
        engine = self.engine
        try:
            assertions = read_lines(theory_lines(text))
        except Refused as error:
            return Verdict(False, engine, str(error))
        all_symbols: set[Symbol] = set().union(*(found.symbols for found in assertions))
        has_overloads = len({(symbol.kind, symbol.name) for symbol in all_symbols}) < len(all_symbols)
        is_doubtful = has_overloads or any(found.has_free for found in assertions)
        noted = "".join(f"; {warning}" for warning in warnings(theory)) if is_doubtful else ""
        return Verdict(True, engine, f"{len(theory)} formulas{noted}")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Line by line, proved by Z3; "no" comes with a counter-model.

        Names that the context defines, or that both sides share, are what they are. Other names are aligned:
        spellings of one name are taken for it; that unlike names mean the same is never assumed, the verdict is
        then unknown and says which names it hangs on.
        """
        try:
            mine, theirs = self.parse(a), self.parse(b)
        except SymbolError as error:
            return Verdict(None, self.engine, f"one side does not parse: {error}")
        if len(mine) != len(theirs):
            return Verdict(False, self.engine, f"{len(mine)} formulas against {len(theirs)}")
        direct = self._same(mine, theirs)
        if direct.holds is True:
            return direct
        defined = {(name.kind, name.text) for name in self.defined_names(context)}
        ours, others = ({s for formula in side for s in symbols(formula)} for side in (mine, theirs))
        differing = ours ^ others
        if all((symbol.kind, symbol.name) in defined for symbol in differing):
            return direct
        return self._aligned(mine, theirs, direct, defined)

    def _aligned(self, mine: Theory, theirs: Theory, direct: Verdict, defined: set[tuple[str, str]]) -> Verdict:
        ours, others = ({s for formula in side for s in symbols(formula)} for side in (mine, theirs))
        pairs = align(ours, others)
        mapping = pairs and to_mapping(pairs)
        if not pairs or not mapping:
            names = ", ".join(sorted({symbol.name for symbol in ours ^ others}))
            return Verdict(None, direct.engine, f"the names differ and do not pair up: {names}")
        if any((s.kind, s.name) in defined for pair in pairs.items() for s in pair):
            return Verdict(None, direct.engine, "defined names stand against names that are not defined")
        told = ", ".join(f"{given.name} = {wanted.name}" for given, wanted in pairs.items())
        try:
            renamed = rename_theory(theirs, mapping)
        except ValueError as error:
            return Verdict(None, direct.engine, f"the names differ and do not pair up: {error}")
        verdict = self._same(mine, renamed)
        if all(is_spelling_variant(given, wanted) for given, wanted in pairs.items()):
            return replace(verdict, reason=f"with {told}: {verdict.reason}")
        if verdict.holds:
            return Verdict(None, verdict.engine, f"equivalent only if {told}, which no definition says")
        return Verdict(None, verdict.engine, f"the names differ; with {told}: {verdict.reason}")

    def _same(self, mine: Theory, theirs: Theory) -> Verdict:
        """Equivalence with the names as they are."""
        if all(x == y or canonical_formula(x) == canonical_formula(y) for x, y in zip(mine, theirs)):
            return Verdict(True, self.engine, "the same canonical form")
        pairs: list[Formula] = [formula for pair in zip(mine, theirs) for formula in pair]
        solution = self._ask("equivalent", pairs)
        if solution.answer == "yes":
            return Verdict(True, solution.engine, "proved: neither side has a model that the other lacks")
        return Verdict(False if solution.answer == "no" else None, solution.engine, solution.message)

    def _ask(self, question: str, formulas: Sequence[Formula]) -> Solution:
        fol_z3.engine()  # without Z3, say so before a worker fails to start
        return self._z3.call(fol_z3.question(question, script(formulas)), _LIMITS)

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """LE (logical_equivalence.py), the mean over aligned lines.

        A line that does not parse or that the other side lacks scores 0. A reference line that does not parse
        itself is matched by its text.
        """
        given, wanted = _lines(prediction), _lines(reference)
        is_exact = given == wanted
        total = sum(_line_score(a, b) for a, b in zip(given, wanted))
        is_parsed = self.parses(prediction)
        is_equivalent: bool | None = None
        if is_exact:
            is_equivalent = True
        elif not is_parsed:
            is_equivalent = False
        elif self.parses(reference):
            is_equivalent = self.equivalent(prediction, reference, context).holds
        return Score(self.metric, total / max(len(given), len(wanted), 1), is_exact, is_parsed, is_equivalent)

    def names(self, tree: Theory) -> frozenset[Name]:
        return theory_names(tree)

    def rename(self, tree: Theory, mapping: Mapping[Name, str]) -> Theory:
        """Raises ValueError if the renaming would merge two symbols, or a new name is no name."""
        return rename_theory(tree, mapping)

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """``Cat(x): x is a cat``, ``tom: Tom``, ``mother(x) = the mother of x``; see fol_rename.py."""
        return read_definitions(context.definitions)

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Raises ValueError as ``rename`` does."""
        return replace(context, definitions=rename_definitions(context.definitions, mapping))


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.strip().split("\n")]


def _line_score(prediction: str, reference: str) -> float:
    try:
        wanted = parse_theory(reference)
    except SymbolError:
        return float(prediction == reference)
    try:
        given = parse_theory(prediction)
    except SymbolError:
        return 0.0
    return logical_equivalence(given[0], wanted[0])
