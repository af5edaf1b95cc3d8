"""Reading and renaming the CREATE TABLE statements of a prompt, byte for byte.

    CREATE TABLE pets (StuID int REFERENCES student(StuID), age int -- age in years
    )
    ->  table pets "pets", column StuID "stu id", column age "age in years"; and that REFERENCES names a table

The text is not parsed into a tree but marked: which words are tables, which columns. Renaming then replaces those
words and leaves every other byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from symbol_llm.errors import UserError
from symbol_llm.formats.base import Name
from symbol_llm.formats.sql_tokens import Token, bare, fold, scan, written

_TABLE_CONSTRAINTS = ("constraint", "primary", "unique", "check", "foreign")


@dataclass(slots=True)
class Definitions:
    """The marked text. ``marks`` are (token, "table" or "column") in order; ``names`` are those that are defined."""

    text: str
    statements: list[str] = field(default_factory=list)
    marks: list[tuple[Token, str]] = field(default_factory=list)
    defined: list[tuple[Token, str]] = field(default_factory=list)
    glosses: dict[Token, str] = field(default_factory=dict)


@lru_cache(maxsize=256)
def read_definitions(text: str) -> Definitions | None:
    """Mark the CREATE TABLE statements of a text; None if it has none. Semicolons between them may be missing.

    Raises UserError with the line where the text is anything else.
    """
    tokens = list(scan(text))
    if not any(token.says("create") for token in tokens):
        return None
    reader = _Reader(text, [token for token in tokens if token.kind not in ("space", "comment")])
    while reader.more():
        reader.statement()
    found = reader.found
    found.marks.sort(key=lambda mark: mark[0].start)
    _add_glosses(found, tokens)
    return found


def defined_names(found: Definitions) -> tuple[Name, ...]:
    """Tables and columns in order of definition, each once; columns of one name are one Name."""
    names: dict[tuple[str, str], Name] = {}
    for token, kind in found.defined:
        text = bare(token.text)
        names.setdefault((kind, fold(text)), Name(kind, text, found.glosses.get(token) or spoken(text)))
    return tuple(names.values())


def renamed_text(found: Definitions, mapping: Mapping[Name, str]) -> str:
    """The text with other names; everything else stays as it is, glosses included.

    Renaming back gives the same bytes if the text spells each name in one way and the new names need no quotes.
    """
    changes = {(old.kind, fold(old.text)): new for old, new in mapping.items()}
    parts, position = [], 0
    for token, kind in found.marks:
        new = changes.get((kind, fold(bare(token.text))))
        if new is not None:
            parts += [found.text[position : token.start], written(new, like=token.text)]
            position = token.end
    return "".join([*parts, found.text[position:]])


def spoken(name: str) -> str:
    """An identifier as words: ``Num_Employees`` → "num employees", ``petType`` → "pet type"."""
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", name).split()).lower() or name


class _Reader:
    """One pass over the words of CREATE TABLE statements."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.found = Definitions(text)
        self.tokens = tokens
        self.at = 0

    def more(self) -> bool:
        while self.at < len(self.tokens) and self.tokens[self.at].text == ";":
            self.at += 1
        return self.at < len(self.tokens)

    def peek(self, *keywords: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].says(*keywords)

    def next(self, expected: str) -> Token:
        if self.at == len(self.tokens):
            raise self.error(expected)
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, *keywords: str) -> None:
        for keyword in keywords:
            if not self.next(keyword.upper()).says(keyword):
                self.at -= 1
                raise self.error(keyword.upper())

    def name(self, kind: str) -> Token:
        token = self.next(f"the name of a {kind}")
        if not token.is_name:
            self.at -= 1
            raise self.error(f"the name of a {kind}")
        self.found.marks.append((token, kind))
        return token

    def error(self, expected: str) -> UserError:
        place = self.tokens[self.at].start if self.at < len(self.tokens) else len(self.found.text)
        line = self.found.text.count("\n", 0, place) + 1
        return UserError(f"definitions, line {line}: expected {expected}. Definitions are CREATE TABLE statements")

    def statement(self) -> None:
        start = self.tokens[self.at].start
        self.skip("create")
        if self.peek("temp", "temporary"):
            self.at += 1
        self.skip("table")
        if self.peek("if"):
            self.skip("if", "not", "exists")
        self.found.defined.append((self.name("table"), "table"))
        self.skip("(")
        columns: set[str] = set()
        candidates: list[Token] = []  # words of expressions, columns if the table has such
        while True:
            self.item(columns, candidates)
            if self.next(", or )").says(")"):
                break
        self.found.marks += [(token, "column") for token in candidates if fold(bare(token.text)) in columns]
        while self.at < len(self.tokens) and not self.peek(";", "create"):  # WITHOUT ROWID, STRICT
            self.at += 1
        self.found.statements.append(self.found.text[start : self.tokens[self.at - 1].end])

    def item(self, columns: set[str], candidates: list[Token]) -> None:
        """A column or a constraint, up to the comma or parenthesis that ends it."""
        if not self.peek(*_TABLE_CONSTRAINTS):
            token = self.name("column")
            self.found.defined.append((token, "column"))
            columns.add(fold(bare(token.text)))
        before = self.tokens[self.at - 1]
        while not self.peek(",", ")"):
            token = self.next(", or )")
            if token.says("references"):
                self.name("table")
                if self.peek("("):
                    self.at += 1
                    self.names_until_closed()
            elif token.says("("):
                if before.says("key", "unique"):
                    self.names_until_closed()
                else:
                    self.words_until_closed(candidates if before.says("check", "as") else [])
            before = token

    def names_until_closed(self) -> None:
        while True:
            self.name("column")
            while not self.peek(",", ")"):  # COLLATE …, ASC
                self.next(", or )")
            if self.next(")").says(")"):
                return

    def words_until_closed(self, found: list[Token]) -> None:
        depth = 1
        while depth:
            token = self.next(")")
            depth += token.says("(") - token.says(")")
            if token.is_name and not self.peek("("):
                found.append(token)


def _add_glosses(found: Definitions, tokens: list[Token]) -> None:
    """A comment speaks of the last name that is defined before it on its line."""
    defined = {token.start: token for token, _ in found.defined}
    last: Token | None = None
    for token in tokens:
        if token.start in defined:
            last = token
        elif token.kind == "comment" and token.text.startswith("--"):
            if last is not None and last not in found.glosses:
                found.glosses[last] = token.text[2:].strip()
        elif token.kind == "space" and "\n" in token.text:
            last = None
