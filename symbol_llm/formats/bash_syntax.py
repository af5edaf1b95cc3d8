r"""Reading and printing bash commands with tree-sitter-bash, and asking the real bash about them.

    find . -name '*.c' | xargs grep -l main

The tree is the concrete syntax tree as nested tuples: ("word", "find") for a token, ("pipeline", (child, …)) for
the rest, and GAP tokens for the white space between. Outside of quotes, expansions and here-documents a gap is
one blank or one newline. Nothing is ever executed: bash runs with ``-n``, an empty environment and no start-up file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from symbol_llm.errors import EngineMissing, SymbolError, UserError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_NESTING = 100
MAX_LENGTH = 10_000  # characters; tree-sitter's recovery from errors is quadratic in time and memory
GAP = "gap"
WALL_SECONDS = 20.0

# Node kinds whose white space is part of what they mean.
_EXACT_KINDS = (
    "string translated_string raw_string ansi_c_string expansion concatenation heredoc_redirect heredoc_body "
    "heredoc_content regex extglob_pattern arithmetic_expansion subscript array brace_expression word comment"
)
_EXACT = frozenset(_EXACT_KINDS.split())
_EXPECTED = {"word": "a command", ")": "')'", "}": "'}'", "]": "']'", "]]": "']]'"}

_BLANKS = " \t\r\n"
_LEAD = re.compile(r"\A(?:[ \t\r\n]|\\\n)*")  # a joined line before the first word joins nothing

# tree-sitter-bash knows extended globs in tests and cases only; elsewhere a plain one is read like a word.
_EXTENDED_GLOB = re.compile(rb"[?*+@!]\((?:[^()\s'\"`$\\;&<>]|\\.)*\)")

# (kind, text) for a token, (kind, children) for the rest.
Tree = tuple[str, Any]


@cache
def _parser() -> Parser:
    try:
        import tree_sitter
        import tree_sitter_bash
    except ImportError as error:
        raise EngineMissing("tree-sitter-bash", "pip install tree-sitter tree-sitter-bash") from error
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse(text: str) -> Tree:
    """The tree of a command. Raises SymbolError at the first place that is not bash."""
    lead = len(text) - len(_LEAD.sub("", text, count=1))
    body = text[lead:].rstrip(_BLANKS)
    if (len(body) - len(body.rstrip("\\"))) % 2:  # the blank after a backslash is a word, or part of one
        body = text[lead : lead + len(body) + 1]
    try:
        return _parse_trimmed(body)
    except SymbolError as error:
        raise SymbolError(text, lead + error.position, error.expected, error.message) from None


def _parse_trimmed(text: str) -> Tree:
    exact = _parse(text, keep_gaps=True)
    tree = _parse(text, keep_gaps=False)
    plain = render(tree)
    # White space is normalised only where the result provably reads the same.
    if plain == text:
        return tree
    try:
        return tree if without_gaps(_parse(plain, keep_gaps=True)) == without_gaps(exact) else exact
    except SymbolError:
        return exact


def render(tree: Tree) -> str:
    """The source text of a tree."""
    inside = tree[1]
    return inside if isinstance(inside, str) else "".join(map(render, inside))


def without_gaps(tree: Tree) -> Tree:
    """The tree without white space between tokens."""
    kind, inside = tree
    if isinstance(inside, str):
        return tree
    return kind, tuple(without_gaps(child) for child in inside if child[0] != GAP)


def walk(tree: Tree) -> Iterator[Tree]:
    """A tree and all its parts, in order of the text."""
    yield tree
    if not isinstance(tree[1], str):
        for child in tree[1]:
            yield from walk(child)


def _parse(text: str, keep_gaps: bool) -> Tree:
    if not text or "\0" in text:
        raise SymbolError(text, max(0, text.find("\0")), "a command without NUL characters")
    if len(text) > MAX_LENGTH:
        raise SymbolError(text, MAX_LENGTH, f"a command of at most {MAX_LENGTH:,} characters")
    try:
        source = text.encode()
    except UnicodeEncodeError as error:
        raise SymbolError(text, error.start, "Unicode text without lone surrogates") from error
    root = _parser().parse(source).root_node
    if root.has_error and (masked := _EXTENDED_GLOB.sub(lambda glob: b"_" * len(glob[0]), source)) != source:
        root = _parser().parse(masked).root_node
    _check(root, text, source)
    if not root.named_child_count or all(child.type == "comment" for child in root.children):
        raise SymbolError(text, 0, "a command")
    return _tree(root, source, keep_gaps, 0, len(source))


def _check(root: Node, text: str, source: bytes) -> None:
    """Raises SymbolError at the first error node; iterative, as hostile input nests deeply."""
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        fault = _fault(node, depth, source)
        if fault is not None:
            raise SymbolError(text, _place(node, source), *fault)
        stack.extend((child, depth + 1) for child in reversed(node.children))


def _place(node: Node, source: bytes) -> int:
    """Where to point, in characters: an error over several parts is where the last of them did not fit."""
    part = node.children[-1] if node.is_error and node.child_count > 1 else node
    before = source[: part.start_byte].decode()
    inside = source[part.start_byte : part.end_byte].decode()
    return len(before) + len(inside) - len(inside.lstrip(_BLANKS))


def _fault(node: Node, depth: int, source: bytes) -> tuple[str, str] | None:
    """What was expected at a node, and the message about it; None for a good node."""
    if depth > MAX_NESTING:
        return f"at most {MAX_NESTING} levels of nesting", ""
    if node.is_missing and not _is_empty_command(node):
        return _EXPECTED.get(node.type, f"'{node.type}'"), ""
    if node.is_error:
        return "a shell command", f"not bash syntax: {_shown(node, source)}"
    return None


def _is_empty_command(node: Node) -> bool:
    """tree-sitter-bash asks for a word in ``x=1 >file``, which bash allows: assignments and redirections only."""
    name = node.parent
    command = name.parent if name is not None and name.type == "command_name" else None
    kinds = {child.type for child in command.children} if command is not None else set()
    return "variable_assignment" in kinds and "file_redirect" in kinds


def _shown(node: Node, source: bytes) -> str:
    text = source[node.start_byte : node.end_byte].decode()
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _tree(node: Node, source: bytes, keep_gaps: bool, start: int, end: int) -> Tree:
    """``start`` and ``end`` are the node's own bounds; the root's are those of the whole text."""
    if not node.children:
        return node.type, source[start:end].decode()
    exact = keep_gaps or node.type in _EXACT
    parts: list[Tree] = []
    at = start
    for child in node.children:
        _gap(parts, source[at : child.start_byte], exact)
        parts.append(_tree(child, source, keep_gaps, child.start_byte, child.end_byte))
        at = max(at, child.end_byte)
    _gap(parts, source[at:end], exact)
    return node.type, tuple(parts)


def _gap(parts: list[Tree], raw: bytes, exact: bool) -> None:
    text = raw.decode()
    if not text:
        return
    if not exact:
        # A backslash at the end of a line joins; alone between two tokens it makes them one word.
        joined = text.replace("\\\n", "")
        if joined and not joined.strip(_BLANKS):
            text = "\n" if "\n" in joined else " "
    parts.append((GAP, text))


# The real engine.


@cache
def bash() -> tuple[str, str]:
    """The path of bash, and its name and version, e.g. "GNU bash 5.2.15". Raises EngineMissing without one."""
    path = shutil.which("bash")
    if path is None:
        raise EngineMissing("GNU bash", "apt-get install bash (or: brew install bash)")
    answer = subprocess.run([path, "--version"], capture_output=True, env={}, timeout=WALL_SECONDS, check=False)
    words = answer.stdout.decode(errors="replace").split()
    if "version" not in words[:-1]:
        raise UserError(f"{path} --version gave no version: is it GNU bash? Put GNU bash first on PATH")
    return path, f"GNU bash {words[words.index('version') + 1].split('(')[0]}"


@lru_cache(maxsize=4_096)
def complaint(text: str) -> str | None:
    """What bash has against the syntax of a text, or None. The text is read, never run.

    ``-n`` reads commands without executing them; extended globs are on, as in an interactive shell. Warnings
    (an unterminated here-document) count as complaints although bash then exits with 0.
    """
    path, _ = bash()
    command = [path, "--noprofile", "--norc", "-O", "extglob", "-n"]
    try:
        ended = subprocess.run(
            command, input=text.encode() + b"\n", capture_output=True, env={}, timeout=WALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"bash did not finish reading within {WALL_SECONDS:.0f} s"
    message = ended.stderr.decode(errors="replace").replace(f"{path}: ", "").strip()
    if ended.returncode == 0 and not message:
        return None
    return message or f"bash ended with status {ended.returncode}"
