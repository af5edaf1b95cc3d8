"""Executing a plan, step by step, on a domain and a problem: our own judge of plans.

    validate(domain, problem, ["(pickup b)", "(stack b a)"])
    →   PlanCheck(False, "step 2 (stack b a): the precondition (clear a) does not hold", cost=1, failed_step=2)

Semantics: PDDL with typing, equality, negative and quantified conditions, conditional effects and action costs.
An action's deletions come before its additions, so what it both deletes and adds holds afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from symbol_llm.errors import SymbolError
from symbol_llm.formats.pddl_parser import parse_lower
from symbol_llm.formats.pddl_printer import show
from symbol_llm.formats.pddl_tree import (
    Action,
    Atom,
    Condition,
    Domain,
    Fluent,
    Increase,
    Junction,
    Not,
    Plan,
    Problem,
    Quantified,
    Step,
    Typed,
    Value,
    When,
)
from symbol_llm.formats.pddl_world import World, build_world, domain_fault, problem_fault

State: TypeAlias = frozenset[Atom]
Binding: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """Whether a plan reaches the goal.

    ``cost`` is what its executed steps cost: the problem's metric if it has one, else the number of steps.
    ``failed_step`` counts from 1; it is None for a valid plan and for one that only misses the goal.
    """

    is_valid: bool
    message: str
    cost: int | float
    failed_step: int | None = None


def validate(domain: str, problem: str, plan: Sequence[str]) -> PlanCheck:
    """Execute a plan, given as its lines, on the texts of a domain and a problem.

    An empty plan is valid iff the goal already holds. Raises SymbolError if domain or problem are not PDDL, and
    ValueError if they are meaningless (undeclared names, wrong types): then no plan can be judged.
    """
    return _task(domain, problem).check(plan)


def goal_holds_initially(domain: str, problem: str) -> bool:
    """Whether the empty plan solves a problem. Raises as ``validate`` does."""
    return validate(domain, problem, []).is_valid


class _Refused(Exception):
    """Why a step cannot be executed."""


@lru_cache(maxsize=16)
def _task(domain: str, problem: str) -> _Task:
    trees = parse_lower(domain), parse_lower(problem)
    if not isinstance(trees[0], Domain) or not isinstance(trees[1], Problem):
        raise ValueError("a plan is judged on a domain and a problem")
    fault = domain_fault(trees[0]) or problem_fault(*trees)  # type: ignore[arg-type]
    if fault:
        raise ValueError(fault)
    return _Task(trees[0], trees[1])


class _Task:
    """A domain and a problem, ready to execute plans."""

    def __init__(self, domain: Domain, problem: Problem) -> None:
        self.problem = problem
        self.world: World = build_world(domain, problem)
        self.actions: dict[str, Action] = {action.name: action for action in domain.actions}
        self.init: State = frozenset(fact for fact in problem.init if isinstance(fact, Atom))
        self.values = {fact.fluent: Fraction(fact.amount) for fact in problem.init if isinstance(fact, Value)}

    def check(self, lines: Sequence[str]) -> PlanCheck:
        state, cost = self.init, Fraction(0)
        for number, line in enumerate(lines, 1):
            try:
                step = _step(line)
                action, binding = self.ground(step)
                self.require(action, binding, state)
                state, price = self.apply(action, binding, state)
            except _Refused as refusal:
                return PlanCheck(False, f"step {number} {line.strip()}: {refusal}", _plain(cost), number)
            cost += price
        if missing := self.first_false(self.problem.goal, {}, state):
            when = f"after {len(lines)} steps" if lines else "in the initial state"
            return PlanCheck(False, f"{when} the goal {show(missing)} does not hold", _plain(cost))
        return PlanCheck(True, f"the goal holds after {len(lines)} steps", _plain(cost))

    def ground(self, step: Step) -> tuple[Action, Binding]:
        """The action of a step and the objects of its parameters."""
        action = self.actions.get(step.action)
        if action is None:
            raise _Refused(f"the domain has no action {step.action!r}")
        if len(step.args) != len(action.parameters):
            raise _Refused(f"{action.name} takes {len(action.parameters)} objects, not {len(step.args)}")
        for arg, parameter in zip(step.args, action.parameters):
            if arg not in self.world.objects:
                raise _Refused(f"the problem has no object {arg!r}")
            types = self.world.objects[arg]
            if not self.world.fits(types, parameter.types):
                wanted = " or ".join(parameter.types)
                raise _Refused(f"{arg!r} is of type {' or '.join(types) or 'object'}, but {parameter.name} is {wanted}")
        return action, {entry.name: arg for entry, arg in zip(action.parameters, step.args)}

    def require(self, action: Action, binding: Binding, state: State) -> None:
        if missing := self.first_false(action.precondition, binding, state):
            raise _Refused(f"the precondition {show(missing)} does not hold")

    def apply(self, action: Action, binding: Binding, state: State) -> tuple[State, Fraction]:
        """The next state, and what the step costs."""
        added: set[Atom] = set()
        deleted: set[Atom] = set()
        cost = Fraction(0)
        for effect, scope in self.effects(action.effect, binding, state):
            match effect:
                case Atom():
                    added.add(_ground(effect, scope))
                case Not(Atom() as atom):
                    deleted.add(_ground(atom, scope))
                case Increase(_, amount):
                    cost += Fraction(amount) if isinstance(amount, str) else self.value(amount, scope)
        return (state - deleted) | added, cost if self.problem.metric else Fraction(1)

    def effects(self, node: Condition, binding: Binding, state: State) -> Iterator[tuple[Condition, Binding]]:
        """The simple effects that take place, each with the binding of its variables."""
        match node:
            case Junction(_, parts):
                for part in parts:
                    yield from self.effects(part, binding, state)
            case Quantified(_, variables, part):
                for inner in self.bindings(variables, binding):
                    yield from self.effects(part, inner, state)
            case When(condition, effect):
                if self.holds(condition, binding, state):
                    yield from self.effects(effect, binding, state)
            case _:
                yield node, binding

    def value(self, fluent: Fluent, binding: Binding) -> Fraction:
        ground = Fluent(fluent.function, tuple(binding.get(arg, arg) for arg in fluent.args))
        if ground not in self.values:
            raise _Refused(f"{show(ground)} has no value in the initial state")
        return self.values[ground]

    def holds(self, node: Condition, binding: Binding, state: State) -> bool:
        match node:
            case Atom("=", (left, right)):
                return binding.get(left, left) == binding.get(right, right)
            case Atom():
                return _ground(node, binding) in state
            case Not(part):
                return not self.holds(part, binding, state)
            case Junction("imply", (left, right)):
                return not self.holds(left, binding, state) or self.holds(right, binding, state)
            case Junction(op, parts):
                return (all if op == "and" else any)(self.holds(part, binding, state) for part in parts)
            case Quantified(op, variables, part):
                inner = self.bindings(variables, binding)
                return (all if op == "forall" else any)(self.holds(part, scope, state) for scope in inner)
        raise AssertionError(f"not a condition: {show(node)}")

    def first_false(self, node: Condition, binding: Binding, state: State) -> Condition | None:
        """The first conjunct that does not hold, with its variables replaced by objects; None if all hold."""
        if isinstance(node, Junction) and node.op == "and":
            found = (self.first_false(part, binding, state) for part in node.parts)
            return next((part for part in found if part is not None), None)
        return None if self.holds(node, binding, state) else _substituted(node, binding)

    def bindings(self, variables: Sequence[Typed], outer: Binding) -> Iterator[Binding]:
        domains = [self.world.objects_of(entry.types) for entry in variables]
        for objects in product(*domains):
            yield {**outer, **{entry.name: item for entry, item in zip(variables, objects)}}


def _step(line: str) -> Step:
    try:
        tree = parse_lower(line)
    except SymbolError as error:
        raise _Refused(f"not a plan step: {error.message}") from error
    if not isinstance(tree, Plan) or len(tree.steps) != 1:
        raise _Refused("not a plan step: expected (ACTION OBJECT …)")
    return tree.steps[0]


def _ground(atom: Atom, binding: Binding) -> Atom:
    return Atom(atom.predicate, tuple(binding.get(arg, arg) for arg in atom.args))


def _substituted(node: Condition, binding: Binding) -> Condition:
    """A condition with its variables replaced, for messages; quantified parts stay as written."""
    match node:
        case Atom():
            return _ground(node, binding)
        case Not(part):
            return Not(_substituted(part, binding))
        case Junction(op, parts):
            return Junction(op, tuple(_substituted(part, binding) for part in parts))
    return node


def _plain(cost: Fraction) -> int | float:
    return int(cost) if cost.denominator == 1 else float(cost)
