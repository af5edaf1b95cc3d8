"""Reading Logic-LM's notation: sections, one statement a line, a gloss after ``:::``.

    Predicates:                              Domain:
    Quiet($x, bool) ::: Is x quiet?          1: oldest
    Facts:                                   Variables:
    Quiet(Anne, True)                        minivan [IN] [1, 2, 3]
    Rules:                                   Constraints:
    Quiet($x, True) >>> Red($x, True)        minivan > convertible
    Query:                                   Query:
    Red(Anne, True)                          A) minivan == 2

Every section stands once, in this order; it may be empty, but not the query. Blank lines mean nothing, and a predicate
may be declared again with the same arguments. Logic-LM's own reader takes much more and fails later, or silently: facts
with variables, statements in the wrong section.
"""

from __future__ import annotations

import re
from functools import cached_property

from symbol_llm.errors import SymbolError
from symbol_llm.formats.logic_program_plain import (
    MAX_ARGUMENTS,
    MAX_LITERALS,
    NAME,
    RESERVED,
    plain_declaration,
    plain_rule,
    plain_statement,
)
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
    Term,
    Tree,
)

MAX_LINES = 2_000
MAX_NUMBER = 1_000
_LONGEST_KEPT = 1_000  # characters of a line

_PROGRAM = ("Predicates:", "Facts:", "Rules:", "Query:")
_PROBLEM = ("Domain:", "Variables:", "Constraints:", "Query:")
_TOKEN = re.compile(rf"\$?{NAME.pattern}|[0-9]+|>>>|&&|\[IN\]|==|!=|<=|>=|[-+<>(),:\[\]]|[ \t\r]+|.", re.DOTALL)
_OPERATORS = ("==", "!=", "<", ">", "<=", ">=")


def parse(text: str, max_lines: int = MAX_LINES) -> Tree:
    """Read either notation. Raises SymbolError with the position of the first fault."""
    lines = _lines(text, max_lines)
    if not lines:
        raise SymbolError(text, 0, "'Predicates:' or 'Domain:'")
    sections = _sections(text, lines, _PROBLEM if lines[0][1] == "Domain:" else _PROGRAM)
    return _problem(text, sections) if lines[0][1] == "Domain:" else _program(text, sections)


def _lines(text: str, max_lines: int) -> list[tuple[int, str]]:
    """(position, text) of the lines that are not blank, without the blanks around."""
    lines, at = [], 0
    for line in text.split("\n"):
        if line.strip(" \t\r"):
            lines.append((at + len(line) - len(line.lstrip(" \t\r")), line.strip(" \t\r")))
        if len(lines) > max_lines:
            raise SymbolError(text, at, f"at most {max_lines} lines")
        at += len(line) + 1
    return lines


def _sections(text: str, lines: list[tuple[int, str]], heads: tuple[str, ...]) -> list[list[_Line]]:
    sections: list[list[_Line]] = []
    for at, line in lines:
        if len(sections) < len(heads) and line == heads[len(sections)]:
            sections.append([])
        elif line in heads or not sections:
            wanted = heads[len(sections)] if len(sections) < len(heads) else "the end"
            raise SymbolError(text, at, f"{wanted!r}")
        else:
            sections[-1].append(_Line(text, at, line))
    if len(sections) < len(heads):
        raise SymbolError(text, len(text), f"{heads[len(sections)]!r}")
    return sections


