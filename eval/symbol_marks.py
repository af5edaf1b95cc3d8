r"""How symbols of each language stand in other text: the tags of their fences, where the first begins and ends.

    LANGUAGES["sql"].cut("The query is SELECT 1; It gives one.")        "SELECT 1"
    LANGUAGES["amr"].cut("Sure! (b / boy) is the graph.")               "(b / boy)"

A language without an entry, and one whose symbols have no mark of their own (SCAN under unseen names may be any words),
is handed on whole. So is a text without any mark. A language is added by one line in LANGUAGES.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple


class Language(NamedTuple):
    """How symbols of a language stand in other text. ``tags`` None: a fence is part of the text."""

    tags: frozenset[str] | None
    cut: Callable[[str], str]  # the first symbol of an output without fences


def _whole(text: str) -> str:
    return text


_PROGRAM_START = re.compile(
    r"^(?:def \w+ *\(|import \w|from [\w.]+ import\b|class \w+ *[(:]|@\w|\w+ *=(?!=))", re.MULTILINE
)
_SOLUTION = re.compile(r"^def solution\b", re.MULTILINE)
_TOP_LEVEL = re.compile(
    r"(?:def|import|from|class|if|for|while|with|try|except|else|elif|finally|return|print|raise)\b"
    r"|[@#\"')\]}]|[\w.\[\]\"', ]+[-+*/]?=|[\w.]+\("
)


def _program(text: str) -> str:
    """From the first line of code up to a second ``def solution``, or to prose after the code."""
    start = _PROGRAM_START.search(text)
    if start is None:
        return text
    code = text[start.start() :]
    again = _SOLUTION.search(code, (first.end() if (first := _SOLUTION.search(code)) else len(code)))
    code = code[: again.start()] if again else code
    lines = code.split("\n")
    quotes = 0
    for number, line in enumerate(lines):
        is_prose = bool(line) and not line[0].isspace() and not _TOP_LEVEL.match(line)
        if is_prose and quotes % 2 == 0:
            return "\n".join(lines[:number])
        quotes += line.count('"""') + line.count("'''")
    return code


_QUERY_START = re.compile(r"\b(?:SELECT|WITH)\b|^[ \t]*(?i:SELECT|WITH)\b", re.MULTILINE)
_QUERY_PART = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|;|\n[ \t]*\n")


def _query(text: str) -> str:
    """From SELECT or WITH to the semicolon or the blank line that ends the query."""
    start = _QUERY_START.search(text)
    if start is None:
        return text
    for part in _QUERY_PART.finditer(text, start.start()):
        if part[0][0] not in "'\"":
            return text[start.start() : part.start()]
    return text[start.start() :]


def _balanced(start: re.Pattern[str], part: re.Pattern[str], text: str) -> str:
    """From the start to the bracket that closes it; to the end where that is missing.

    ``part`` finds the brackets, and what may hide one: comments and quoted text.
    """
    begin = start.search(text)
    if begin is None:
        return text
    depth = 0
    for found in part.finditer(text, begin.start()):
        depth += (found[0] in "([{") - (found[0] in ")]}")
        if depth == 0 and found[0] in ")]}":
            return text[begin.start() : found.end()]
    return text[begin.start() :]


_SPARQL_START = re.compile(r"\b(?:PREFIX|SELECT|ASK)\b|^[ \t]*(?i:PREFIX|SELECT|ASK)\b", re.MULTILINE)
_SPARQL_PART = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|<[^<>\s]*>|[{}]|\n[ \t]*\n")


def _sparql(text: str) -> str:
    """From PREFIX or SELECT to the blank line after the last bracket."""
    start = _SPARQL_START.search(text)
    if start is None:
        return text
    depth, is_closed = 0, False
    for found in _SPARQL_PART.finditer(text, start.start()):
        depth += (found[0] == "{") - (found[0] == "}")
        is_closed = is_closed or (found[0] == "}" and depth == 0)
        if is_closed and depth == 0 and found[0][0] == "\n":
            return text[start.start() : found.start()]
    return text[start.start() :]


