"""The parser of PDDL: domain, problem and plan in one grammar, by recursive descent over the parentheses.

    (define (problem p) (:domain blocks) (:objects a b) (:init (on a b)) (:goal (and (on b a))))

Grammar: PDDL 3.1 (Kovacs' BNF) without durative actions, derived predicates, preferences and numeric conditions:
what Fast Downward reads. The order of sections is that of the BNF, except that a domain's declarations may come
in any order. Names begin with a letter; only a problem's own name may begin with a digit.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, NoReturn

from symbol_llm.errors import SymbolError
from symbol_llm.formats.pddl_reader import Block, Node, Word, read
from symbol_llm.formats.pddl_tree import (
    TRUE,
    Action,
    Atom,
    Condition,
    Declaration,
    Domain,
    Fluent,
    Increase,
    Junction,
    Metric,
    Not,
    Plan,
    Problem,
    Quantified,
    Step,
    Tree,
    Typed,
    Value,
    When,
    renamable,
)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PROBLEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"\?[A-Za-z][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_SECTIONS = (":requirements", ":types", ":constants", ":predicates", ":functions")


_LONGEST_KEPT = 100  # characters of a word


@lru_cache(maxsize=4_096)
def _kind(word: str) -> str:
    """ "name", "variable" or nothing."""
    return "name" if _NAME.fullmatch(word) else "variable" if _VARIABLE.fullmatch(word) else ""


def _is(kind: str, word: str) -> bool:
    return (_kind(word) if len(word) <= _LONGEST_KEPT else _kind.__wrapped__(word)) == kind


class Occurrence(NamedTuple):
    """Where a renamable name stands in a text."""

    start: int
    end: int
    kind: str


def parse(text: str) -> Tree:
    """The tree of a domain, problem or plan. Raises SymbolError with position and expectation."""
    return _Parser(text).text_tree()


def parse_lower(text: str) -> Tree:
    """The tree in lower case, as PDDL compares names. Raises SymbolError."""
    return parse(text.lower() if text.isascii() else text.translate(_LOWER))


def occurrences(text: str) -> list[Occurrence]:
    """Where predicates, actions and types are named in a domain, problem or plan. Raises SymbolError."""
    found: list[Occurrence] = []
    parser = _Parser(text, found)
    parser.text_tree()
    return found


def declaration(text: str) -> tuple[Declaration, list[Occurrence]]:
    """A predicate with its parameters, ``(on ?x ?y - block)``, standing alone. Raises SymbolError."""
    found: list[Occurrence] = []
    parser = _Parser(text, found)
    nodes = read(text)
    if len(nodes) != 1:
        parser.fail(nodes[1] if nodes else 0, "one (predicate ?parameters …)")
    return parser.declared(nodes[0], "predicate"), found


class _Parser:
    def __init__(self, source: str, found: list[Occurrence] | None = None) -> None:
        self.source = source
        self.found = found  # filled with the names that may be renamed

    def fail(self, where: Node | int, expected: str, message: str = "") -> NoReturn:
        raise SymbolError(self.source, where if isinstance(where, int) else where.start, expected, message)

    # Whole texts

    def text_tree(self) -> Tree:
        nodes = read(self.source)
        if nodes and isinstance(nodes[0], Block) and nodes[0].items:
            head = nodes[0].items[0]
            if isinstance(head, Word) and head.key == "define":
                if len(nodes) > 1:
                    self.fail(nodes[1], "the end of the text after (define …)")
                return self.definition(nodes[0])
        return Plan(tuple(map(self.step, nodes)))

    def definition(self, block: Block) -> Domain | Problem:
        if len(block.items) < 2:
            self.fail(block.end, "(domain NAME) or (problem NAME)")
        head = block.items[1]
        is_named = isinstance(head, Block) and len(head.items) == 2 and isinstance(head.items[0], Word)
        kind = head.items[0].key if is_named else ""  # type: ignore[union-attr]
        if kind == "domain":
            return self.domain(block)
        if kind == "problem":
            return self.problem(block)
        self.fail(head, "(domain NAME) or (problem NAME)")

    def domain(self, block: Block) -> Domain:
        name = self.named(block.items[1], "domain")
        fields: dict[str, Block] = {}
        rest = list(block.items[2:])
        while rest and (key := self.section(rest[0])) in _SECTIONS:
            if key in fields:
                self.fail(rest[0], "each section once", f"a second ({key} …)")
            section = rest.pop(0)
            assert isinstance(section, Block)
            fields[key] = section
        items = {key: fields[key].items[1:] if key in fields else () for key in _SECTIONS}
        return Domain(
            name,
            tuple(self.keyword(item) for item in items[":requirements"]),
            self.typed_list(items[":types"], "type"),
            self.typed_list(items[":constants"], "object"),
            tuple(self.declared(item, "predicate") for item in items[":predicates"]),
            self.functions(items[":functions"]),
            tuple(map(self.action, rest)),
        )

    def problem(self, block: Block) -> Problem:
        name = self.named(block.items[1], "problem", _PROBLEM_NAME)
        rest = list(block.items[2:])

        def take(key: str) -> tuple[Node, ...]:
            if rest and self.section(rest[0]) == key:
                section = rest.pop(0)
                assert isinstance(section, Block)
                return section.items[1:]
            if key in (":domain", ":init", ":goal"):
                self.fail(rest[0] if rest else block.end, f"({key} …)")
            return ()

        of_domain = take(":domain")
        if len(of_domain) != 1:
            self.fail(block.items[2], "(:domain NAME)")
        domain = self.name(of_domain[0])
        requirements = tuple(map(self.keyword, take(":requirements")))
        objects = self.typed_list(take(":objects"), "object")
        init = tuple(map(self.fact, take(":init")))
        goal_at = rest[0] if rest else block
        goal = take(":goal")
        if len(goal) != 1 or not isinstance(goal[0], Block) or not goal[0].items:
            self.fail(goal_at, "(:goal CONDITION)")
        condition = self.condition(goal[0])
        metric = self.metric(rest.pop(0)) if rest and self.section(rest[0]) == ":metric" else None
        if rest:
            self.fail(rest[0], "')' after the goal or the metric")
        return Problem(name, domain, requirements, objects, init, condition, metric)

    def step(self, node: Node) -> Step:
        if not isinstance(node, Block) or not node.items:
            self.fail(node, "(define …) or plan steps (ACTION OBJECT …)")
        return Step(self.name(node.items[0], "action"), tuple(map(self.name, node.items[1:])))

    # Parts

    def action(self, node: Node) -> Action:
        if self.section(node) != ":action":
            self.fail(node, "(:action NAME :parameters (…) :precondition … :effect …)")
        assert isinstance(node, Block)
        if len(node.items) < 2:
            self.fail(node.end, "the action's name")
        name = self.name(node.items[1], "action")
        rest = list(node.items[2:])

        def take(key: str) -> Block | None:
            if not rest or not isinstance(rest[0], Word) or rest[0].key != key:
                return None
            value = rest[1] if len(rest) > 1 else node.end
            if not isinstance(value, Block):
                self.fail(value, f"a list in parentheses after {key}")
            del rest[:2]
            return value

        parameters = take(":parameters")
        variables = self.typed_list(parameters.items, "variable") if parameters else ()
        precondition = take(":precondition")
        effect = take(":effect")
        if effect is None or rest:
            expected = ":effect (…)" if effect is None else "')' after the effect"
            self.fail(rest[0] if rest else node.end, expected)
        return Action(
            name,
            variables,
            self.condition(precondition) if precondition and precondition.items else TRUE,
            self.effect(effect) if effect.items else TRUE,
        )

    def condition(self, node: Node) -> Condition:
        block, head = self.headed(node, "a condition (PREDICATE TERM …), (and …), (not …) …")
        match head.key:
            case "and" | "or":
                return Junction(head.key, tuple(map(self.condition, block.items[1:])))
            case "imply":
                left, right = self.exactly(block, 2, "two conditions after imply")
                return Junction("imply", (self.condition(left), self.condition(right)))
            case "not":
                (part,) = self.exactly(block, 1, "one condition after not")
                return Not(self.condition(part))
            case "forall" | "exists":
                variables, part = self.exactly(block, 2, f"(?variables) and a condition after {head.key}")
                return Quantified(head.key, self.variables(variables), self.condition(part))
            case "=":
                left, right = self.exactly(block, 2, "two terms after =")
                return Atom("=", (self.term(left), self.term(right)))
        return self.atom(block)

    def effect(self, node: Node) -> Condition:
        block, head = self.headed(node, "an effect (PREDICATE TERM …), (and …), (not …) …")
        match head.key:
            case "and":
                return Junction("and", tuple(map(self.effect, block.items[1:])))
            case "not":
                (part,) = self.exactly(block, 1, "one atom after not")
                return Not(self.atom(part))
            case "forall":
                variables, part = self.exactly(block, 2, "(?variables) and an effect after forall")
                return Quantified("forall", self.variables(variables), self.effect(part))
            case "when":
                condition, part = self.exactly(block, 2, "a condition and an effect after when")
                return When(self.condition(condition), self.effect(part))
            case "increase":
                fluent, amount = self.exactly(block, 2, "(total-cost) and an amount after increase")
                return Increase(
                    self.fluent(fluent), self.fluent(amount) if isinstance(amount, Block) else self.number(amount)
                )
        return self.atom(block)

    def fact(self, node: Node) -> Atom | Not | Value:
        block, head = self.headed(node, "a fact (PREDICATE OBJECT …)")
        if head.key == "=":
            fluent, amount = self.exactly(block, 2, "(FUNCTION …) and a number after =")
            return Value(self.fluent(fluent), self.number(amount))
        if head.key == "not":
            (part,) = self.exactly(block, 1, "one atom after not")
            return Not(self.atom(part))
        return self.atom(block)

    def atom(self, node: Node) -> Atom:
        block, head = self.headed(node, "an atom (PREDICATE TERM …)")
        return Atom(self.name(head, "predicate"), tuple(map(self.term, block.items[1:])))

    def fluent(self, node: Node) -> Fluent:
        block, head = self.headed(node, "a numeric term (FUNCTION TERM …)")
        return Fluent(self.name(head), tuple(map(self.term, block.items[1:])))

    def metric(self, node: Node) -> Metric:
        assert isinstance(node, Block)
        direction, fluent = self.exactly(node, 2, "(:metric minimize (total-cost))")
        if not isinstance(direction, Word) or direction.key not in ("minimize", "maximize"):
            self.fail(direction, "minimize or maximize")
        return Metric(direction.key, self.fluent(fluent))

    # Lists

    def declared(self, node: Node, kind: str) -> Declaration:
        block, head = self.headed(node, f"({kind.upper()} ?PARAMETER …)")
        return Declaration(self.name(head, kind), self.typed_list(block.items[1:], "variable"))

    def functions(self, items: Sequence[Node]) -> tuple[Declaration, ...]:
        """``(total-cost) (distance ?a ?b) - number``: every function is numeric, so the type is not kept."""
        result: list[Declaration] = []
        rest = list(items)
        while rest:
            node = rest.pop(0)
            if isinstance(node, Word) and node.text == "-" and result:
                if not rest or not isinstance(rest[0], Word) or rest[0].key != "number":
                    self.fail(rest[0] if rest else node, "the type number")
                rest.pop(0)
                continue
            result.append(self.declared(node, "function"))
        return tuple(result)

    def typed_list(self, items: Sequence[Node], kind: str) -> tuple[Typed, ...]:
        """``a b - t c``: names up to ``-`` share the type after it. ``kind`` is type, object or variable."""
        result: list[Typed] = []
        pending: list[str] = []
        rest = list(items)
        while rest:
            node = rest.pop(0)
            if not (isinstance(node, Word) and node.text == "-"):
                pending.append(self.variable(node) if kind == "variable" else self.name(node, kind))
                continue
            if not pending:
                self.fail(node, f"a {kind} before '-'")
            if not rest:
                self.fail(node, "a type after '-'")
            types = self.type_of(rest.pop(0))
            result.extend(Typed(name, types) for name in pending)
            pending = []
        return (*result, *map(Typed, pending))

    def type_of(self, node: Node) -> tuple[str, ...]:
        if isinstance(node, Word):
            return (self.name(node, "type"),)
        _, head = self.headed(node, "a type or (either TYPE …)")
        if head.key != "either" or len(node.items) < 2:
            self.fail(node, "a type or (either TYPE …)")
        return tuple(self.name(item, "type") for item in node.items[1:])

    def variables(self, node: Node) -> tuple[Typed, ...]:
        if not isinstance(node, Block) or not node.items:
            self.fail(node, "(?variable …)")
        return self.typed_list(node.items, "variable")

    # Words

    def section(self, node: Node) -> str:
        """The keyword that opens a block, or an empty string."""
        if isinstance(node, Block) and node.items and isinstance(node.items[0], Word):
            return node.items[0].key
        return ""

    def named(self, node: Node, kind: str, shape: re.Pattern[str] = _NAME) -> str:
        assert isinstance(node, Block)
        word = node.items[1]
        if not isinstance(word, Word) or not shape.fullmatch(word.text):
            self.fail(word, f"the {kind}'s name")
        return word.text

    def headed(self, node: Node, expected: str) -> tuple[Block, Word]:
        if not isinstance(node, Block) or not node.items or not isinstance(node.items[0], Word):
            self.fail(node, expected)
        return node, node.items[0]

    def exactly(self, block: Block, count: int, expected: str) -> tuple[Node, ...]:
        if len(block.items) != count + 1:
            self.fail(block.items[count + 1] if len(block.items) > count + 1 else block.end, expected)
        return block.items[1:]

    def name(self, node: Node, kind: str = "object") -> str:
        if not isinstance(node, Word) or not _is("name", node.text):
            if kind == "predicate" and isinstance(node, Word) and node.text == "=":
                self.fail(node, "a predicate that is not =")
            self.fail(node, "a name: a letter, then letters, digits, '-' or '_'")
        if self.found is not None and kind in ("predicate", "action", "type") and renamable(kind, node.text):
            self.found.append(Occurrence(node.start, node.start + len(node.text), kind))
        return node.text

    def variable(self, node: Node) -> str:
        if not isinstance(node, Word) or not _is("variable", node.text):
            self.fail(node, "a ?variable")
        return node.text

    def term(self, node: Node) -> str:
        if isinstance(node, Word) and node.text.startswith("?"):
            return self.variable(node)
        return self.name(node)

    def number(self, node: Node) -> str:
        if not isinstance(node, Word) or not _NUMBER.fullmatch(node.text):
            self.fail(node, "a number")
        return node.text

    def keyword(self, node: Node) -> str:
        if not isinstance(node, Word) or not re.fullmatch(r":[A-Za-z][A-Za-z0-9-]*", node.text):
            self.fail(node, "a :requirement")
        return node.text