class _Line:
    """One statement and its tokens, which are made when they are asked for; the gloss is cut off."""

    def __init__(self, text: str, start: int, line: str) -> None:
        self.text = text
        self.start = start
        self.line = line
        self.next = 0
        if not line.isprintable():
            for offset, char in enumerate(line):
                if not char.isprintable() and char != "\t":
                    raise SymbolError(text, start + offset, "a printable character")

    @property
    def kept(self) -> str:
        """The line for a function that keeps its results, none if it is too long for that."""
        return self.line if len(self.line) <= _LONGEST_KEPT else ""

    @property
    def gloss(self) -> str:
        return self.line.partition(":::")[2].strip()

    @property
    def statement(self) -> str:
        return self.line.partition(":::")[0].strip()

    @property
    def end(self) -> int:
        return self.start + len(self.line.partition(":::")[0].rstrip())

    @cached_property
    def tokens(self) -> list[tuple[str, int]]:
        found = _TOKEN.finditer(self.line.partition(":::")[0])
        return [(match[0], self.start + match.start()) for match in found if match[0].strip(" \t\r")]

    @property
    def position(self) -> int:
        return self.tokens[self.next][1] if self.next < len(self.tokens) else self.end

    def peek(self) -> str:
        return self.tokens[self.next][0] if self.next < len(self.tokens) else ""

    def fail(self, expected: str, at: int | None = None, message: str = "") -> SymbolError:
        return SymbolError(self.text, self.position if at is None else at, expected, message)

    def expect(self, *tokens: str) -> str:
        if self.peek() not in tokens:
            raise self.fail(" or ".join(map(repr, tokens)))
        self.next += 1
        return self.tokens[self.next - 1][0]

    def finish(self) -> None:
        if self.next < len(self.tokens):
            raise self.fail("the end of the line, or ':::' and a gloss")

    def name(self, expected: str) -> str:
        token = self.peek()
        if not NAME.fullmatch(token) or token in RESERVED:
            raise self.fail(expected)
        self.next += 1
        return token

    def number(self) -> int:
        token = self.peek()
        if not token.isdecimal() or not token.isascii() or len(token) > 4 or int(token) > MAX_NUMBER:
            raise self.fail(f"a whole number up to {MAX_NUMBER}")
        self.next += 1
        return int(token)

    def names_in_brackets(self) -> tuple[str, ...]:
        self.expect("[")
        names = [self.name("a variable")]
        while self.expect(",", "]") == ",":
            names.append(self.name("a variable"))
        return tuple(names)

    def literal(self, allows_variables: bool) -> Literal:
        predicate = self.name("a predicate")
        self.expect("(")
        arguments: list[str] = []
        while self.peek() not in ("True", "False"):
            if len(arguments) == MAX_ARGUMENTS:
                raise self.fail(f"True or False after at most {MAX_ARGUMENTS} arguments")
            if self.peek().startswith("$") and len(self.peek()) > 1:
                if not allows_variables:
                    raise self.fail("a constant: facts and the query have no variables")
                arguments.append(self.peek())
                self.next += 1
            else:
                arguments.append(self.name("a constant, a variable such as $x, or at the end True or False"))
            self.expect(",")
        if not arguments:
            raise self.fail("a constant or a variable")
        value = self.expect("True", "False") == "True"
        self.expect(")")
        return Literal(predicate, tuple(arguments), value)

    def literals(self) -> tuple[Literal, ...]:
        found = [self.literal(allows_variables=True)]
        while self.peek() == "&&":
            if len(found) == MAX_LITERALS:
                raise self.fail(f"at most {MAX_LITERALS} conditions")
            self.next += 1
            found.append(self.literal(allows_variables=True))
        return tuple(found)

    def term(self, known: frozenset[str]) -> Term:
        if self.peek().isdecimal():
            return Term("", self.number())
        at = self.position
        variable = self.name("a variable or a number")
        if variable not in known:
            raise self.fail("a variable of the problem", at, f"{variable} is not among the variables")
        if self.peek() not in ("+", "-"):
            return Term(variable)
        sign = self.expect("+", "-")
        number = self.number()
        return Term(variable, number if sign == "+" else -number)

    def comparison(self, known: frozenset[str]) -> Comparison:
        left = self.term(known)
        operator = self.expect(*_OPERATORS)
        return Comparison(left, operator, self.term(known))