_SECTION = re.compile(r"^[ \t]*(Predicates|Facts|Rules|Query|Domain|Variables|Constraints)[ \t]*:", re.MULTILINE)
_QUERY_LINE = re.compile(r"[ \t]*Query[ \t]*:\s*\S[^\n]*")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


def _sections(text: str) -> str:
    """The sections of a logic program, up to the first that comes again or to a blank line after the query."""
    seen: dict[str, int] = {}
    end = len(text)
    for found in _SECTION.finditer(text):
        if found[1] in seen:
            end = found.start()
            break
        seen[found[1]] = found.start()
    if not seen:
        return text
    # The query may stand below its heading; a blank line after it ends the program.
    asked = text[seen.get("Query", end) : end]
    query = _QUERY_LINE.match(asked)
    if query and (blank := _BLANK_LINE.search(asked, query.end())):
        end -= len(asked) - blank.start()
    return text[min(seen.values()) : end]


def _lines(mark: re.Pattern[str], text: str) -> str:
    """The lines between the first and the last with the mark. A blank line followed by prose ends them, too."""
    lines = text.split("\n")
    marked = [number for number, line in enumerate(lines) if mark.search(line)]
    return "\n".join(lines[marked[0] : marked[-1] + 1]) if marked else text


def _one_line(mark: re.Pattern[str], text: str) -> str:
    """The first line with the mark."""
    return next((line for line in text.split("\n") if mark.search(line)), text)


def _language(tags: str, cut: Callable[[str], str] = _whole) -> Language:
    return Language(frozenset(tags.split()), cut)


_ROUND = re.compile(r"[()]")
_ROUND_QUOTED = re.compile(r"\"[^\"\n]*\"|[()]")
_ROUND_COMMENTED = re.compile(r";[^\n]*|[()]")
_SQUARE = re.compile(r"[\[\]]")
_DEFINE = re.compile(r"\(\s*define\b", re.IGNORECASE)
_NODE = re.compile(r"\(\s*[^\s()\"/]+\s*/\s*[^\s()]")
_OPERATOR = re.compile(r"\(\s*(?:AND|JOIN|R|COUNT|TC|ARGMAX|ARGMIN|(?i:le|lt|ge|gt))\s")
_INTENT = re.compile(r"\[\s*IN:")
_MAP_QUERY = re.compile(r"\b(?:dist|query)\(")
_FORMULA = re.compile(r"[∀∃∧∨→↔¬⊕]|\b\w+\([^()\s]|<?->|\b(?:all|exists|forall) [a-z]\d*[ .(]")
_FORM = re.compile(r"^\s*[A-Za-z]\w*\(")
_NESTED = re.compile(r"\b\w+\(")
_CHAIN = re.compile(r"^\s*select: |-->")

ANY = _language("text txt plaintext")
_PYTHON = _language("python py python3", _program)
LANGUAGES = {
    "text": Language(None, _whole),
    "python": _PYTHON,
    "math_program": _PYTHON,
    "java": _language("java"),
    "go": _language("go golang"),
    "bash": _language("bash sh shell"),
    "regex": _language("regex regexp"),
    "latex_math": _language("latex tex"),
    "sql": _language("sql sqlite", _query),
    "sparql": _language("sparql", _sparql),
    "kb_sexpr": _language("lisp scheme sexpr", partial(_balanced, _OPERATOR, _ROUND_QUOTED)),
    "amr": _language("amr penman", partial(_balanced, _NODE, _ROUND_QUOTED)),
    "top": _language("top", partial(_balanced, _INTENT, _SQUARE)),
    "nlmaps": _language("nlmaps mrl", partial(_balanced, _MAP_QUERY, _ROUND)),
    "pddl": _language("pddl lisp", partial(_balanced, _DEFINE, _ROUND_COMMENTED)),
    "logic_program": _language("prolog logic", _sections),
    "fol": _language("fol logic prover9", partial(_lines, _FORMULA)),
    "geometry": _language("geometry", partial(_lines, _FORM)),
    "clevr": _language("clevr", partial(_one_line, _NESTED)),
    "gqa": _language("gqa", partial(_one_line, _CHAIN)),
    "scan": _language("scan"),
    "smiles": _language("smiles"),
    "selfies": _language("selfies"),
    "triples": _language("triples"),
    "graph": _language("graph json python"),
}
