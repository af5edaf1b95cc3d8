r"""Finding the symbol in what a model wrote: fences, chatter, several symbols, repeats without end.

    extract("Sure! Here it is:\n```sql\nSELECT 1\n```\nHope this helps.", "sql")        "SELECT 1"
    extract("SELECT 1\nThe question is: How many …\nSELECT 2", "sql", stops=["The question is:"])   "SELECT 1"
    extract("I cannot help with that.", "sql")                                          "I cannot help with that."

One rule for symbolic tasks, delegation and all languages: **the first symbol counts**, whole and unchanged. In this
order:

1. Only the first 100,000 characters are looked at. A symbol that goes on to that end is none (None), whatever it is.
2. What a model thinks aloud before ``</think>`` is left out; thinking without end leaves nothing (None). So is an
   echo of the prompt at the start, up to its cue.
3. The output ends where it begins the prompt again: a line that starts with the cue or one of ``stops``.
4. A fenced block: the first whose tag names the language, else the first without a tag, else the first. It may lack
   its closing fence. A block that is blank is no block. Plain language (``text``) keeps its fences.
5. Without a block, chatter is cut by the language's own marks (``symbol_marks.py``): a program starts at its first
   ``def`` or ``import`` and ends before a second ``def solution``; SQL starts at its first SELECT or WITH and ends at
   its semicolon; a PDDL problem, an AMR, an s-expression, a TOP call is one bracket; a logic program is its sections,
   once; formulas are the lines between the first and the last that look like one. Text without any such mark is handed
   on as it is, and the solver or the format says what is wrong with it.

Nothing is mended: no bracket is closed, no line in the middle is dropped, no second symbol stands in for a broken
first one. None means that there was nothing to run or score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from collection.sources.base import Prompt
from eval.symbol_marks import ANY, LANGUAGES

MOST_CHARACTERS = 100_000
_CUT = "\0"  # stands where a huge output was cut: a symbol that ends in it is not whole

_FENCE = re.compile(
    r"^[ \t]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<tag>[\w+#.-]*)[^\n`]*\n(?P<body>.*?)(?:^[ \t]*(?P=marks)|\Z)",
    re.DOTALL | re.MULTILINE,
)


class PromptMarks(NamedTuple):
    """What shows that an output repeats the prompt or goes on to another: its cue, and how its other lines begin."""

    cue: str = ""
    stops: tuple[str, ...] = ()


def marks_of(prompt: Prompt) -> PromptMarks:
    """The marks of a source's prompts, zero-shot and few-shot."""
    stops = (prompt.input_label, prompt.definitions_label, "Example 1\n", "Your turn\n")
    return PromptMarks(prompt.cue, tuple(stop for stop in stops if stop))


def extract(output: str, language: str, cue: str = "", stops: Iterable[str] = ()) -> str | None:
    """The first symbol of an output, or None if there is none. ``language`` is a format's name; empty: any.

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
    known = LANGUAGES.get(language, ANY)
    block = None if known.tags is None else _block(text, known.tags)
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
