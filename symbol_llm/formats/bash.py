r"""Bash one-liners of NL2Bash, e.g. ``find . -name '*.c' | xargs grep -l main``.

A command parses if tree-sitter-bash reads it without a fault, and is accepted if the real bash takes its syntax
(``bash -n``: nothing is executed). Neither contains the other: bash does not look into backquotes, tree-sitter
takes some texts that bash refuses. Two commands are equivalent if they have one canonical form; whether others do
the same is undecidable, so the answer is then "unknown", never "no".
"""

from __future__ import annotations

import re
import shlex

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Verdict
from symbol_llm.formats.bash_syntax import GAP, Tree, bash, complaint, parse, render, walk, without_gaps
from symbol_llm.formats.bleu import ScoredByBleu

# An unquoted word of these characters always stands for itself.
_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_ESCAPE = re.compile(r"\\(.)|[*?\[\]~{}^$`\"'()<>|;&#!]", re.DOTALL)
_SPACED = frozenset(["|", "|&", "&&", "||"])
_OPERATORS = _SPACED | {";", "&"}
_TARGETS = frozenset(["word", "string", "raw_string", "simple_expansion", "expansion", "concatenation", "number"])


class Bash(ScoredByBleu[Tree]):
    name = "bash"
    grammar = "GNU Bash Reference Manual 5.2; concrete syntax of tree-sitter-bash"

    @property
    def engine(self) -> str:
        return bash()[1]

    def parse(self, text: str) -> Tree:
        return parse(text)

    def render(self, tree: Tree) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """One spacing, one way of quoting literal arguments, ``$(…)`` for backquotes."""
        tree = parse(text)
        tree = _reparsed(render(_requoted(tree, has_one_backquote=text.count("`") == 2))) or tree
        spaced = _reparsed(_spaced(tree))
        # Spacing counts only where the tokens stay the same.
        if spaced is not None and without_gaps(spaced) == without_gaps(tree):
            tree = spaced
        return render(tree)

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether bash takes the syntax of a text; the text is never executed."""
        if "\0" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
            return Verdict(False, self.engine, "bash reads no NUL characters and no lone surrogates")
        if not text.strip():
            return Verdict(False, self.engine, "no command")
        message = complaint(text)
        return Verdict(message is None, self.engine, message or "syntax accepted, not executed")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Yes for one canonical form; otherwise unknown."""
        try:
            same = self.canonical(a) == self.canonical(b)
        except SymbolError as error:
            return Verdict(None, self.engine, str(error))
        return Verdict(True if same else None, self.engine, "same canonical form" if same else "undecidable in general")


def template(text: str) -> tuple[str, ...]:
    """Utilities and flags in order, arguments left out: ("find", "-name", "|", "xargs", "grep", "-l").

    This is what NLC2CMD compares. Utilities that run another one (sudo, xargs, find -exec) contribute both.
    Raises SymbolError if the text does not parse.
    """
    found: list[str] = []
    for kind, inside in walk(parse(text)):
        if kind in _OPERATORS and isinstance(inside, str):
            found.append(inside)
        elif kind == "command" and not isinstance(inside, str):
            found.extend(_words(inside))
    return tuple(found)


# Utilities (and actions of find) that run another one, and their options that take a value.
_RUNNERS: dict[str, frozenset[str]] = {
    "sudo": frozenset(["-u", "-g", "-p", "-C"]),
    "xargs": frozenset(["-n", "-I", "-P", "-L", "-d", "-a", "-s", "-E"]),
    "env": frozenset(["-u", "-C"]),
    "nice": frozenset(["-n"]),
    "timeout": frozenset(["-k", "-s"]),
    **dict.fromkeys(["nohup", "time", "exec", "command", "-exec", "-execdir", "-ok", "-okdir"], frozenset()),
}


def _words(parts: tuple[Tree, ...]) -> list[str]:
    """Utilities and flags of one command."""
    found: list[str] = []
    valued: frozenset[str] | None = None  # set while a runner waits for its utility
    skips = False
    for part in parts:
        if part[0] in (GAP, "variable_assignment"):
            continue
        value = render(part) if part[0] == "command_name" else _literal(part)
        if skips:
            skips = False
        elif value is not None and value.startswith("-") and len(value) > 1:
            found.append(value.split("=")[0])
            skips = valued is not None and value in valued
            valued = _RUNNERS.get(value, valued)
        elif value is not None and (part[0] == "command_name" or valued is not None):
            found.append(value)
            valued = _RUNNERS.get(value)
        else:
            valued = None
    return found


# Quoting.