def _program(text: str, sections: list[list[_Line]]) -> Program:
    declarations: list[Declaration] = []
    arities: dict[str, int] = {}
    for line in sections[0]:
        declaration = plain_declaration(line.kept) or _declaration(line)
        arity = arities.setdefault(declaration.predicate, len(declaration.arguments))
        if arity != len(declaration.arguments):
            told = f"the predicate {declaration.predicate} is declared with {arity} arguments before"
            raise line.fail(f"{arity} arguments", line.start, told)
        declarations.append(declaration)
    facts = tuple(plain_statement(line.kept) or _statement(line) for line in sections[1])
    rules = tuple(plain_rule(line.kept) or _rule(line) for line in sections[2])
    if len(sections[3]) != 1:
        at = sections[3][1].start if sections[3] else len(text)
        raise SymbolError(text, at, "one query")
    return Program(tuple(declarations), facts, rules, _statement(sections[3][0]))


def _rule(line: _Line) -> Rule:
    body = line.literals()
    line.expect(">>>")
    rule = Rule(body, line.literals(), line.gloss)
    line.finish()
    return rule


def _declaration(line: _Line) -> Declaration:
    predicate = line.name("a predicate")
    line.expect("(")
    arguments: list[str] = []
    while line.peek() != "bool":
        token = line.peek()
        if not NAME.fullmatch(token.removeprefix("$")) or token in RESERVED or len(arguments) == MAX_ARGUMENTS:
            raise line.fail("an argument such as $x, and at the end bool")
        arguments.append(token)
        line.next += 1
        line.expect(",")
    if not arguments:
        raise line.fail("an argument such as $x")
    line.expect("bool")
    line.expect(")")
    line.finish()
    return Declaration(predicate, tuple(arguments), line.gloss)


def _statement(line: _Line) -> Statement:
    statement = Statement(line.literal(allows_variables=False), line.gloss)
    line.finish()
    return statement


def _problem(text: str, sections: list[list[_Line]]) -> Problem:
    domain = []
    for line in sections[0]:
        number = line.number()
        line.expect(":")
        label = line.statement.partition(":")[2].strip()
        if not label:
            raise line.fail("what the number means")
        domain.append((number, label))
    variables: dict[str, tuple[int, ...]] = {}
    for line in sections[1]:
        at = line.position
        name = line.name("a variable")
        if name in variables:
            raise line.fail("a variable that is not declared yet", at, f"the variable {name} is declared twice")
        line.expect("[IN]")
        line.expect("[")
        values = [line.number()]
        while line.expect(",", "]") == ",":
            values.append(line.number())
        line.finish()
        variables[name] = tuple(values)
    known = frozenset(variables)
    constraints = tuple(_constraint(line, known) for line in sections[2])
    options: dict[str, Option] = {}
    for line in sections[3]:
        letter, at = line.peek(), line.position
        if not re.fullmatch("[A-Z]", letter) or letter in options:
            raise line.fail("a new letter and ')'", at)
        line.next += 1
        line.expect(")")
        options[letter] = Option(letter, line.comparison(known), line.gloss)
        line.finish()
    if not options:
        raise SymbolError(text, len(text), "an option such as 'A) …'")
    return Problem(tuple(domain), tuple(variables.items()), constraints, tuple(options.values()))


def _constraint(line: _Line, known: frozenset[str]) -> Constraint:
    if line.peek() == "AllDifferentConstraint":
        line.next += 1
        line.expect("(")
        at = line.position
        names = line.names_in_brackets()
        line.expect(")")
        line.finish()
        unknown = [name for name in names if name not in known]
        if unknown:
            raise line.fail("variables of the problem", at, f"{unknown[0]} is not among the variables")
        return Constraint((), names, line.gloss)
    choices = [line.comparison(known)]
    while line.peek() == "or":
        line.next += 1
        choices.append(line.comparison(known))
    line.finish()
    return Constraint(tuple(choices), (), line.gloss)
