"""Java methods and classes, as in CONCODE, CodeSearchNet and MBXP.

    int function ( int arg0 ) { return arg0 >> 1 ; }        public int half(int x) { return x >> 1; }

A text is a whole file, or members of a class (methods, constructors, fields): these are read inside of a class that
is put around them. Statements alone are no symbol. CONCODE and the token lists of CodeSearchNet write one blank
between tokens and cut some operators in two (``> >``, ``- >``, ``: :``, ``0xFFL`` as ``0xFF L``); in such a text,
and only there, they are put together again.
"""

from __future__ import annotations

import re

from symbol_llm.errors import SymbolError
from symbol_llm.formats.tree_sitter_code import Fault, TreeSitterCode, first_fault, leaves

_OPEN, _CLOSE = b"class Snippet {\n", b"\n}"
_FILE_PARTS = frozenset(
    "package_declaration import_declaration module_declaration class_declaration interface_declaration enum_declaration "
    "record_declaration annotation_type_declaration line_comment block_comment ;".split()
)
_ONLY_IN_FILES = re.compile(r"\s*(?:package|import|module|open)\b")

# Operators and literals that tokenised text cuts, e.g. "> > =" for ">>=".
_CUT = re.compile(r"> (?:> )?>(?: ?=)?|> ?> =|- >|: :|\b0[xX][0-9A-Fa-f_]+ +[lL]\b|\b[0-9][0-9_.]* +[lLfFdD]\b")
_SQUEEZED = re.compile(r"\w[({;]|[)};]\w")  # two tokens that tokenised text would part
_NEAR = 40  # characters around a fault that tell which kind of text it is


class JavaCode(TreeSitterCode):
    name = "java"
    grammar = "The Java Language Specification, Java SE 21, as in tree-sitter-java"
    package = "tree-sitter-java"
    atoms = frozenset(["string_literal", "character_literal"])

    def read(self, text: str) -> tuple[str, tuple[str, ...]]:
        mended = text
        while True:
            tokens, fault, source, lead = self._tokens(mended)
            if fault is None:
                return mended.strip(), tokens
            joined = _joined(mended, fault.to_error(mended, source, lead).position)
            if joined is None:
                break
            mended = joined
        tokens, fault, source, lead = self._tokens(text)
        assert fault is not None
        raise fault.to_error(text, source, lead)

    def _tokens(self, text: str) -> tuple[tuple[str, ...], Fault | None, bytes, int]:
        """Tokens, or the fault, the bytes that it is in, and how many of them stand before the text."""
        plain = text.encode()
        root = self.root(plain)
        fault = first_fault(root)
        if fault is None and any(child.type not in _FILE_PARTS for child in root.children):
            fault = Fault(root.start_byte, "a class or the members of a class")
        if fault is None:
            tokens = tuple(token.text for token in leaves(root, plain, self.atoms))
            return tokens, None if tokens else Fault(len(plain), "a class or a method"), plain, 0
        if _ONLY_IN_FILES.match(text):
            return (), fault, plain, 0
        wrapped = _OPEN + plain + _CLOSE
        root = self.root(wrapped)
        inside = first_fault(root)
        if inside is None and root.child_count != 1:  # a '}' of the text closed the class around it
            inside = Fault(root.children[0].end_byte - 1, "the end of the text")
        if inside is None:
            body = root.children[0].child_by_field_name("body")
            assert body is not None
            members = [child for child in body.named_children if not child.type.endswith("comment")]
            tokens = tuple(token.text for part in members for token in leaves(part, wrapped, self.atoms))
            return tokens, None if members else Fault(len(wrapped), "a class or a method"), wrapped, len(_OPEN)
        if inside.at - len(_OPEN) < fault.at and "class" in text:  # the text got further as a file
            return (), fault, plain, 0
        return (), inside, wrapped, len(_OPEN)


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
