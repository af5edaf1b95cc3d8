"""SPARQL's tokens, terms and expressions; groups and queries are in sparql_reader.py.

xsd:float(?h) >= "1.8"^^xsd:float && ?x != ns:m.0abc
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from symbol_llm.errors import SymbolError
from symbol_llm.formats.sparql_tree import PREFIXES, XSD, Node

MAX_DEPTH = 40  # groups and parentheses within each other; those of the datasets stay below 8
MAX_CHAIN = 50  # terms of a sum or product
MAX_TOKENS = 20_000

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r\n]+|\#[^\n]*)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<variable>[?$][A-Za-z0-9_]+)
    |(?P<string>"(?:[^"\\\n\r]|\\["'\\tbnrf])*"|'(?:[^'\\\n\r]|\\["'\\tbnrf])*')
    |(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<name>(?:[A-Za-z](?:[\w.-]*[\w-])?)?:(?:[A-Za-z0-9_](?:[\w.-]*[\w-])?)?)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<word>[A-Za-z][A-Za-z0-9_]*)
    |(?P<sign>\^\^|\|\||&&|!=|<=|>=|[{}().;,=<>!+*/-])""",
    re.VERBOSE | re.ASCII,
)
_AGGREGATES = {"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"}
_COMPARISONS = {"=", "!=", "<", "<=", ">", ">="}
# Marks of a string in single quotes that are written otherwise in double ones.
_QUOTED = re.compile(r"""\\.|\"""")
_REQUOTED = {"\\'": "'", '"': '\\"'}


def number_type(number: str) -> str:
    """The XSD type of a bare number: ``1`` integer, ``1.5`` decimal, ``1e5`` double."""
    return "double" if "e" in number.lower() else "decimal" if "." in number else "integer"


class Token(NamedTuple):
    kind: str
    text: str
    start: int


