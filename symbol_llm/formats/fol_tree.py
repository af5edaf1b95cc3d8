"""The tree of a first-order formula, and what can be asked of it without an engine.

    ∀x (Cat(x) → ¬Likes(x, tom))
    Quantified("∀", "x", Connective("→", (Atom("Cat", (Variable("x"),)), Not(Atom("Likes", …)))))

A theory is a tuple of formulas, one per line of text. Nodes are immutable and compare by value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

KEYWORDS = frozenset({"all", "forall", "exists", "not"})
FREE_VARIABLES = frozenset("uvwxyz")


@dataclass(frozen=True, slots=True)
class Variable:
    """A bound variable, or a free one of the names u..z, which is closed universally over its line."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    args: tuple[Term, ...]


Term: TypeAlias = Variable | Constant | Function


@dataclass(frozen=True, slots=True)
class Atom:
    predicate: str
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Equal:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Not:
    body: Formula


@dataclass(frozen=True, slots=True)
class Connective:
    """``op`` is ∧, ∨ or ⊕ with two or more parts, or → or ↔ with exactly two."""

    op: str
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Quantified:
    quantifier: str  # ∀ or ∃
    variable: str
    body: Formula


Formula: TypeAlias = Atom | Equal | Not | Connective | Quantified
Theory: TypeAlias = tuple[Formula, ...]

# Binding strength of the connectives; ¬, ∀ and ∃ bind tighter than all of them.
STRENGTH: Mapping[str, int] = {"↔": 1, "→": 2, "⊕": 3, "∨": 4, "∧": 5}


class Symbol(NamedTuple):
    """A non-logical symbol: same text with another arity is another symbol."""

    kind: str  # predicate, function or constant
    name: str
    arity: int


def children(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly below a formula."""
    if isinstance(formula, Connective):
        return formula.parts
    if isinstance(formula, Quantified) or isinstance(formula, Not):  # noqa: SIM101 - a union type is slower
        return (formula.body,)
    return ()


def top_terms(formula: Formula) -> tuple[Term, ...]:
    """The terms directly below an atom or an equality."""
    if isinstance(formula, Atom):
        return formula.args
    return (formula.left, formula.right) if isinstance(formula, Equal) else ()


def subterms(term: Term) -> Iterator[Term]:
    """A term and all terms below it, in order of the text."""
    waiting = [term]
    while waiting:
        term = waiting.pop()
        yield term
        if isinstance(term, Function):
            waiting.extend(reversed(term.args))


def subformulas(formula: Formula) -> Iterator[Formula]:
    """A formula and all formulas below it, in order of the text."""
    waiting = [formula]
    while waiting:
        formula = waiting.pop()
        yield formula
        waiting.extend(reversed(children(formula)))


def depth(formula: Formula) -> int:
    """Levels of a formula, its terms included."""
    if isinstance(formula, Connective):
        return 1 + max(map(depth, formula.parts))
    if isinstance(formula, Quantified) or isinstance(formula, Not):  # noqa: SIM101 - as above
        return 1 + depth(formula.body)
    return 1 + max(map(_term_depth, top_terms(formula)), default=0)


def _term_depth(term: Term) -> int:
    return 1 + max(map(_term_depth, term.args), default=0) if isinstance(term, Function) else 1


def symbols(formula: Formula) -> Iterator[Symbol]:
    """The non-logical symbols in order of the text, with repetitions."""
    for part in subformulas(formula):
        if isinstance(part, Atom):
            yield Symbol("predicate", part.predicate, len(part.args))
        for top in top_terms(part):
            for term in subterms(top):
                if isinstance(term, Constant):
                    yield Symbol("constant", term.name, 0)
                elif isinstance(term, Function):
                    yield Symbol("function", term.name, len(term.args))


def free_variables(formula: Formula, bound: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Names of the free variables in order of their first occurrence."""
    found: dict[str, None] = {}
    waiting = [(formula, bound)]
    while waiting:
        part, bound = waiting.pop()
        if isinstance(part, Quantified):
            waiting.append((part.body, bound | {part.variable}))
            continue
        for top in top_terms(part):
            names = (t.name for t in subterms(top) if isinstance(t, Variable))
            found.update((name, None) for name in names if name not in bound)
        waiting.extend((child, bound) for child in reversed(children(part)))
    return tuple(found)


def closed(formula: Formula) -> Formula:
    """The universal closure: what a formula with free variables means."""
    for name in reversed(free_variables(formula)):
        formula = Quantified("∀", name, formula)
    return formula


def warnings(theory: Theory) -> tuple[str, ...]:
    """What is legal but was perhaps not meant: free variables, and one name with several arities."""
    found = []
    for number, formula in enumerate(theory, 1):
        if free := free_variables(formula):
            found.append(f"line {number}: free variable {', '.join(free)} read as universally quantified")
    arities: dict[tuple[str, str], set[int]] = {}
    for formula in theory:
        for symbol in symbols(formula):
            arities.setdefault((symbol.kind, symbol.name), set()).add(symbol.arity)
    for (kind, name), numbers in arities.items():
        if len(numbers) > 1:
            found.append(f"{kind} {name} occurs with {' and '.join(map(str, sorted(numbers)))} arguments")
    return tuple(found)


def render_term(term: Term) -> str:
    """A term as text: ``f(x, tom)``."""
    if isinstance(term, Function):
        return f"{term.name}({', '.join(map(render_term, term.args))})"
    return term.name


def render(formula: Formula) -> str:
    """A formula as text, with the fewest parentheses; a quantifier's body always stands in parentheses."""
    match formula:
        case Atom(predicate, args):
            return f"{predicate}({', '.join(map(render_term, args))})"
        case Equal(left, right):
            return f"{render_term(left)} = {render_term(right)}"
        case Not(Equal(left, right)):
            return f"{render_term(left)} ≠ {render_term(right)}"
        case Not(body):
            return "¬" + _operand(body)
        case Quantified(quantifier, variable, body):
            inner = render(body)
            is_block = isinstance(body, Quantified)
            return f"{quantifier}{variable} {inner}" if is_block else f"{quantifier}{variable} ({inner})"
        case Connective(op, parts):
            last = len(parts) - 1
            return f" {op} ".join(_operand(part, op, is_last=i == last) for i, part in enumerate(parts))
    raise AssertionError(formula)


def _operand(part: Formula, op: str = "¬", *, is_last: bool = False) -> str:
    text = render(part)
    if isinstance(part, Equal) or (isinstance(part, Not) and isinstance(part.body, Equal)):
        return f"({text})"
    if not isinstance(part, Connective):
        return text
    if op == "¬" or STRENGTH[part.op] < STRENGTH[op]:
        return f"({text})"
    # a → b → c is a → (b → c); a chain of ∧, ∨ or ⊕ is one node, so an equal one inside it had parentheses.
    if part.op == op and not (is_last and op in "→↔"):
        return f"({text})"
    return text
