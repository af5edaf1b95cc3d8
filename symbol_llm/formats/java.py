"""Java methods and classes, as in CONCODE, CodeSearchNet and MBXP.

    int function ( int arg0 ) { return arg0 >> 1 ; }        public int half(int x) { return x >> 1; }

A text is a whole file, or members of a class (methods, constructors, fields): these are read inside of a class that
is put around them. Statements alone are no symbol. CONCODE and the token lists of CodeSearchNet write one blank
between tokens and cut some operators in two (``> >``, ``- >``, ``: :``, ``0xFFL`` as ``0xFF L``); in such a text,
and only there, they are put together again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from symbol_llm.errors import SymbolError
from symbol_llm.formats.tree_sitter_code import Fault, TreeSitterCode, first_fault, leaves

if TYPE_CHECKING:
    from tree_sitter import Node

_OPEN, _CLOSE = b"class Snippet {\n", b"\n}"
_TYPE_NODES = (
    "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration "
    "module_declaration"
)
_TYPES = frozenset(_TYPE_NODES.split())
_FILE_PARTS = _TYPES | {"package_declaration", "import_declaration", "line_comment", "block_comment", ";"}
# A text that begins so is a file, and its fault is told as that of a file.
_IS_FILE = re.compile(
    r"\s*(?:(?:package|import|module|open|public|abstract|final)\s+)*(?:package|import|class|interface)\b"
)

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
_RESERVED = frozenset(_KEYWORDS.split())


class JavaCode(TreeSitterCode):
    name = "java"
    grammar = "The Java Language Specification, Java SE 21, as in tree-sitter-java"
    package = "tree-sitter-java"
    atoms = frozenset(["string_literal", "character_literal"])

    def read(self, text: str) -> tuple[str, tuple[str, ...]]:
        mended, first = text, None
        for _ in range(_MOST_CUTS + 1):
            try:
                return mended.strip(), self._read(mended)
            except SymbolError as error:
                first = first or error  # the fault of the text as it stands
                joined = _joined(mended, error.position) if len(text) <= _LONGEST_CUT else None
                if joined is None:
                    break
                mended = joined
        assert first is not None
        raise first

    def _read(self, text: str) -> tuple[str, ...]:
        """The tokens of a file or of members of a class. Raises SymbolError if it is neither."""
        source = text.encode()
        root = self.root(text, source)
        as_file = first_fault(root) or _file_fault(root)
        if as_file is None:
            return self._tokens(text, source, [root], 0)
        lead = len(_OPEN)
        wrapped = _OPEN + source + _CLOSE
        root = self.root(text, wrapped)
        as_members = first_fault(root)
        around = root.children[0]
        if around.end_byte <= lead + len(source) and not around.has_error:  # a '}' of the text closed the class
            as_members = Fault(around.end_byte - 1, "the end of the text")
        if as_members is None:
            body = around.child_by_field_name("body")
            assert body is not None
            return self._tokens(text, wrapped, body.children[1:-1], lead)
        if _IS_FILE.match(text):
            raise as_file.to_error(text, source)
        raise as_members.to_error(text, wrapped, lead)

    def _tokens(self, text: str, source: bytes, parts: list[Node], lead: int) -> tuple[str, ...]:
        tokens = [token for part in parts for token in leaves(part, source, self.atoms)]
        for token in tokens:  # the grammar takes a keyword as a name where nothing else fits
            if token.text in _RESERVED and token.kind.endswith("identifier"):
                fault = Fault(token.at, "a name", f"expected a name, not the keyword {token.text}")
                raise fault.to_error(text, source, lead)
        if not tokens:
            raise SymbolError(text, len(text), "a class or a method")
        return tuple(token.text for token in tokens)


def _file_fault(root: Node) -> Fault | None:
    """The grammar takes statements and methods outside of classes; Java does not."""
    for part in root.children:
        if part.type not in _FILE_PARTS:
            return Fault(part.start_byte, "a class, interface, enum or record")
    if not any(part.type in _TYPES for part in root.children):
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
