"""Queries of plain words, which SQLite alone can judge.

    SELECT T1.name FROM pets AS T1 WHERE T1.age > 3     plain: where SQLite compiles it, sql_syntax.py reads it
    SELECT name FROM pets WHERE age > +3                not plain: SQLite compiles it, sql_syntax.py refuses it

SQLite takes more than sql_syntax.py does, and to find that out by building a tree takes fifty times as long as to
compile the query. So the words alone are looked at: all must belong to the part of SQL on which the two agree. Of a
query that is not plain nothing is claimed. The tests hold this against sql_syntax.py: every word that sqlglot knows in
a hundred places, random queries, and random changes of queries.
"""

from __future__ import annotations

import re

from symbol_llm.formats.sql_syntax import MAX_PARENTHESES

LONGEST = 10_000  # characters
_MOST_KEPT, _LONGEST_KEPT = 50_000, 100

_STRING = re.compile(r"""'(?:[^'\0\ud800-\udfff]|'')*+'|"[^"\0\ud800-\udfff]+\"""")
_BLANKS = re.compile(r"[ \t\r\n]+")
_LONG_LIMIT = re.compile(r"\blimit\b(?! [0-9]+(?: ?\)|$))")
_LONG_BETWEEN = re.compile(r"\bbetween(?!(?:~| -?[a-z0-9_.]+) and )")
_SIGN_BEHIND_IN = re.compile(r"\) ?[-*/]")
_SIGN_BEHIND_NULL = re.compile(r"\bnull ?[-*/]")
_NAMES_BEFORE_JOIN = re.compile(r"(?:\b(?:from|as|join)|,) ?(?:left|inner) ")

# Of a piece of a query without blanks: a word with the parenthesis or the string behind it, a number, a sign.
_PART = re.compile(
    r"""(?P<word>[a-z_][a-z0-9_]*)(?P<behind>\(|~(?![\w~(])|)
    |[0-9]+(?:\.[0-9]+)?(?![\w.~])
    |(?:<=|>=|<>|!=|==|[=<>/,(-])(?![<>=!*/-])
    |\*(?![<>=!*/-])
    |\.(?=[a-z_*])
    |\)(?!~)
    |~(?![\w~(])""",
    re.VERBOSE,
)
_WORDS_NOT_PLAIN = """
    anti any array asof asymmetric cast collate connect_by_root cross cube current_date current_time
    current_timestamp describe escape fetch filter for full glob grant if ilike indexed inner interval isnull lateral
    left like list lock map match materialized natural notnull nullable nulls object offset outer over overlaps
    partition partitioned_by qualify raise range recursive regexp returning revoke right rlike rollback rollup semi
    straight_join struct symmetric tablesample uncache using values window with xor
"""  # SQLite or sqlglot may see more in them than a name
_NOT_PLAIN = frozenset(_WORDS_NOT_PLAIN.split())
_STANDING_TABLES = ("pragma_", "sqlite_", "json")  # names beginning so are known without a schema
_WORDS_BEFORE_PARENTHESIS = """
    count sum avg min max abs round length lower upper in and or not exists where from select on distinct between join
    by having when then else case union intersect except all is
"""
_WORDS_BEFORE_STRING = "like and or between when then else in select distinct where on is not"
_BEFORE = {"(": frozenset(_WORDS_BEFORE_PARENTHESIS.split()), "~": frozenset(_WORDS_BEFORE_STRING.split())}

# Taken for what they mean between two names. A schema that has one of them as a name is not plain.
NAMES_NOT_PLAIN = frozenset(["like", "left", "inner"])

_found_plain: set[str] = set()


def is_plain(text: str) -> bool:
    """Whether a text is made of plain words: if SQLite compiles it on a plain schema, sql_syntax.py reads it."""
    if len(text) > LONGEST or "~" in text:
        return False
    query = text.lstrip(" \t\r\n").rstrip("; \t\r\n").lower()
    if "'" in query or '"' in query:
        query = _STRING.sub("~", query)
    if not query.isascii() or query.count("(") > MAX_PARENTHESES:
        return False
    if "  " in query or "\n" in query:
        query = _BLANKS.sub(" ", query)
    # What stands before a parenthesis or a string must be seen together with it.
    query = query.replace(" (", "(").replace(" ~", "~").replace(" ,", ",")
    if " left " in query or " inner " in query:
        if _NAMES_BEFORE_JOIN.search(query):
            return False
        for kind in (" left join ", " left outer join ", " inner join "):
            query = query.replace(kind, " join ")
    if not query.startswith("select "):
        return False
    if _is_expression_misplaced(query):
        return False
    pieces = query.replace(", ", " ").split(" ")
    return _found_plain.issuperset(pieces) or all(piece in _found_plain or _is_plain_piece(piece) for piece in pieces)


def _is_expression_misplaced(query: str) -> bool:
    """Whether an expression may stand where sqlglot wants an operand, or an operator where it wants none."""
    return bool(
        ("limit" in query and _LONG_LIMIT.search(query))
        or ("between" in query and _LONG_BETWEEN.search(query))
        or ("in(" in query and _SIGN_BEHIND_IN.search(query))
        or ("null" in query and _SIGN_BEHIND_NULL.search(query))
    )


def _is_plain_piece(piece: str) -> bool:
    """Whether a piece without blanks is plain. What is, is kept."""
    if piece[:1] in ("", "(", "~", "."):  # what stands before it is not seen
        return False
    at = 0
    while part := _PART.match(piece, at):
        word, behind = part.groups()
        if word and (word in _NOT_PLAIN or word.startswith(_STANDING_TABLES)) and behind != "~":
            return False
        if behind and word not in _BEFORE[behind]:
            return False
        at = part.end()
    if at < len(piece):
        return False
    if len(_found_plain) >= _MOST_KEPT:
        _found_plain.clear()
    if len(piece) <= _LONGEST_KEPT:
        _found_plain.add(piece)
    return True
