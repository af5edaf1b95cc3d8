"""Finding the equations in a solution that people typed: ``Total = 1500+600 = $2100`` ``15% of Rs 8 = Rs 1.2``.

An equation is found where both sides of an equals sign are arithmetic; what is in words on the outer sides is cut
off. A side that has a variable, or begins or ends in the middle of a term, is no arithmetic: it is left out, and the
equation with it if less than two sides are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collection.sources.gsm8k_arithmetic import Expression, parse_arithmetic
from symbol_llm.errors import SymbolError

_LONGEST_SIDE = 200  # characters
_LONGEST = 8_000  # characters of a solution; the patterns take a quadratic time on some text
# Signs that part one statement from the next, and relations that are no equality.
_APART = re.compile(r"[=<>-]+>|<=|>=|[⇒→⟹⇔↔∴∵≈≠≤≥<>~;:∼\n\r]|\.\s+(?=[A-Za-z])|,(?!\d{3}(?!\d))")
_SIGNS = str.maketrans(
    {**dict.fromkeys("×✕⋅·∗", "*"), **dict.fromkeys("÷⁄∕", "/"), **dict.fromkeys("−–", "-")}
    | {"[": "(", "]": ")", "{": "(", "}": ")", "²": "^2", "³": "^3"}
)
_MONEY = re.compile(r"[$€£₹]|\b(?:Rs|rs|RS|INR)\b\.?")
_TIMES = re.compile(r"(?<=[\d)%])(?:\s*[A-Za-z]{2,}\.?\s+|\s*)[xX]\s*(?=[\d(.])")  # also "60 minutes x3"
_PERCENT_OF = re.compile(r"(?:%|percent)\s*of\s+(?=[\d(.])")
# "36 inches * 2": a word of two or more letters after a number is its unit.
_UNIT = re.compile(r"(?<=[\d)%])\s*[A-Za-z]{2,}\.?(?:\s+[A-Za-z]{2,}\.?){0,2}\s*(?=[-+*/^)]|$)")
_TAIL = re.compile(r"[\d\s.,()+*/^%-]*\Z")
_HEAD = re.compile(r"[\d\s.,()+*/^%-]*")


def find_equations(text: str) -> Iterator[list[Expression]]:
    """The sides that are arithmetic of each equation, in order of the text; none of a text of over 8,000 characters."""
    for statement in _APART.split(text.translate(_SIGNS) if len(text) <= _LONGEST else ""):
        statement = _TIMES.sub("*", _MONEY.sub(" ", statement))
        sides = _PERCENT_OF.sub("% * ", statement).split("=")
        if len(sides) < 2 or max(map(len, sides)) > 10 * _LONGEST_SIDE:
            continue
        texts = [_last_part(sides[0]), *(_UNIT.sub(" ", side) for side in sides[1:-1]), _first_part(sides[-1])]
        found = [side for side in map(_arithmetic, texts) if side]
        if len(found) > 1:
            yield found


def _last_part(side: str) -> str:
    """The arithmetic that a side ends in, ``Total 3*4`` → ``3*4``; empty if it may be cut from a larger term."""
    side = _UNIT.sub(" ", side.rstrip())
    found = _TAIL.search(side)
    tail = found[0] if found else ""
    before = side[: len(side) - len(tail)]
    tail = tail.strip()
    while tail[:1] in (",", ")") or (tail[:1] == "." and not tail[1:2].isdigit()):
        tail = tail[1:].lstrip()
    if before and (tail[:1] in tuple("+-*/^%") or _is_glued(before[-1], side[len(before) :])):
        return ""
    return tail[1:] if tail.startswith("(") and tail.count("(") > tail.count(")") else tail


def _first_part(side: str) -> str:
    """The arithmetic that a side begins with, ``12 apples`` → ``12``; empty if it may be cut from a larger term."""
    found = _HEAD.match(side)
    head = found[0] if found else ""
    after = side[len(head) :]
    variable = re.match(r"[^\W\d_](?![^\W\d_])|_", after)
    head = head.strip().rstrip(".,( ")
    if variable or head[-1:] in tuple("+-*/^"):
        return ""
    return head[:-1] if head.endswith(")") and head.count(")") > head.count("(") else head


def _is_glued(letter: str, tail: str) -> bool:
    """``a2``: a letter and a digit that belong together."""
    return letter.isalpha() and tail[:1].isdigit()


def _arithmetic(text: str) -> Expression | None:
    if not any(map(str.isdigit, text)) or len(text) > _LONGEST_SIDE:
        return None
    try:
        return parse_arithmetic(text)
    except (SymbolError, ValueError):
        return None
