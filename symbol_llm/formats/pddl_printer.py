"""Printing PDDL trees, and the canonical tree that all spellings of one text share.

    (:init (on b a) (ON A C)) (:goal (on a b))   →   (:init (on a c) (on b a)) (:goal (and (on a b)))

A text that fits in ``WIDTH`` characters is one line, a longer one has a line for each section and action.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from symbol_llm.formats.pddl_tree import (
    Action,
    Atom,
    Condition,
    Declaration,
    Domain,
    Fluent,
    Increase,
    Junction,
    Not,
    Plan,
    Problem,
    Quantified,
    Tree,
    Typed,
    Value,
    When,
)

WIDTH = 320
EMPTY_PLAN = "; the empty plan"


def render(tree: Tree) -> str:
    """Standard PDDL; the parser's inverse."""
    if isinstance(tree, Plan):
        return "\n".join(_list(step.action, *step.args) for step in tree.steps) or EMPTY_PLAN
    sections = _problem(tree) if isinstance(tree, Problem) else _domain(tree)
    line = f"{' '.join(sections)})"
    return line if len(line) <= WIDTH else "\n  ".join(sections) + "\n)"


def show(node: Condition | Value | Fluent) -> str:
    """One condition, effect, fact or numeric term."""
    match node:
        case Atom(name, args) | Fluent(name, args):
            return _list(name, *args)
        case Not(part):
            return _list("not", show(part))
        case Junction(op, parts):
            return _list(op, *map(show, parts))
        case Quantified(op, variables, part):
            return _list(op, f"({_typed(variables)})", show(part))
        case When(condition, effect):
            return _list("when", show(condition), show(effect))
        case Increase(fluent, amount):
            return _list("increase", show(fluent), amount if isinstance(amount, str) else show(amount))
        case Value(fluent, amount):
            return _list("=", show(fluent), amount)


def _list(*words: str) -> str:
    return f"({' '.join(words)})"


def _typed(entries: Iterable[Typed]) -> str:
    groups = []
    for types, group in groupby(entries, key=lambda entry: entry.types):
        names = " ".join(entry.name for entry in group)
        kind = types[0] if len(types) == 1 else _list("either", *types)
        groups.append(f"{names} - {kind}" if types else names)
    return " ".join(groups)


def render_declaration(item: Declaration) -> str:
    """A predicate or function with its typed parameters."""
    return _list(item.name, *([_typed(item.parameters)] if item.parameters else []))


def _problem(tree: Problem) -> list[str]:
    sections = [f"(define (problem {tree.name})", f"(:domain {tree.domain})"]
    if tree.requirements:
        sections.append(_list(":requirements", *tree.requirements))
    if tree.objects:
        sections.append(_list(":objects", _typed(tree.objects)))
    sections.append(_list(":init", *map(show, tree.init)))
    sections.append(_list(":goal", show(tree.goal)))
    if tree.metric:
        sections.append(_list(":metric", tree.metric.direction, show(tree.metric.fluent)))
    return sections


def _domain(tree: Domain) -> list[str]:
    sections = [f"(define (domain {tree.name})"]
    if tree.requirements:
        sections.append(_list(":requirements", *tree.requirements))
    if tree.types:
        sections.append(_list(":types", _typed(tree.types)))
    if tree.constants:
        sections.append(_list(":constants", _typed(tree.constants)))
    if tree.predicates:
        sections.append(_list(":predicates", *map(render_declaration, tree.predicates)))
    if tree.functions:
        sections.append(_list(":functions", *map(render_declaration, tree.functions)))
    for action in tree.actions:
        sections.append(
            f"(:action {action.name} :parameters ({_typed(action.parameters)}) "
            f":precondition {show(action.precondition)} :effect {show(action.effect)})"
        )
    return sections


# The canonical tree


