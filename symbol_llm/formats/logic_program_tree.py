"""Trees of Logic-LM's two notations, and their text.

```
Rule((Literal("Young", ("$x",), True),), (Literal("Furry", ("$x",), True),), "Young people are furry.")
is   Young($x, True) >>> Furry($x, True) ::: Young people are furry.
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias


class Literal(NamedTuple):
    """``Likes($x, Cat, False)``; arguments that begin with ``$`` are variables."""

    predicate: str
    arguments: tuple[str, ...]
    value: bool

    def __str__(self) -> str:
        return f"{self.predicate}({', '.join(self.arguments)}, {self.value})"


class Declaration(NamedTuple):
    """``Likes($x, $y, bool) ::: Does x like y?``"""

    predicate: str
    arguments: tuple[str, ...]
    gloss: str = ""

    def __str__(self) -> str:
        return _glossed(f"{self.predicate}({', '.join(self.arguments)}, bool)", self.gloss)


class Statement(NamedTuple):
    """A fact, or the query."""

    literal: Literal
    gloss: str = ""

    def __str__(self) -> str:
        return _glossed(str(self.literal), self.gloss)


class Rule(NamedTuple):
    """All of ``body`` together give all of ``head``."""

    body: tuple[Literal, ...]
    head: tuple[Literal, ...]
    gloss: str = ""

    def __str__(self) -> str:
        return _glossed(f"{_joined(self.body)} >>> {_joined(self.head)}", self.gloss)


class Program(NamedTuple):
    """Predicates, facts, rules and a query: ProofWriter and ProntoQA."""

    declarations: tuple[Declaration, ...]
    facts: tuple[Statement, ...]
    rules: tuple[Rule, ...]
    query: Statement

    def __str__(self) -> str:
        lines = ["Predicates:", *self.declarations, "Facts:", *self.facts, "Rules:", *self.rules, "Query:", self.query]
        return "\n".join(map(str, lines))

    def literals(self) -> Iterator[Literal]:
        """All literals, those of the query last."""
        for fact in self.facts:
            yield fact.literal
        for rule in self.rules:
            yield from (*rule.body, *rule.head)
        yield self.query.literal


class Term(NamedTuple):
    """A variable plus a number, or a number alone: ``robin + 1``, ``5``."""

    variable: str
    number: int = 0

    def __str__(self) -> str:
        if not self.variable:
            return str(self.number)
        sign = "-" if self.number < 0 else "+"
        return f"{self.variable} {sign} {abs(self.number)}" if self.number else self.variable


class Comparison(NamedTuple):
    """``robin < raven``; the operator is one of ``== != < > <= >=``."""

    left: Term
    operator: str
    right: Term

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


class Constraint(NamedTuple):
    """One of ``choices`` holds, or all of ``different`` differ; one of the two is empty."""

    choices: tuple[Comparison, ...] = ()
    different: tuple[str, ...] = ()
    gloss: str = ""

    def __str__(self) -> str:
        if self.different:
            return _glossed(f"AllDifferentConstraint([{', '.join(self.different)}])", self.gloss)
        return _glossed(" or ".join(map(str, self.choices)), self.gloss)


class Option(NamedTuple):
    """``A) quail == 5 ::: The quail is the rightmost.``"""

    letter: str
    comparison: Comparison
    gloss: str = ""

    def __str__(self) -> str:
        return _glossed(f"{self.letter}) {self.comparison}", self.gloss)


class Problem(NamedTuple):
    """Variables with their values, constraints, and options of which one holds: LogicalDeduction."""

    domain: tuple[tuple[int, str], ...]
    variables: tuple[tuple[str, tuple[int, ...]], ...]
    constraints: tuple[Constraint, ...]
    options: tuple[Option, ...]

    def __str__(self) -> str:
        lines = ["Domain:", *(f"{number}: {label}" for number, label in self.domain), "Variables:"]
        lines += [f"{name} [IN] [{', '.join(map(str, values))}]" for name, values in self.variables]
        return "\n".join([*lines, "Constraints:", *map(str, self.constraints), "Query:", *map(str, self.options)])


Tree: TypeAlias = Program | Problem


def _joined(literals: tuple[Literal, ...]) -> str:
    return " && ".join(map(str, literals))


def _glossed(text: str, gloss: str) -> str:
    return f"{text} ::: {gloss}" if gloss else text
