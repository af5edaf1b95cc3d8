"""Go functions and files, as in CodeSearchNet and MBXP.

    func Max(a, b int) int {
        if a > b {
            return a
        }
        return b
    }

A text is a whole file, or top-level declarations of one: the package clause may be left out. Statements alone are no
symbol. Go ends statements at line ends by a rule on tokens (spec, "Semicolons"); the canonical form applies it, so
that a function on one line with semicolons and the same on many lines become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from symbol_llm.formats.tree_sitter_code import Fault, Reading, Token, TreeSitterCode, first_fault, leaves

if TYPE_CHECKING:
    from tree_sitter import Node

_ORDER = {
    "package_clause": 0,
    "import_declaration": 1,
    "function_declaration": 2,
    "method_declaration": 2,
    "const_declaration": 2,
    "type_declaration": 2,
    "var_declaration": 2,
}

# After these a line end is a semicolon.
_ENDING_NODES = (
    "identifier field_identifier type_identifier package_identifier label_name blank_identifier int_literal "
    "float_literal imaginary_literal rune_literal interpreted_string_literal raw_string_literal true false nil "
    "iota dot"
)
_ENDING_KINDS = frozenset(_ENDING_NODES.split())
_ENDING_TEXTS = frozenset(["break", "continue", "fallthrough", "return", "++", "--", ")", "]", "}"])
_HEADERS = frozenset(["for_clause", "if_statement", "expression_switch_statement", "type_switch_statement"])
_GROUPS = frozenset(["const_declaration", "var_spec_list", "type_declaration", "import_spec_list"])

# Line ends that may be semicolons: not right after an operator or a comma, and not before '}'; but after a comment.
_LINE_ENDS = (
    re.compile(rb"\n(?:(?<![\n(\[{,;:=*%&|^<>!.~+-]\n)|(?<=\+\+\n)|(?<=--\n)|(?<=[0-9]\.\n))(?!\s{0,80}\})"),
    re.compile(rb"(?<=//)[^\n]*\n"),
)
_DOUBLED = re.compile(rb";[^\S\n]*[\n;/]")  # a semicolon that stands beside a line end, or another one
# Right inside of these a line end is a semicolon, inside of a raw string it is none.
_CLEAR_NODES = (
    "source_file statement_list block const_declaration type_declaration var_spec_list import_spec_list "
    "field_declaration_list interface_type raw_string_literal raw_string_literal_content"
)
_CLEAR = frozenset(_CLEAR_NODES.split())
_MOST_UNCLEAR = 20  # line ends that are looked at more closely; beyond that the text with all semicolons is faster
_UNFINISHED = frozenset([b"(", b"[", b"{", b",", b";", b":", b"="])  # what a line does not end with


class GoCode(TreeSitterCode):
    name = "go"
    grammar = "The Go Programming Language Specification, Go 1.22, as in tree-sitter-go"
    package = "tree-sitter-go"
    atoms = frozenset(["interpreted_string_literal", "raw_string_literal", "rune_literal"])

    def read(self, text: str) -> Reading:
        source = text.encode() + b"\n"  # the grammar wants a line end after the last declaration
        root = self.root(text, source)
        reading = Reading(text, source, [root])
        fault = first_fault(root) or _order_fault(root) or self._line_end_fault(reading)
        if fault is not None:
            raise fault.to_error(text, source)
        return reading

    def tokens(self, reading: Reading) -> tuple[str, ...]:
        """With all semicolons, also those that a newline stands for."""
        return tuple(token.text for token in self._marked(reading))

    def _marked(self, reading: Reading) -> list[Token]:
        return list(_with_semicolons(leaves(reading.parts[0], reading.source, self.atoms)))

    def _line_end_fault(self, reading: Reading) -> Fault | None:
        """A line that ends where no statement can: the grammar overlooks it, the text with all semicolons shows it."""
        if _has_clear_line_ends(reading.parts[0], reading.source):
            return None
        marked = self._marked(reading)
        fault = first_fault(self.root(reading.text, " ".join(token.text for token in marked).encode() + b"\n"))
        at = 0
        for token in marked:
            at += len(token.text.encode()) + 1
            if fault is not None and fault.at < at:
                return Fault(token.at, "no line end before this", "a line end before this ends the statement too early")
        return fault


def _has_clear_line_ends(root: Node, source: bytes) -> bool:
    """Whether every line end is surely a semicolon or surely none, so that the text need not be read once more."""
    if b";" in source and _DOUBLED.search(source):
        return False
    find, num_unclear = root.descendant_for_byte_range, 0
    for ends in _LINE_ENDS if b"//" in source else _LINE_ENDS[:1]:
        for line in ends.finditer(source):
            end = line.end() - 1
            around = find(end, end + 1)
            if around is not None and around.type in _CLEAR:
                continue  # the tree shows that it is a semicolon, or none
            num_unclear += 1
            if num_unclear > _MOST_UNCLEAR or not _is_unfinished(root, source, end):
                return False
    return True


def _is_unfinished(root: Node, source: bytes, line_end: int) -> bool:
    """Whether a line ends in comments, and what stands before them goes on in the next line. No is no answer."""
    end = line_end
    for _ in range(_MOST_UNCLEAR):
        before = root.descendant_for_byte_range(end - 1, end) if end else None
        if before is None or before.type != "comment":
            break
        gap = source[max(0, before.start_byte - 100) : before.start_byte]
        end = before.start_byte - len(gap) + len(gap.rstrip())
    return end < line_end and source[max(0, end - 1) : end] in _UNFINISHED


def _order_fault(root: Node) -> Fault | None:
    """The grammar takes statements anywhere and declarations in any order; Go does not."""
    stage = -1
    for part in root.named_children:
        if part.type == "comment":
            continue
        order = _ORDER.get(part.type)
        if order is None or order < stage or (order == 0 and stage == 0):
            return Fault(part.start_byte, "a declaration (func, type, var, const), the imports before all others")
        stage = order
    return None if stage == 2 else Fault(root.end_byte, "a declaration: func, type, var or const")


def _with_semicolons(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens with all semicolons that a newline stands for, without those before a closing brace.

    A group in parentheses keeps the one before its end, which the grammar wants there.
    """
    before: Token | None = None
    is_due = False
    for token in tokens:
        if before is not None and token.is_first_on_line and _ends_statement(before):
            is_due = True
        if token.text == ")" and token.parent in _GROUPS and before is not None and before.text != "(":
            is_due = True
        if is_due and token.text not in (";", "}"):
            yield token._replace(text=";", kind=";")
        is_due = token.text == ";" and token.parent not in _HEADERS
        if not is_due:
            yield token
        before = token


def _ends_statement(token: Token) -> bool:
    return token.kind in _ENDING_KINDS or token.text in _ENDING_TEXTS