def _reparsed(text: str) -> Tree | None:
    """The tree, or None where rewriting met a gap in tree-sitter's grammar: the text then stays as it was."""
    try:
        return parse(text)
    except SymbolError:
        return None


def _requoted(tree: Tree, has_one_backquote: bool) -> Tree:
    """Literal arguments in one way of quoting, backquotes as ``$(…)``, where nothing can be misread.

    tree-sitter-bash reads two substitutions in backquotes as nested, and some words as two. So only one pair of
    backquotes is rewritten, and only words between blanks that shlex reads in the same way.
    """
    kind, inside = tree
    if isinstance(inside, str):
        return tree
    is_old = kind == "command_substitution" and inside[0] == ("`", "`")
    if is_old and (not has_one_backquote or "\\" in render(tree)):  # a backslash means something else in there
        return tree
    children = []
    for before, child, after in zip((None, *inside), inside, (*inside[1:], None)):
        value = _literal(child) if kind == "command" and _is_blank(before) and (not after or _is_blank(after)) else None
        if value is None or not _is_same(render(child), value):
            children.append(_requoted(child, has_one_backquote))
        else:
            children.append(("word", _quoted(value, render(child))))
    if is_old:
        opening = "$( " if render(children[1]).startswith("(") else "$("
        children = [("$(", opening), *children[1:-1], (")", ")")]
    return kind, tuple(children)


def _is_blank(gap: Tree | None) -> bool:
    return gap is not None and gap[0] == GAP and not render(gap).strip()


def _is_same(source: str, value: str) -> bool:
    try:
        return shlex.split(source) == [value]
    except ValueError:  # an open quote: the two disagree about the word's end
        return False


def _quoted(value: str, source: str) -> str:
    # A bare number before ">" would become a file descriptor, so a quoted number stays quoted.
    is_plain = _PLAIN.fullmatch(value) and (value == source or not value.isdigit())
    if is_plain or value in ("{}", "!"):
        return value
    return "'" + value.replace("'", "'\\''") + "'"


def _literal(tree: Tree) -> str | None:
    """The value of an argument that nothing expands, or None."""
    kind, inside = tree
    if kind == "number" and isinstance(inside, str):
        return inside
    if kind == "word":
        return _unescaped(render(tree))
    if kind == "raw_string":
        return render(tree)[1:-1]
    if kind == "string":
        is_flat = all(child[0] in ('"', "string_content", "$", GAP) for child in inside)
        return re.sub(r"\\([$`\"\\\n])", _kept, render(tree)[1:-1]) if is_flat else None
    if kind == "concatenation":
        if render(tree) == "{}":
            return "{}"
        values = [_literal(child) for child in inside]
        return None if None in values else "".join(value for value in values if value is not None)
    return None


def _kept(escape: re.Match[str]) -> str:
    return "" if escape[1] == "\n" else escape[1]


def _unescaped(word: str) -> str | None:
    """The value of an unquoted word; None if a character in it may mean more than itself."""
    if word == "!":
        return word
    if any(match[1] is None for match in _ESCAPE.finditer(word)):
        return None
    return _ESCAPE.sub(_kept, word)


# Spacing.


def _spaced(tree: Tree) -> str:
    """One blank around ``|``, ``&&`` and ``||``, none before ``;`` or inside ``$(…)`` and before a redirect's file."""
    return "".join(_pieces(tree))


def _pieces(tree: Tree) -> list[str]:
    kind, inside = tree
    if isinstance(inside, str):
        return [inside]
    pieces: list[str] = []
    children = list(inside)
    for index, child in enumerate(children):
        before = children[index - 1] if index else None
        after = children[index + 1] if index + 1 < len(children) else None
        if child[0] == GAP and child[1] == " " and _is_needless(kind, before, after):
            continue
        if child[0] in _SPACED and child[1] in _SPACED:
            pieces += [*_blank(before), str(child[1]), *_blank(after)]
        elif child[0] == ";" and after is not None and after[0] != GAP:
            pieces.append("; ")
        else:
            pieces.extend(_pieces(child))
    return pieces


def _blank(neighbour: Tree | None) -> list[str]:
    return [] if neighbour is None or neighbour[0] == GAP else [" "]


def _is_needless(kind: str, before: Tree | None, after: Tree | None) -> bool:
    if after is not None and after[0] == ";":
        return True
    if kind == "command_substitution" and before is not None and after is not None:
        opens = before[0] == "$(" and not render(after).startswith("(")
        return opens or after[0] == ")"
    follows_operator = before is not None and not before[0].strip("<>&|")
    return kind == "file_redirect" and follows_operator and after is not None and after[0] in _TARGETS
