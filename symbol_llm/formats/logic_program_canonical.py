"""One text for logic programs that differ in order, repetition, glosses and the names of variables.

```
Young($y, True) && Big($y, True) >>> Kind($y, True) ::: Big young ones are kind.
becomes   Big($x, True) && Young($x, True) >>> Kind($x, True)
```
"""

from __future__ import annotations

from itertools import permutations

from symbol_llm.formats.logic_program_tree import (
    Comparison,
    Constraint,
    Declaration,
    Literal,
    Option,
    Problem,
    Program,
    Rule,
    Statement,
    Tree,
)

_NAMES = ("$x", "$y", "$z", "$u", "$v", "$w")
_TURNED = {">": "<", ">=": "<="}


def canonical_tree(tree: Tree) -> Tree:
    """The canonical form. Idempotent."""
    if isinstance(tree, Program):
        declarations = {Declaration(d.predicate, _variables(len(d.arguments))) for d in tree.declarations}
        facts = {fact.literal for fact in tree.facts}
        rules = {_rule(Rule(rule.body, (head,))) for rule in tree.rules for head in rule.head}
        return Program(
            tuple(sorted(declarations, key=str)),
            tuple(Statement(literal) for literal in sorted(facts)),
            tuple(sorted(rules, key=str)),
            Statement(tree.query.literal),
        )
    constraints = {_constraint(constraint) for constraint in tree.constraints}
    return Problem(
        tuple(sorted(set(tree.domain))),
        tuple(sorted((name, tuple(sorted(set(values)))) for name, values in tree.variables)),
        tuple(sorted(constraints, key=str)),
        tuple(Option(o.letter, _comparison(o.comparison)) for o in sorted(tree.options, key=lambda o: o.letter)),
    )


def _variables(count: int) -> tuple[str, ...]:
    return tuple(_NAMES[i] if i < len(_NAMES) else f"$x{i}" for i in range(count))


def _rule(rule: Rule) -> Rule:
    """The least text over all ways to name the variables; with more than six, by their first occurrence."""
    found = list(dict.fromkeys(a for literal in (*rule.body, *rule.head) for a in literal.arguments if a[0] == "$"))
    names = _variables(len(found))
    orders = permutations(names) if len(found) <= len(_NAMES) else [names]
    return min((_renamed(rule, dict(zip(found, order))) for order in orders), key=str)


def _renamed(rule: Rule, new: dict[str, str]) -> Rule:
    body, head = (
        tuple(sorted({Literal(p.predicate, tuple(new.get(a, a) for a in p.arguments), p.value) for p in side}))
        for side in (rule.body, rule.head)
    )
    return Rule(body, head)


def _constraint(constraint: Constraint) -> Constraint:
    if constraint.different:
        return Constraint((), tuple(sorted(constraint.different)))
    return Constraint(tuple(sorted(set(map(_comparison, constraint.choices)))))


def _comparison(comparison: Comparison) -> Comparison:
    """``<`` instead of ``>``; the sides of ``==`` and ``!=`` in order, a variable first."""
    left, operator, right = comparison.left, comparison.operator, comparison.right
    if operator in _TURNED:
        return Comparison(right, _TURNED[operator], left)
    if operator in ("==", "!=") and (not left.variable, left) > (not right.variable, right):
        return Comparison(right, operator, left)
    return comparison
