r"""LaTeX of one mathematical expression: the tree and its text.

    \frac{1+\sqrt2}{2}   is   Command("frac", (Group((Leaf("1"), Leaf("+"), Command("sqrt", (Leaf("2"),)))), Group(…)))

Read as TeX reads it: an argument is one group, one command with its own arguments, or one character (``\frac43``).
Blanks mean nothing outside of words. Commands that are not in latex_commands.py are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from symbol_llm.errors import SymbolError
from symbol_llm.formats.latex_commands import ARGUMENTS, DELIMITERS, ENVIRONMENTS, KNOWN, TEXT

# The longest answer of MATH has about 160 characters; a computer algebra system needs a guard.
MAX_LENGTH = 2_000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Leaf:
    """A character, or a command without arguments (``\\pi``)."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """``\\text{square units}``: a command and its words, as written."""

    command: str
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """``{…}``"""

    items: Items


@dataclass(frozen=True, slots=True)
class Command:
    """A command with arguments; ``option`` is what stands in brackets."""

    name: str
    arguments: Items
    option: Items | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """``^…`` or ``_…``"""

    mark: str
    argument: Item


@dataclass(frozen=True, slots=True)
class Fence:
    r"""``\left( … \right)``; delimiters are characters or commands."""

    left: str
    items: Items
    right: str


@dataclass(frozen=True, slots=True)
class Environment:
    r"""``\begin{pmatrix} … \end{pmatrix}``; ``columns`` is the specification of an array."""

    name: str
    columns: str
    items: Items


Item: TypeAlias = Leaf | Words | Group | Command | Script | Fence | Environment
Items: TypeAlias = tuple[Item, ...]


def render(items: Items) -> str:
    """The text of a tree, with a blank only where a command would run into a letter."""
    text = ""
    for item in items:
        text = _joined(text, _render(item))
    return text


def _joined(left: str, right: str) -> str:
    needs_blank = right[:1].isascii() and right[:1].isalpha() and _ENDS_IN_COMMAND.search(left)
    return f"{left} {right}" if needs_blank else left + right


_ENDS_IN_COMMAND = re.compile(r"(?<!\\)(?:\\\\)*\\[A-Za-z]+$")


def _render(item: Item) -> str:
    match item:
        case Leaf(text):
            return text
        case Words(command, text):
            return f"\\{command}{{{text}}}"
        case Group(items):
            return f"{{{render(items)}}}"
        case Script(mark, argument):
            return mark + _render(argument)
        case Fence(left, items, right):
            return _joined(_joined(f"\\left{left}", render(items)), f"\\right{right}")
        case Environment(name, columns, items):
            specification = f"{{{columns}}}" if columns else ""
            return f"\\begin{{{name}}}{specification}{render(items)}\\end{{{name}}}"
        case Command(name, arguments, option):
            text = f"\\{name}" + ("" if option is None else f"[{render(option)}]")
            for argument in arguments:
                text = _joined(text, _render(argument))
            return text


def parse(text: str, scale: int = 1) -> Items:
    """Read an expression. Raises SymbolError with the position of the first fault.

    ``scale`` widens the limits: braces around every argument make a canonical form longer and deeper.
    """
    if len(text) > MAX_LENGTH * scale:
        raise SymbolError(text, MAX_LENGTH * scale, f"at most {MAX_LENGTH * scale} characters")
    reader = _Reader(text, MAX_DEPTH * scale)
    items = reader.read_items("")
    if not items:
        raise SymbolError(text, 0, "an expression")
    return items


_COMMAND = re.compile(r"\\([A-Za-z]+|[^A-Za-z])", re.DOTALL)
_NAME = re.compile(r"\{([A-Za-z]+\*?)\}")
_COLUMNS = re.compile(r"\{([lcr| ]*)\}")


class _Reader:
    """Recursive descent; ``at`` is the position of the next character."""

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self.at = 0
        self.depth = 0
        self.environments = 0

    def fail(self, expected: str, at: int | None = None, message: str = "") -> SymbolError:
        return SymbolError(self.text, self.at if at is None else at, expected, message)

    def skip_blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n~":
            self.at += 1

    def sees(self, token: str) -> bool:
        if not token or not self.text.startswith(token, self.at):
            return False
        after = self.text[self.at + len(token) : self.at + len(token) + 1]
        return not (token[-1].isalpha() and after.isascii() and after.isalpha())

    def read_items(self, closing: str) -> Items:
        """Items up to ``closing``, which is consumed; up to the end of the text if it is empty."""
        start = self.at - 1
        self.depth += 1
        if self.depth > self.max_depth:
            raise self.fail(f"at most {self.max_depth} levels")
        items: list[Item] = []
        while True:
            self.skip_blanks()
            if closing and self.sees(closing):
                self.at += len(closing)
                break
            if self.at == len(self.text):
                if closing:
                    raise self.fail(f"{closing} to close this", max(0, start))
                break
            if self.text[self.at] in "^_":
                items.append(self.read_script(items))
            else:
                items.append(self.read_item())
        self.depth -= 1
        return tuple(items)

    def read_script(self, before: list[Item]) -> Script:
        mark, at = self.text[self.at], self.at
        for item in reversed(before[-2:]):
            if not isinstance(item, Script):
                break
            if item.mark == mark:
                raise self.fail("a brace: two scripts at one place", at)
        self.at += 1
        return Script(mark, self.read_argument(f"what stands {'above' if mark == '^' else 'below'}"))

    def read_argument(self, expected: str) -> Item:
        self.skip_blanks()
        if self.at == len(self.text) or self.text[self.at] in "}^_&":
            raise self.fail(expected)
        self.depth += 1
        if self.depth > self.max_depth:
            raise self.fail(f"at most {self.max_depth} levels")
        item = self.read_item()
        self.depth -= 1
        return item

    def read_item(self) -> Item:
        char = self.text[self.at]
        if char == "\\":
            return self.read_command()
        if char == "{":
            self.at += 1
            return Group(self.read_items("}"))
        if char == "}":
            raise self.fail("no '}' without its '{'")
        if char in "$#%":
            raise self.fail(f"\\{char}, or no {char!r}")
        if char == "&" and not self.environments:
            raise self.fail("no '&' outside of a matrix")
        if not char.isprintable():
            raise self.fail("a printable character")
        self.at += 1
        return Leaf(char)

    def read_command(self) -> Item:
        start = self.at
        match = _COMMAND.match(self.text, start)
        if match is None:
            raise self.fail("a command after '\\'")
        name = match[1]
        self.at = match.end()
        if name in TEXT:
            return Words(name, self.read_words())
        if name in ARGUMENTS:
            option = None
            self.skip_blanks()
            if name == "sqrt" and self.sees("["):
                self.at += 1
                option = self.read_items("]")
            shown = f"{ARGUMENTS[name]} argument{'s' * (ARGUMENTS[name] > 1)} of \\{name}"
            arguments = tuple(self.read_argument(shown) for _ in range(ARGUMENTS[name]))
            return Command(name, arguments, option)
        if name == "left":
            left = self.read_delimiter()
            items = self.read_items("\\right")
            return Fence(left, items, self.read_delimiter())
        if name == "begin":
            return self.read_environment()
        if name in ("right", "end"):
            raise self.fail(f"no \\{name} without its {'left' if name == 'right' else 'begin'}", start)
        if name in KNOWN or name == "\\":
            return Leaf(f"\\{name}")
        shown = name[:30] if name.isprintable() else "such a command"
        raise self.fail("a command that is known", start, f"\\{shown} is not known")

    def read_words(self) -> str:
        """Text in balanced braces, as written."""
        self.skip_blanks()
        if not self.sees("{"):
            raise self.fail("'{' and words")
        start, level = self.at, 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if not char.isprintable() and char not in "\t\r\n":
                raise self.fail("a printable character")
            if char == "\\":
                self.at += 1
            level += (char == "{") - (char == "}")
            self.at += 1
            if not level:
                return self.text[start + 1 : self.at - 1]
        raise self.fail("} to close this", start)

    def read_delimiter(self) -> str:
        self.skip_blanks()
        if self.at < len(self.text) and self.text[self.at] in "()[]|./<>":
            self.at += 1
            return self.text[self.at - 1]
        match = _COMMAND.match(self.text, self.at)
        if match is None or match[1] not in DELIMITERS:
            raise self.fail("a delimiter such as '(' or '.'")
        self.at = match.end()
        return match[0]

    def read_environment(self) -> Environment:
        start = self.at
        match = _NAME.match(self.text, start)
        if match is None or match[1] not in ENVIRONMENTS:
            raise self.fail("an environment such as {pmatrix}")
        name, columns = match[1], ""
        self.at = match.end()
        if name == "array":
            self.skip_blanks()
            specification = _COLUMNS.match(self.text, self.at)
            if specification is None:
                raise self.fail("the columns of the array, such as {cc}")
            columns, self.at = specification[1], specification.end()
        self.environments += 1
        items = self.read_items(f"\\end{{{name}}}")
        self.environments -= 1
        return Environment(name, columns, items)
