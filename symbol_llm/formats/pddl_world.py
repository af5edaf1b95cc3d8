"""Who is what in a domain and its problem, and the static faults that make a problem meaningless.

    (at b1 table)   →   "(at b1 table): 'table' is not an object of the problem or a constant of the domain"

Fast Downward's parser checks names, arities and duplicates of a problem. It lets pass undeclared types, arguments of a
wrong type and undeclared functions, which later make the planner crash or find no plan; they are refused here.
All trees are lower-case (``pddl_parser.parse_lower``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from symbol_llm.formats.pddl_printer import show
from symbol_llm.formats.pddl_tree import (
    Atom,
    Condition,
    Domain,
    Fluent,
    Increase,
    Junction,
    Not,
    Problem,
    Quantified,
    Typed,
    Value,
    When,
)

Types: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class World:
    """Types with all their ancestors, declared symbols with the types of their parameters, typed objects."""

    ancestors: Mapping[str, frozenset[str]]
    predicates: Mapping[str, tuple[Types, ...]]
    functions: Mapping[str, tuple[Types, ...]]
    objects: Mapping[str, Types]

    def fits(self, types: Types, wanted: Types) -> bool:
        """Whether everything of ``types`` is of ``wanted``; both are alternatives, and no type means ``object``."""
        if not wanted or "object" in wanted:
            return True
        return bool(types) and all(self.ancestors.get(kind, frozenset()) & set(wanted) for kind in types)

    def objects_of(self, wanted: Types) -> list[str]:
        """The objects of a type, in order of declaration."""
        return [name for name, types in self.objects.items() if self.fits(types, wanted)]


def build_world(domain: Domain, problem: Problem | None = None) -> World:
    """The world of a domain, with the objects of a problem if there is one."""
    parents: dict[str, set[str]] = {"object": set()}
    for entry in domain.types:
        parents.setdefault(entry.name, set()).update(entry.types or ("object",))
        for parent in entry.types:
            parents.setdefault(parent, set())  # a parent may be declared by its mention alone
    ancestors = {}
    for name in parents:
        seen, pending = {name}, [name]
        while pending:
            new = parents.get(pending.pop(), set()) - seen
            seen |= new
            pending.extend(new)
        ancestors[name] = frozenset(seen)
    return World(
        ancestors,
        {item.name: tuple(p.types for p in item.parameters) for item in domain.predicates},
        {item.name: tuple(p.types for p in item.parameters) for item in domain.functions},
        {entry.name: entry.types for entry in (*domain.constants, *(problem.objects if problem else ()))},
    )


class _Fault(Exception):
    """The first static fault, for people."""


def domain_fault(domain: Domain) -> str | None:
    """The first static fault of a domain, or None."""
    world = build_world(domain)
    try:
        _unique("constant", [entry.name for entry in domain.constants])
        _unique("predicate", [item.name for item in domain.predicates])
        _unique("function", [item.name for item in domain.functions])
        _unique("action", [action.name for action in domain.actions])
        _known_types(world, domain.constants)
        for item in (*domain.predicates, *domain.functions):
            _known_types(world, item.parameters)
        for action in domain.actions:
            _unique(f"parameter of {action.name}", [entry.name for entry in action.parameters])
            _known_types(world, action.parameters)
            scope = {**world.objects, **{entry.name: entry.types for entry in action.parameters}}
            _check(world, scope, action.precondition)
            _check(world, scope, action.effect)
    except _Fault as fault:
        return str(fault)
    return None


def problem_fault(domain: Domain, problem: Problem) -> str | None:
    """The first static fault of a problem over a domain, or None."""
    world = build_world(domain, problem)
    try:
        if domain.name != problem.domain:
            raise _Fault(f"the problem is of domain {problem.domain!r}, not {domain.name!r}")
        _unique("object", [entry.name for entry in (*domain.constants, *problem.objects)])
        _known_types(world, problem.objects)
        atoms = set(problem.init)
        for fact in problem.init:
            if isinstance(fact, Value):
                _check_fluent(world, world.objects, fact.fluent)
            else:
                _check(world, world.objects, fact)
            if isinstance(fact, Not) and fact.part in atoms:
                raise _Fault(f"{show(fact.part)} is both true and false in the initial state")
        _check(world, world.objects, problem.goal)
        if problem.metric:
            _check_fluent(world, world.objects, problem.metric.fluent)
    except _Fault as fault:
        return str(fault)
    return None


def _unique(kind: str, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise _Fault(f"{kind} {twice[0]!r} is declared twice")


def _known_types(world: World, entries: Iterable[Typed]) -> None:
    for entry in entries:
        for kind in entry.types:
            if kind not in world.ancestors:
                raise _Fault(f"{entry.name!r} is of type {kind!r}, which the domain does not declare")


def _check(world: World, scope: Mapping[str, Types], node: Condition) -> None:
    match node:
        case Atom("=", args):
            _terms(world, scope, node, tuple(() for _ in args))
        case Atom(predicate, _):
            if predicate not in world.predicates:
                raise _Fault(f"{show(node)}: the domain declares no predicate {predicate!r}")
            _terms(world, scope, node, world.predicates[predicate])
        case Not(part):
            _check(world, scope, part)
        case Junction(_, parts):
            for part in parts:
                _check(world, scope, part)
        case Quantified(_, variables, part):
            _known_types(world, variables)
            _check(world, {**scope, **{entry.name: entry.types for entry in variables}}, part)
        case When(condition, effect):
            _check(world, scope, condition)
            _check(world, scope, effect)
        case Increase(fluent, amount):
            _check_fluent(world, scope, fluent)
            if isinstance(amount, Fluent):
                _check_fluent(world, scope, amount)


def _check_fluent(world: World, scope: Mapping[str, Types], fluent: Fluent) -> None:
    if fluent.function not in world.functions:
        raise _Fault(f"{show(fluent)}: the domain declares no function {fluent.function!r}")
    _terms(world, scope, fluent, world.functions[fluent.function])


def _terms(world: World, scope: Mapping[str, Types], node: Atom | Fluent, wanted: tuple[Types, ...]) -> None:
    name = node.predicate if isinstance(node, Atom) else node.function
    if len(node.args) != len(wanted):
        raise _Fault(f"{show(node)}: {name} takes {len(wanted)} arguments, not {len(node.args)}")
    for arg, types in zip(node.args, wanted):
        if arg not in scope:
            kind = (
                "a variable in scope" if arg.startswith("?") else "an object of the problem or a constant of the domain"
            )
            raise _Fault(f"{show(node)}: {arg!r} is not {kind}")
        if not types or (scope[arg] == types and len(types) == 1 and types[0] in world.ancestors):
            continue  # nearly always
        # A variable may be of a wider type: the values that do not fit simply never match.
        is_fitting = world.fits(scope[arg], types) or (arg.startswith("?") and world.fits(types, scope[arg]))
        if not is_fitting:
            raise _Fault(
                f"{show(node)}: {arg!r} is of type {' or '.join(scope[arg]) or 'object'}, "
                f"but {name} takes {' or '.join(types)} there"
            )
