"""Whether two PDDL problems are the same task, by canonical form or by a renaming of objects.

    init (on a b), goal (on b a)   and   init (on x y), goal (on y x)   →   the same under a→x, b→y

Problems that name the same objects are compared fact by fact, because the request gives the names. Where the names
differ, the problems are the same task iff some renaming of objects turns all facts and goals of one into those of the
other. It is searched by colour refinement with individualisation (McKay and Piperno 2014): general graph matchers
take for ever on the grids of planning problems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from symbol_llm.formats.pddl_printer import show
from symbol_llm.formats.pddl_tree import Atom, Condition, Junction, Not, Problem, Value

MAX_WORK = 1_000_000  # facts and objects looked at in one search, a few seconds; a pair that needs more is left open


class Comparison(NamedTuple):
    """``holds`` is None where the question is left open; ``reason`` is the proof or the witness."""

    holds: bool | None
    reason: str


def compare(a: Problem, b: Problem) -> Comparison:
    """Compare two canonical problems of one domain."""
    if a == b:
        return Comparison(True, "same canonical form")
    if a.domain != b.domain:
        return Comparison(False, f"problems of different domains, {a.domain} and {b.domain}")
    if a.metric != b.metric:
        return Comparison(False, "different metrics")
    if a.objects == b.objects:
        return _compare_facts(a, b)
    if {entry.name for entry in a.objects} == {entry.name for entry in b.objects}:
        return Comparison(False, "the same objects are of different types")
    if sorted(entry.types for entry in a.objects) != sorted(entry.types for entry in b.objects):
        return Comparison(False, "different numbers of objects per type")
    first, second = _structure(a), _structure(b)
    if first is None or second is None:
        return Comparison(None, "objects differ, and goals beyond literals are not matched")
    return _match(first, second)


def _compare_facts(a: Problem, b: Problem) -> Comparison:
    first, second = set(map(show, a.init)), set(map(show, b.init))
    if first != second:
        return Comparison(False, "initial states differ: " + _difference(first, second))
    if _literals(a.goal) is None or _literals(b.goal) is None:
        return Comparison(None, "goals beyond literals have different canonical forms")
    first, second = (set(map(show, _literals(p.goal) or ())) for p in (a, b))
    return Comparison(False, "goals differ: " + _difference(first, second))


def _difference(first: set[str], second: set[str]) -> str:
    only = [
        f"only the {name} has {min(facts)}"
        for name, facts in (("first", first - second), ("second", second - first))
        if facts
    ]
    return ", ".join(only)


def _literals(goal: Condition) -> tuple[Atom | Not, ...] | None:
    """The conjuncts of a goal of literals, or None for any other goal."""
    parts = goal.parts if isinstance(goal, Junction) and goal.op == "and" else (goal,)
    literals = tuple(p for p in parts if isinstance(p, Atom) or (isinstance(p, Not) and isinstance(p.part, Atom)))
    return literals if len(literals) == len(parts) else None


class _Structure(NamedTuple):
    """A problem without its objects' names: their types, and facts as (label, arguments).

    Labels carry everything but objects: section, sign, predicate, value. Constants of the domain stay themselves.
    """

    types: dict[str, tuple[str, ...]]
    facts: frozenset[tuple[str, tuple[str, ...]]]


def _structure(problem: Problem) -> _Structure | None:
    """The structure of a problem whose goal consists of literals, or None."""
    goals = _literals(problem.goal)
    if goals is None:
        return None
    facts = set()
    for section, fact in [("init", fact) for fact in problem.init] + [("goal", goal) for goal in goals]:
        if isinstance(fact, Value):
            facts.add((f"{section} {fact.fluent.function} = {fact.amount}", fact.fluent.args))
        else:
            atom = fact.part if isinstance(fact, Not) else fact
            assert isinstance(atom, Atom)
            facts.add((f"{section} {'not ' if isinstance(fact, Not) else ''}{atom.predicate}", atom.args))
    return _Structure({entry.name: entry.types for entry in problem.objects}, frozenset(facts))


def _match(first: _Structure, second: _Structure) -> Comparison:
    """Search a renaming by colour refinement, and by trying out the members of one class where that is not enough."""
    if Counter(label for label, _ in first.facts) != Counter(label for label, _ in second.facts):
        return Comparison(False, "different numbers of facts per predicate")
    search = _Search(first, second)
    renaming = search.run(dict(first.types), dict(second.types))
    if renaming:
        shown = ", ".join(f"{old}→{new}" for old, new in sorted(renaming.items()))
        return Comparison(True, f"the same under the renaming {shown}")
    if search.is_exhausted:
        return Comparison(None, "objects differ, and the search for a renaming was given up")
    return Comparison(False, "no renaming of the objects makes them equal")


Colours = Mapping[str, Any]  # object -> class; equal values are the same class in both problems


class _Search:
    def __init__(self, first: _Structure, second: _Structure) -> None:
        self.first = first
        self.second = second
        self.left = MAX_WORK
        self.is_exhausted = False

    def run(self, a: Colours, b: Colours) -> dict[str, str] | None:
        """A renaming of the first problem's objects that respects the colours and makes the problems equal."""
        refined = self.refined(a, b)
        if refined is None:
            return None
        a, b = refined
        sizes = Counter(a.values())
        open_classes = [colour for colour, size in sizes.items() if size > 1]
        if not open_classes:
            owner = {colour: name for name, colour in b.items()}
            renaming = {name: owner[colour] for name, colour in a.items()}
            moved = {(label, tuple(renaming.get(arg, arg) for arg in args)) for label, args in self.first.facts}
            return renaming if moved == self.second.facts else None
        chosen = min(open_classes, key=lambda colour: (sizes[colour], colour))
        pivot = next(name for name, colour in a.items() if colour == chosen)
        for candidate in [name for name, colour in b.items() if colour == chosen]:
            found = self.run({**a, pivot: -1}, {**b, candidate: -1})
            if found or self.is_exhausted:
                return found
        return None

    def refined(self, a: Colours, b: Colours) -> tuple[Colours, Colours] | None:
        """Split classes by the facts of their members until nothing changes; None if the problems come apart."""
        num_classes = 0
        while True:
            self.left -= len(a) + len(self.first.facts)
            if self.left < 0:
                self.is_exhausted = True
                return None
            signatures = _signatures(self.first, a), _signatures(self.second, b)
            if Counter(signatures[0].values()) != Counter(signatures[1].values()):
                return None
            numbers = {text: number for number, text in enumerate(sorted(set(signatures[0].values())))}
            a, b = ({name: numbers[text] for name, text in found.items()} for found in signatures)
            if len(numbers) == num_classes:
                return a, b
            num_classes = len(numbers)


def _signatures(problem: _Structure, colours: Colours) -> dict[str, str]:
    """What an object looks like from its own colour and the colours around it, as text."""
    seen: dict[str, list[str]] = {name: [] for name in colours}
    for label, args in problem.facts:
        around = [str(colours[arg]) if arg in colours else arg for arg in args]
        for place, arg in enumerate(args):
            if arg in seen:
                seen[arg].append(f"{label} {place} {around}")
    return {name: f"{colours[name]} {sorted(facts)}" for name, facts in seen.items()}