def tokens_of(text: str) -> list[Token]:
    """The tokens without blanks and comments. Raises SymbolError where none can begin."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            quote = text[at] in "\"'"
            raise SymbolError(text, at, "a quote that closes this text" if quote else "a sign of SPARQL")
        assert match.lastgroup is not None
        if match.lastgroup != "skip":
            tokens.append(Token(match.lastgroup, match[0], at))
            if len(tokens) > MAX_TOKENS:
                raise SymbolError(text, at, f"at most {MAX_TOKENS} tokens")
        at = match.end()
    return tokens


class TermReader(ABC):
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0
        self.depth = 0
        self.prefixes = dict(PREFIXES)

    @abstractmethod
    def group(self) -> Node:
        """A group in braces, which EXISTS takes."""

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else Token("end", "", len(self.text))

    def fail(self, expected: str) -> NoReturn:
        raise SymbolError(self.text, self.token.start, expected)

    def kind_at(self, ahead: int) -> str:
        """The kind of a token further on."""
        return self.tokens[self.at + ahead].kind if self.at + ahead < len(self.tokens) else "end"

    def has(self, *texts: str) -> bool:
        """Whether the next token is one of these signs or words; words in any case."""
        token = self.token
        return (token.text if token.kind == "sign" else token.text.upper() if token.kind == "word" else "") in texts

    def skip(self, *texts: str) -> bool:
        """Step over these tokens if they are next."""
        for count, text in enumerate(texts):
            if not self.has(text):
                self.at -= count
                return False
            self.at += 1
        return True

    def expect(self, text: str, where: str = "") -> None:
        if not self.skip(text):
            self.fail(f"'{text}'{where}")

    def take(self, kind: str, expected: str) -> str:
        if self.token.kind != kind:
            self.fail(expected)
        self.at += 1
        return self.tokens[self.at - 1].text

    def nested(self, read: Callable[[], Node | str]) -> Node | str:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} levels of braces and parentheses")
        part = read()
        self.depth -= 1
        return part

    # Terms

    def variable(self) -> str:
        return "?" + self.take("variable", "a variable")[1:]

    def constant(self) -> str:
        if self.skip("UNDEF"):
            return "UNDEF"
        if self.token.kind == "variable":
            self.fail("a constant")
        return self.term("a constant")

    def term(self, expected: str, is_subject: bool = False) -> str:
        """A variable, an IRI, or (not as a subject or relation) a literal."""
        kind = self.token.kind
        if kind == "variable":
            return self.variable()
        if kind in ("iri", "name"):
            return self.iri()
        if not is_subject:
            if kind == "string":
                return self.literal()
            sign = "-" if self.has("-") else "+" if self.has("+") else ""
            if kind == "number" or (
                sign and self.tokens[self.at + 1 : self.at + 2] and self.tokens[self.at + 1].kind == "number"
            ):
                self.at += bool(sign)
                number = self.take("number", expected)
                # rdflib 7.6 cannot read a negative decimal: the same term with its datatype.
                return f'"-{number}"^^<{XSD}{number_type(number)}>' if sign == "-" else number
            if self.has("TRUE", "FALSE"):
                self.at += 1
                return self.tokens[self.at - 1].text.lower()
        self.fail(expected)

    def iri(self) -> str:
        token = self.token
        self.at += 1
        if token.kind == "iri":
            return token.text
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            raise SymbolError(self.text, token.start, f"a declared prefix (PREFIX {prefix}: <…>)")
        return f"<{self.prefixes[prefix]}{local}>"

    def literal(self) -> str:
        quoted = self.take("string", "a string")
        if quoted[0] == "'":
            inside = _QUOTED.sub(lambda mark: _REQUOTED.get(mark[0], mark[0]), quoted[1:-1])
            quoted = f'"{inside}"'
        if self.token.kind == "language":
            return quoted + self.take("language", "a language").lower()
        if self.skip("^^"):
            if self.token.kind not in ("iri", "name"):
                self.fail("a datatype")
            return f"{quoted}^^{self.iri()}"
        return quoted

    # Expressions

    def expression(self) -> Node | str:
        return self.nested(
            lambda: self.flat("or", ("||", "OR"), lambda: self.flat("and", ("&&", "AND"), self.relation))
        )

    def flat(self, kind: str, signs: tuple[str, ...], read: Callable[[], Node | str]) -> Node | str:
        parts = [read()]
        while any(self.skip(sign) for sign in signs):
            parts.append(read())
        # (a || b) || c is a || b || c
        spread: list[Node | str] = []
        for part in parts:
            spread += part.parts if isinstance(part, Node) and part.kind == kind else (part,)
        return Node(kind, tuple(spread)) if len(parts) > 1 else parts[0]

    def relation(self) -> Node | str:
        left = self.sum()
        if self.token.text in _COMPARISONS and self.token.kind == "sign":
            sign = self.token.text
            self.at += 1
            return Node(sign, (left, self.sum()))
        for kind in ("in", "not in"):
            if self.skip(*kind.upper().split()):
                return Node(kind, (left, *self.arguments()))
        return left

    def sum(self) -> Node | str:
        return self.chain(("+", "-"), lambda: self.chain(("*", "/"), self.unary))

    def chain(self, signs: tuple[str, ...], read: Callable[[], Node | str]) -> Node | str:
        left = read()
        for _ in range(MAX_CHAIN):
            if not self.has(*signs):
                return left
            sign = self.token.text
            self.at += 1
            left = Node(sign, (left, read()))
        self.fail(f"at most {MAX_CHAIN} terms")

    def unary(self) -> Node | str:
        if self.skip("!"):
            return Node("not", (self.nested(self.unary),))
        if self.has("-", "+") and self.kind_at(1) != "number":
            is_minus = self.skip("-") or not self.skip("+")
            part = self.nested(self.unary)
            return Node("neg", (part,)) if is_minus else part
        return self.primary()

    def primary(self) -> Node | str:
        if self.skip("("):
            expression = self.expression()
            self.expect(")")
            return expression
        if self.skip("EXISTS"):
            return Node("exists", (self.group(),))
        if self.skip("NOT", "EXISTS"):
            return Node("not exists", (self.group(),))
        if self.token.kind in ("iri", "name"):
            iri = self.iri()
            if not self.has("("):
                return iri
            return Node("call", (f"<{XSD}dateTime>" if iri == f"<{XSD}datetime>" else iri, *self.arguments()))
        if self.token.kind == "word" and not self.has("TRUE", "FALSE"):
            return self.function()
        return self.term("a variable, a literal, a function or '('")

    def function(self) -> Node:
        name = self.token.text.upper()
        self.at += 1
        if not self.has("("):
            self.at -= 1
            self.fail("a variable, a literal, a function or '('")
        if name not in _AGGREGATES:
            return Node("call", (name, *self.arguments()))
        self.expect("(")
        modifier = "DISTINCT" if self.skip("DISTINCT") else ""
        parts: list[Node | str] = ["*" if name == "COUNT" and self.skip("*") else self.expression()]
        if name == "GROUP_CONCAT" and self.skip(";", "SEPARATOR", "="):
            parts.append(self.literal())
        self.expect(")")
        return Node("aggregate", (name, modifier, *parts))

    def arguments(self) -> list[Node | str]:
        self.expect("(")
        if self.skip(")"):
            return []
        parts = [self.expression()]
        while self.skip(","):
            parts.append(self.expression())
        self.expect(")")
        return parts
