"""The trees of PDDL: a domain, a problem, a plan, and what conditions and effects are made of.

    (not (on a ?x))   →   Not(Atom("on", ("a", "?x")))

Trees keep the spelling of the text; ``pddl_parser.parse_lower`` gives the lower-case tree that comparisons use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias, cast


@dataclass(frozen=True, slots=True)
class Typed:
    """A name or ``?variable`` with its types: none if untyped, several for ``(either a b)``."""

    name: str
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Atom:
    """``(on a ?x)``; the predicate ``=`` is equality."""

    predicate: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class Junction:
    """``(and …)``, ``(or …)`` or ``(imply a b)``; of effects only ``(and …)``."""

    op: str
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Quantified:
    """``(forall (?x - t) …)`` or ``(exists …)``; of effects only ``forall``."""

    op: str
    variables: tuple[Typed, ...]
    part: Condition


@dataclass(frozen=True, slots=True)
class When:
    """A conditional effect."""

    condition: Condition
    effect: Condition


@dataclass(frozen=True, slots=True)
class Fluent:
    """A numeric term: ``(total-cost)``, ``(distance ?a ?b)``."""

    function: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Increase:
    """``(increase (total-cost) 5)``; the amount is a number as written, or a fluent."""

    fluent: Fluent
    amount: str | Fluent


@dataclass(frozen=True, slots=True)
class Value:
    """``(= (total-cost) 0)`` in an initial state."""

    fluent: Fluent
    amount: str


# Effects share the nodes of conditions; When and Increase occur in effects only.
Condition: TypeAlias = Atom | Not | Junction | Quantified | When | Increase
TRUE = Junction("and", ())


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declared predicate or function with its parameters."""

    name: str
    parameters: tuple[Typed, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    parameters: tuple[Typed, ...]
    precondition: Condition
    effect: Condition


@dataclass(frozen=True, slots=True)
class Domain:
    name: str
    requirements: tuple[str, ...] = ()
    types: tuple[Typed, ...] = ()
    constants: tuple[Typed, ...] = ()
    predicates: tuple[Declaration, ...] = ()
    functions: tuple[Declaration, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    direction: str
    fluent: Fluent


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    domain: str
    requirements: tuple[str, ...]
    objects: tuple[Typed, ...]
    init: tuple[Atom | Not | Value, ...]
    goal: Condition
    metric: Metric | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Step:
    action: str
    args: tuple[str, ...] = ()


Tree: TypeAlias = Domain | Problem | Plan
Rename: TypeAlias = Callable[[str, str], str]  # (kind, name) -> new name


def renamable(kind: str, name: str) -> bool:
    """Whether a name belongs to the domain's author; equality and the root type belong to PDDL."""
    return (kind, name.lower()) not in {("predicate", "="), ("type", "object")}


def renamed(tree: Tree, rename: Rename) -> Tree:
    """A tree with every predicate, action and type name passed through ``rename``; objects and variables stay."""

    def own(kind: str, name: str) -> str:
        return rename(kind, name) if renamable(kind, name) else name

    def typed(entries: Iterable[Typed]) -> tuple[Typed, ...]:
        return tuple(Typed(entry.name, tuple(own("type", kind) for kind in entry.types)) for entry in entries)

    def condition(node: Condition) -> Condition:
        match node:
            case Atom(predicate, args):
                return Atom(own("predicate", predicate), args)
            case Not(part):
                return Not(condition(part))
            case Junction(op, parts):
                return Junction(op, tuple(map(condition, parts)))
            case Quantified(op, variables, part):
                return Quantified(op, typed(variables), condition(part))
            case When(test, effect):
                return When(condition(test), condition(effect))
            case Increase():
                return node

    if isinstance(tree, Plan):
        return Plan(tuple(Step(own("action", step.action), step.args) for step in tree.steps))
    if isinstance(tree, Problem):
        facts = tuple(fact if isinstance(fact, Value) else cast(Atom | Not, condition(fact)) for fact in tree.init)
        return replace(tree, objects=typed(tree.objects), init=facts, goal=condition(tree.goal))
    return replace(
        tree,
        types=tuple(Typed(own("type", entry.name), typed([entry])[0].types) for entry in tree.types),
        constants=typed(tree.constants),
        predicates=tuple(Declaration(own("predicate", p.name), typed(p.parameters)) for p in tree.predicates),
        functions=tuple(Declaration(f.name, typed(f.parameters)) for f in tree.functions),
        actions=tuple(
            Action(own("action", a.name), typed(a.parameters), condition(a.precondition), condition(a.effect))
            for a in tree.actions
        ),
    )
