"""Java methods and classes, as in CONCODE, CodeSearchNet and MBXP.

    int function ( int arg0 ) { return arg0 >> 1 ; }        public int half(int x) { return x >> 1; }

A text is a whole file, or members of a class (methods, constructors, fields): these are read inside of a class that
is put around them. Statements alone are no symbol. CONCODE and the token lists of CodeSearchNet write one blank
between tokens and cut some operators in two (``> >``, ``- >``, ``: :``, ``0xFFL`` as ``0xFF L``); in such a text,
and only there, they are put together again.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from symbol_llm.errors import SymbolError
from symbol_llm.formats.tree_sitter_code import Fault, Reading, TreeSitterCode, first_fault

if TYPE_CHECKING:
    from tree_sitter import Node

_OPEN, _CLOSE = b"class Snippet {\n", b"\n}"
_TYPE_NODES = (
    "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration "
    "module_declaration"
)
_TYPES = frozenset(_TYPE_NODES.split())
_FILE_PARTS = _TYPES | {"package_declaration", "import_declaration", "line_comment", "block_comment", ";"}
# Members of a class that the grammar reads alike where no class is around them.
_BARE_MEMBERS = _TYPES - {"module_declaration"} | {"method_declaration"}
# A text that begins so is a file: it has a package or imports. A class alone may be a member as well.
_IS_FILE = re.compile(r"(?:\s|//[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/|@[\w.]+)*(?:package|import|(?:open\s+)?module)\b")

# Operators and literals that tokenised text cuts, e.g. "> > =" for ">>=".
_CUT = re.compile(r"> (?:> )?>(?: ?=)?|> ?> =|- >|: :|\b0[xX][0-9A-Fa-f_]+ +[lL]\b|\b[0-9][0-9_.]* +[lLfFdD]\b")
_SQUEEZED = re.compile(r"\w[({;]|[)};]\w")  # two tokens that tokenised text would part
_MOST_CUTS, _LONGEST_CUT = 20, 10_000  # each cut is found by reading the text, in characters, once more
_NEAR = 40  # characters around a fault that tell which kind of text it is

_KEYWORDS = (
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends "
    "final finally float for goto if implements import instanceof int interface long native new package private "
    "protected public return short static strictfp switch synchronized throw throws transient try void volatile "
    "while true false null"
)
# Sorted by their first letter, which is looked at first: twice as fast as one long list.
_BY_LETTER = (
    f"{letter}(?:{'|'.join(w[1:] for w in g)})" for letter, g in groupby(sorted(_KEYWORDS.split()), lambda w: w[0])
)
_KEYWORD = re.compile(rf"\b(?:{'|'.join(_BY_LETTER)})\b".encode())


class JavaCode(TreeSitterCode):
    name = "java"
    grammar = "The Java Language Specification, Java SE 21, as in tree-sitter-java"
    package = "tree-sitter-java"
    atoms = frozenset(["string_literal", "character_literal"])

    def read(self, text: str) -> Reading:
        mended, first = text, None
        for _ in range(_MOST_CUTS + 1):
            try:
                return self._read(mended)
            except SymbolError as error:
                first = first or error  # the fault of the text as it stands
                joined = _joined(mended, error.position) if len(text) <= _LONGEST_CUT else None
                if joined is None:
                    break
                mended = joined
        assert first is not None
        raise first

    def _read(self, text: str) -> Reading:
        """Read as members of a class, or else as a file."""
        source = text.encode()
        if _IS_FILE.match(text):
            return self._as_file(text, source)
        root = self.root(text, source)
        if not root.has_error and _are_bare_members(root) and not _keyword_fault(root, source):
            return Reading(text, source, [root])
        lead = len(_OPEN)
        wrapped = _OPEN + source + _CLOSE
        root = self.root(text, wrapped)
        fault = first_fault(root)
        around = root.children[0]
        if around.end_byte <= lead + len(source) and not around.has_error:  # a '}' of the text closed the class
            fault = Fault(around.end_byte - 1, "the end of the text")
        body = around.child_by_field_name("body")
        if fault is None and body is not None:
            members = [part for part in body.children[1:-1] if not part.type.endswith("comment")]
            fault = None if members else Fault(lead + len(source), "a class or a method")
        fault = fault or _keyword_fault(root, wrapped)
        if fault is not None or body is None:
            assert fault is not None
            raise fault.to_error(text, wrapped, lead)
        return Reading(text, wrapped, body.children[1:-1])

    def _as_file(self, text: str, source: bytes) -> Reading:
        root = self.root(text, source)
        fault = first_fault(root) or _file_fault(root) or _keyword_fault(root, source)
        if fault is not None:
            raise fault.to_error(text, source)
        return Reading(text, source, [root])


def _are_bare_members(root: Node) -> bool:
    """Methods and types alone, and at least one: then the class around them can be spared."""
    kinds = {part.type for part in root.children if not part.type.endswith("comment")}
    return bool(kinds) and kinds <= _BARE_MEMBERS


def _keyword_fault(root: Node, source: bytes) -> Fault | None:
    """A keyword where a name must stand: the grammar takes it as one where nothing else fits."""
    find = root.descendant_for_byte_range
    for word in _KEYWORD.finditer(source):
        node = find(*word.span())
        if node is not None and node.type in ("identifier", "type_identifier") and node.text == word[0]:
            return Fault(word.start(), "a name", f"expected a name, not the keyword {word[0].decode()}")
    return None


def _file_fault(root: Node) -> Fault | None:
    """The grammar takes statements and methods outside of classes; Java does not."""
    parts = root.children
    kinds = {part.type for part in parts}
    if not kinds <= _FILE_PARTS:
        wrong = next(part for part in parts if part.type not in _FILE_PARTS)
        return Fault(wrong.start_byte, "a class, interface, enum or record")
    if kinds.isdisjoint(_TYPES):
        return Fault(root.end_byte, "a class, interface, enum or record")
    return None


def _joined(text: str, position: int) -> str | None:
    """The text with the cut operator at the place of a fault put together; None if there is none."""
    near = max(0, position - _NEAR)
    if _SQUEEZED.search(text, near, position):
        return None
    for cut in _CUT.finditer(text, near, position + _NEAR):
        # The first token that does not fit is the second part of the operator, or the one after it.
        if cut.start() <= position <= cut.end() + 1:
            return text[: cut.start()] + "".join(cut[0].split()) + text[cut.end() :]
    return None
