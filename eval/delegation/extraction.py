r"""Finding the symbol in what a model wrote: fences, chatter, several symbols, repeats without end.

    extract("Sure! Here it is:\n```sql\nSELECT 1\n```\nHope this helps.", "sql")        "SELECT 1"
    extract("SELECT 1\nThe question is: How many …\nSELECT 2", "sql", stops=["The question is:"])   "SELECT 1"
    extract("I cannot help with that.", "sql")                                          "I cannot help with that."

One rule for all languages: **the first symbol counts**, whole and unchanged. In this order:

1. Only the first 100,000 characters are looked at. A symbol that goes on to that end is none (None), whatever it is.
2. What a model thinks aloud before ``</think>`` is left out; thinking without end leaves nothing (None). So is an
   echo of the prompt at the start, up to its cue.
3. The output ends where it begins the prompt again: a line that starts with the cue or one of ``stops``.
4. A fenced block: the first whose tag names the language, else the first without a tag, else the first. It may lack
   its closing fence. A block that is blank is no block.
5. Without a block, chatter is cut by the language's own marks: a program starts at its first ``def`` or ``import`` and
   ends before a second ``def solution``; SQL starts at its first SELECT or WITH and ends at its semicolon; a PDDL
   problem is one bracketed ``(define …)``; a logic program is its sections, once; formulas are the lines between the
   first and the last that look like one. Text without any such mark is handed on as it is, and the solver says what
   is wrong with it.

Nothing is mended: no bracket is closed, no line in the middle is dropped, no second symbol stands in for a broken
first one. None means that there was nothing to run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

MOST_CHARACTERS = 100_000
_CUT = "\0"  # stands where a huge output was cut: a symbol that ends in it is not whole

_FENCE = re.compile(
    r"^[ \t]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<tag>[\w+#.-]*)[^\n`]*\n(?P<body>.*?)(?:^[ \t]*(?P=marks)|\Z)",
    re.DOTALL | re.MULTILINE,
)


class Language(NamedTuple):
    """How symbols of a language stand in other text."""

    tags: frozenset[str]  # of fences
    cut: Callable[[str], str]  # the first symbol of an output without fences


def extract(output: str, language: str = "text", cue: str = "", stops: Iterable[str] = ()) -> str | None:
    """The first symbol of an output, or None if there is none. ``language`` is a format's name.

    ``cue`` is the prompt's last line, ``stops`` are the texts with which its other lines begin: where a line of the
    output begins so, a model that never stops has gone on to another question.
    """
    is_cut = len(output) > MOST_CHARACTERS
    text = output[:MOST_CHARACTERS] + (_CUT if is_cut else "")
    text = text.replace("\r\n", "\n")
    thought, has_ended, rest = text.partition("</think>")
    if not has_ended and thought.lstrip().startswith("<think>"):
        return None
    text = rest if has_ended else text
    text = _own_part(text, cue, list(stops))
    known = _LANGUAGES.get(language, _ANY)
    block = _block(text, known.tags)
    symbol = known.cut(text) if block is None else block
    if is_cut and symbol.endswith(_CUT):
        return None
    return symbol.strip() or None


def _own_part(text: str, cue: str, stops: list[str]) -> str:
    """What is left without the prompt's words: from the cue, if the text opens with them, to where they come again."""
    marks = [mark for mark in (cue, *stops) if mark]
    if not marks:
        return text
    opening = text.lstrip()
    if any(opening.startswith(mark) for mark in marks):
        _, found, rest = opening.partition(cue) if cue else ("", "", "")
        text = rest if found else opening
    again = re.search("|".join(rf"^[ \t]*{re.escape(mark)}" for mark in marks), text, re.MULTILINE)
    return text[: again.start()] if again else text


def _block(text: str, tags: frozenset[str]) -> str | None:
    blocks = [
        (found["tag"].lower(), found["body"]) for found in _FENCE.finditer(text) if found["body"].strip(" \t\n" + _CUT)
    ]
    if not blocks:
        return None
    for wanted in (tags, {""}):
        for tag, body in blocks:
            if tag in wanted:
                return body
    return blocks[0][1]


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


_BRACKET = re.compile(r";[^\n]*|[()]")


def _define(text: str) -> str:
    """The first ``(define …)``, to its last bracket; to the end where that is missing."""
    start = re.search(r"\(\s*define\b", text, re.IGNORECASE)
    if start is None:
        return text
    depth = 0
    for found in _BRACKET.finditer(text, start.start()):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0 and found[0] == ")":
            return text[start.start() : found.end()]
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


def _lines(mark: re.Pattern[str]) -> Callable[[str], str]:
    """The lines between the first and the last with the mark. A blank line followed by prose ends them, too."""

    def cut(text: str) -> str:
        lines = text.split("\n")
        marked = [number for number, line in enumerate(lines) if mark.search(line)]
        return "\n".join(lines[marked[0] : marked[-1] + 1]) if marked else text

    return cut


def _one_line(mark: re.Pattern[str]) -> Callable[[str], str]:
    """The first line with the mark."""

    def cut(text: str) -> str:
        return next((line for line in text.split("\n") if mark.search(line)), text)

    return cut


_FORMULA = re.compile(r"[∀∃∧∨→↔¬⊕]|\b\w+\([^()\s]|<?->|\b(?:all|exists|forall) [a-z]\d*[ .(]")
_FORM = re.compile(r"^\s*[A-Z]\w*\(")
_NESTED = re.compile(r"\b[a-z_]+\(")
_CHAIN = re.compile(r"^\s*select: |-->")

_PYTHON = Language(frozenset({"python", "py", "python3"}), _program)
_ANY = Language(frozenset({"text", "txt", "plaintext"}), _whole)
_LANGUAGES = {
    "python": _PYTHON,
    "math_program": _PYTHON,
    "sql": Language(frozenset({"sql", "sqlite"}), _query),
    "pddl": Language(frozenset({"pddl", "lisp"}), _define),
    "logic_program": Language(frozenset({"prolog", "logic"}), _sections),
    "fol": Language(frozenset({"fol", "logic", "prover9"}), _lines(_FORMULA)),
    "geometry": Language(frozenset({"geometry"}), _lines(_FORM)),
    "clevr": Language(frozenset({"clevr"}), _one_line(_NESTED)),
    "gqa": Language(frozenset({"gqa"}), _one_line(_CHAIN)),
}
