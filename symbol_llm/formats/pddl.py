"""PDDL, the language of planning: domains, problems, and plans.

    (define (problem p) (:domain blocks) (:objects a b) (:init (on a b) (table b) (clear a)) (:goal (and (on b a))))
    (unstack a b)⏎(put a)                                       a plan: a ground action on each line

Grammar: PDDL 3.1 without time, see pddl_parser.py; names are compared without case. A problem is read against
``context.world["domain"]``, the text of its domain; a plan also against ``context.world["problem"]``. The prompt
shows the domain's vocabulary, ``context.definitions``, see pddl_vocabulary.py.

The engine is Fast Downward's own translator, asked in a separate process, together with the static checks that it
lacks (pddl_world.py). Plans are executed by our validator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from symbol_llm.errors import SymbolError
from symbol_llm.formats import pddl_vocabulary
from symbol_llm.formats.base import EMPTY, Context, Name, Score, Verdict
from symbol_llm.formats.bleu import ScoredByBleu, bleu, bleu_counts
from symbol_llm.formats.pddl_equivalence import compare
from symbol_llm.formats.pddl_parser import parse, parse_lower
from symbol_llm.formats.pddl_printer import canonical, render
from symbol_llm.formats.pddl_tree import Domain, Plan, Problem, Tree, renamable, renamed
from symbol_llm.formats.pddl_world import domain_fault, problem_fault
from symbol_llm.solvers.fast_downward import TARGET, installation
from symbol_llm.solvers.outcome import Limits, Outcome

if TYPE_CHECKING:
    from symbol_llm.solvers.worker import Worker

_WORLD_TEXTS = ("domain", "problem")  # the entries of context.world that are PDDL
_CHECK_LIMITS = Limits(cpu_seconds=20.0, wall_seconds=300.0)


class Pddl(ScoredByBleu[Tree]):
    name = "pddl"
    grammar = "PDDL 3.1 BNF (Kovacs 2011), without durative actions, derived predicates and preferences"
    is_evolvable = True
    is_case_sensitive = False

    @property
    def engine(self) -> str:
        return f"Fast Downward translator {installation().version}"

    @cached_property
    def _translator(self) -> Worker:
        from symbol_llm.solvers.worker import Worker

        return Worker(TARGET, self.engine)

    def parse(self, text: str) -> Tree:
        return parse(text)

    def render(self, tree: Tree) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        parse(text)  # an error shows the text as it was written
        return render(canonical(parse_lower(text)))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        try:
            tree = parse_lower(text)
        except SymbolError as error:
            return Verdict(False, "parser", str(error))
        if isinstance(tree, Domain):
            return self._checked(domain_fault(tree), text, None)
        if not (domain_text := context.world.get("domain")):
            return Verdict(None, self.engine, "the context has no domain")
        domain = _domain(domain_text)
        if isinstance(domain, str):
            return Verdict(None, self.engine, domain)
        if isinstance(tree, Problem):
            return self._checked(problem_fault(domain, tree), domain_text, text)
        if not (problem_text := context.world.get("problem")):
            return Verdict(None, "plan validator", "the context has no problem")
        from symbol_llm.solvers.plan_validator import validate

        check = validate(domain_text, problem_text, render(tree).split("\n"))
        return Verdict(check.is_valid, "plan validator", check.message)

    def _checked(self, fault: str | None, domain: str, problem: str | None) -> Verdict:
        if fault:
            return Verdict(False, f"{self.engine} with static checks", fault)
        reply = self._translator.call((domain, problem), _CHECK_LIMITS)
        if reply.outcome in (None, Outcome.REJECTED):
            complaint = reply.answer or reply.message
            return Verdict(not complaint, self.engine, complaint or "the translator reads it")
        return Verdict(None, self.engine, f"no verdict: {reply.outcome}: {reply.message}")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Problems: same canonical form, or isomorphic where their objects have different names.

        Plans and domains: same canonical form, else unknown; but a valid plan and an invalid one are not equivalent.
        """
        try:
            parse(a), parse(b)
        except SymbolError as error:
            return Verdict(None, "parser", str(error))
        first, second = canonical(parse_lower(a)), canonical(parse_lower(b))
        if first == second:
            return Verdict(True, "canonical form", "same canonical form")
        if type(first) is not type(second):
            kinds = " and a ".join(type(tree).__name__.lower() for tree in (first, second))
            return Verdict(False, "parser", f"a {kinds}")
        if isinstance(first, Problem) and isinstance(second, Problem):
            return Verdict((found := compare(first, second)).holds, "object matching", found.reason)
        if isinstance(first, Plan):
            verdicts = [self.accepts(text, context) for text in (a, b)]
            if {verdict.holds for verdict in verdicts} == {True, False}:
                wrong = next(verdict for verdict in verdicts if not verdict.holds)
                return Verdict(False, wrong.engine, f"one plan is valid, the other is not: {wrong.reason}")
            return Verdict(None, "plan validator", "different plans; neither is refuted by the other")
        return Verdict(None, "canonical form", "different canonical forms of domains prove nothing")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        counts = bleu_counts(prediction, reference)
        is_parsed = self.parses(prediction)
        return Score(
            self.metric,
            bleu([counts]),
            prediction.split() == reference.split(),
            is_parsed,
            self.equivalent(prediction, reference, context).holds if is_parsed else None,
            counts,
        )

    def names(self, tree: Tree) -> frozenset[Name]:
        """Predicates, actions and types of a tree; a name in two spellings of case counts once."""
        found: dict[tuple[str, str], Name] = {}

        def collect(kind: str, name: str) -> str:
            found.setdefault((kind, name.lower()), Name(kind, name))
            return name

        renamed(tree, collect)
        return frozenset(found.values())

    def rename(self, tree: Tree, mapping: Mapping[Name, str]) -> Tree:
        kept = {name: new for name, new in mapping.items() if renamable(name.kind, name.text)}
        return renamed(tree, lambda kind, name: pddl_vocabulary.lookup(kept, kind, name))

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        return pddl_vocabulary.names(context.definitions)

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Rename in the vocabulary, the domain and the gold problem; layout, comments and glosses stay.

        Raises SymbolError if the domain or the problem of the context is not PDDL.
        """
        world = dict(context.world)
        for key in _WORLD_TEXTS:
            if world.get(key):
                world[key] = pddl_vocabulary.rename_text(world[key], mapping)
        return replace(context, definitions=pddl_vocabulary.rename_lines(context.definitions, mapping), world=world)


@lru_cache(maxsize=64)
def _domain(text: str) -> Domain | str:
    """The lower-case domain of a context, or why it is none."""
    try:
        tree = parse_lower(text)
    except SymbolError as error:
        return f"the context's domain does not parse: {error}"
    return tree if isinstance(tree, Domain) else "the context's domain is not a domain"