def canonical(tree: Tree) -> Tree:
    """The tree that stands for all spellings of a lower-case tree.

    Objects, facts and conjuncts are sorted and named once; variables are numbered; requirements, the problem's
    name, double negations and negative facts (which the closed world implies) are dropped. Objects keep their
    names: the request gives them.
    """
    if isinstance(tree, Plan):
        return tree
    if isinstance(tree, Domain):
        return Domain(
            tree.name,
            types=_sorted_names(tree.types),
            constants=_sorted_names(tree.constants),
            predicates=tuple(sorted(map(_numbered, tree.predicates), key=render_declaration)),
            functions=tuple(sorted(map(_numbered, tree.functions), key=render_declaration)),
            actions=tuple(sorted(map(_action, tree.actions), key=lambda action: action.name)),
        )
    atoms = {fact for fact in tree.init if isinstance(fact, Atom)}
    facts: set[Atom | Not | Value] = set()
    for fact in tree.init:
        if isinstance(fact, Value):
            facts.add(Value(fact.fluent, _number(fact.amount)))
        elif isinstance(fact, Atom) or fact.part in atoms:  # a contradiction stays one
            facts.add(fact)
    return Problem(
        "problem",
        tree.domain,
        (),
        _sorted_names(tree.objects),
        tuple(sorted(facts, key=show)),
        _conjunction(tree.goal, {}),
        tree.metric,
    )


def _sorted_names(entries: Iterable[Typed]) -> tuple[Typed, ...]:
    typed = [Typed(entry.name, tuple(sorted(set(entry.types))) or ("object",)) for entry in entries]
    return tuple(sorted(typed, key=lambda entry: (entry.types, entry.name)))


def _fresh(parameters: Iterable[Typed], outer: Mapping[str, str]) -> tuple[tuple[Typed, ...], dict[str, str]]:
    """Parameters with numbered names, and the mapping of all variables in scope."""
    scope = dict(outer)
    result = []
    # Counted on from the innermost variable: a shadowed one has left the scope, but not the numbering.
    first = 1 + max((int(name.removeprefix("?x")) for name in outer.values()), default=-1)
    for number, entry in enumerate(parameters, first):
        scope[entry.name] = f"?x{number}"
        result.append(Typed(f"?x{number}", tuple(sorted(set(entry.types))) or ("object",)))
    return tuple(result), scope


def _numbered(item: Declaration) -> Declaration:
    return Declaration(item.name, _fresh(item.parameters, {})[0])


def _action(action: Action) -> Action:
    parameters, scope = _fresh(action.parameters, {})
    return Action(action.name, parameters, _conjunction(action.precondition, scope), _conjunction(action.effect, scope))


def _conjunction(node: Condition, scope: Mapping[str, str]) -> Condition:
    """A canonical condition that is always an ``and``, as goals and preconditions are usually written."""
    result = _condition(node, scope)
    return result if isinstance(result, Junction) and result.op == "and" else Junction("and", (result,))


def _condition(node: Condition, scope: Mapping[str, str]) -> Condition:
    match node:
        case Atom(predicate, args):
            terms = [scope.get(arg, arg) for arg in args]
            return Atom(predicate, tuple(sorted(terms) if predicate == "=" else terms))
        case Not(part):
            # A junction of one part is that part, so a second "not" may show only now.
            inside = _condition(part, scope)
            return inside.part if isinstance(inside, Not) else Not(inside)
        case Junction("imply", (left, right)):
            return _condition(Junction("or", (Not(left), right)), scope)
        case Junction(op, parts):
            return _junction(op, [_condition(part, scope) for part in parts])
        case Quantified(op, variables, part):
            fresh, inner = _fresh(variables, scope)
            return Quantified(op, fresh, _condition(part, inner))
        case When(condition, effect):
            return When(_condition(condition, scope), _condition(effect, scope))
        case Increase(fluent, amount):
            shown = _number(amount) if isinstance(amount, str) else _fluent(amount, scope)
            return Increase(_fluent(fluent, scope), shown)


def _junction(op: str, parts: Iterable[Condition]) -> Condition:
    flat: set[Condition] = set()
    costs: list[Condition] = []
    for part in parts:
        for item in part.parts if isinstance(part, Junction) and part.op == op else (part,):
            # Raising a cost twice is not raising it once: only logic is idempotent.
            if isinstance(item, Increase):
                costs.append(item)
            else:
                flat.add(item)
    ordered = tuple(sorted((*flat, *costs), key=show))
    return ordered[0] if len(ordered) == 1 else Junction(op, ordered)


def _fluent(fluent: Fluent, scope: Mapping[str, str]) -> Fluent:
    return Fluent(fluent.function, tuple(scope.get(arg, arg) for arg in fluent.args))


def _number(text: str) -> str:
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
