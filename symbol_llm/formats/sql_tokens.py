"""The words of a SQL text with their places, and how an identifier is quoted.

    CREATE TABLE "pet shop" (name)   ->   CREATE, TABLE, "pet shop", (, name, )

A scanner after SQLite's tokenizer (tokenize.c). It keeps every byte, so that a text can be changed in places and
be the same elsewhere; what the words mean is decided by its callers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<space>[ \t\n\f\r]+)
    |(?P<string>[xX]?'(?:[^']|'')*+')
    |(?P<quoted>"(?:[^"]|"")*+"|`(?:[^`]|``)*+`|\[[^\]]*\])
    |(?P<open>['"`\[].*)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<mark><>|<=|>=|==|!=|\|\||<<|>>|->>|->|.)""",
    re.DOTALL | re.VERBOSE,
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

# Keywords that SQLite, or the parser in front of it, does not take as a bare name.
_RESERVED_WORDS = """
    add all alter and any as asc autoincrement begin between by case cast check collate commit constraint create
    cross current_date current_time current_timestamp default deferrable delete desc describe distinct drop else
    end escape except exists explain false fetch filter for foreign from full glob group having if ilike in index
    indexed inner insert intersect into is isnull join lateral left like limit match natural not nothing notnull
    null of offset on or order outer over partition primary qualify raise recursive references regexp replace
    returning right rlike rollback select set table tablesample then to transaction true union unique update using
    values when where window with xor
"""
RESERVED = frozenset(_RESERVED_WORDS.split())


class Token(NamedTuple):
    """One word: its kind, its text, where it starts.

    Kinds: string, quoted, number, word, mark, space, comment, and open for a quote that nothing closes: it runs to
    the end of the text.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset after the last character."""
        return self.start + len(self.text)

    @property
    def is_name(self) -> bool:
        """Whether it can be an identifier."""
        return self.kind in ("word", "quoted")

    def says(self, *keywords: str) -> bool:
        """Whether it is one of these (lower-case) keywords or marks."""
        return self.kind in ("word", "mark") and self.text.lower() in keywords


def scan(text: str) -> Iterator[Token]:
    """All words, spaces and comments of a text; together they are the text."""
    for match in _TOKEN.finditer(text):
        yield Token(str(match.lastgroup), match[0], match.start())


def words(text: str) -> list[Token]:
    """The words of a text without spaces and comments."""
    return [token for token in scan(text) if token.kind not in ("space", "comment")]


def squeezed(text: str) -> str:
    """One line without comments, single spaces between words, no final semicolon; literals stay as they are."""
    parts: list[str] = []
    for token in scan(text):
        is_gap = token.kind in ("space", "comment")
        if not is_gap or (parts and parts[-1] != " "):
            parts.append(" " if is_gap else token.text)
    return "".join(parts).strip().rstrip(";").rstrip()


def fold(name: str) -> str:
    """The form in which SQLite compares identifiers: ASCII letters in lower case, others as they are."""
    return name.lower() if name.isascii() else "".join(c.lower() if c.isascii() else c for c in name)


def needs_quotes(name: str) -> bool:
    """Whether an identifier cannot be written bare."""
    return not _PLAIN.match(name) or name.lower() in RESERVED


def bare(text: str) -> str:
    """The identifier that a token writes, without its quotes."""
    if text[:1] in ('"', "`"):
        return text[1:-1].replace(text[0] * 2, text[0])
    return text[1:-1] if text[:1] == "[" else text


def written(name: str, like: str = "") -> str:
    """An identifier as text: in the quotes of the token it replaces, or in double quotes where it needs some.

    Double quotes that only the replaced name needed go with it, so that exchanging names back gives the same bytes.
    """
    if like[:1] == "[" and "]" not in name:
        return f"[{name}]"
    mark = "`" if like[:1] == "`" else '"'
    is_kept = like[:1] in ("`", "[") or (like[:1] == '"' and not needs_quotes(bare(like)))
    if is_kept or needs_quotes(name):
        return mark + name.replace(mark, mark * 2) + mark
    return name
