r"""Finding the equations in a LaTeX solution: ``so $\frac{1}{2}\cdot 8 = \boxed{4}$``.

A side of an equation is arithmetic if it is written in digits, signs, brackets and fractions alone; a variable, a root
or a factorial makes it none. An aligned block is one statement as long as its lines begin with an equals sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collection.sources.gsm8k_arithmetic import Expression, parse_arithmetic
from symbol_llm.errors import SymbolError

_LONGEST_SIDE = 300  # characters
_LONGEST = 8_000  # characters of a solution; searching takes a quadratic time where marks are never closed
_MATHS = re.compile(
    r"\$\$(?P<display>.+?)\$\$|(?<!\\)\$(?P<inline>.+?)(?<!\\)\$|\\\[(?P<bracket>.+?)\\\]"
    r"|\\begin\{(?P<name>align|equation|gather|eqnarray|multline)(?P<star>\*?)\}(?P<block>.+?)\\end\{(?P=name)(?P=star)\}",
    re.DOTALL,
)
# The next line of a block goes on with the equation if it begins with an equals sign.
_NEW_LINE = re.compile(r"\\\\(?:\[[^]]*\])?(?P<next>[\s&{}]*)(?!\s*[&{}\s]*=)")
_APART = re.compile(
    r"\\(?:Right|right|Leftright|Longright|Longleftright)arrow|\\(?:implies|iff|qquad|quad|to|approx|equiv|ne|neq|leq?|geq?)"
    r"(?![a-zA-Z])|[<>;\n]{2,}|[<>;]|\\(?:text|mbox|textrm)\s*\{[^{}]*[A-Za-z]{2,}[^{}]*\}\s*(?=\S)"
)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*")
_TEXT = re.compile(r"\\(?:text|mbox|textrm|mathrm|textbf|text\w*)\s*\{[^{}]*\}")
_NO_SPACE = re.compile(r"\\!\s*")  # 1,\!200
_SPACE = re.compile(r"\\[,;: ]|\\(?:left|right|[bB]igg?[lr]?|displaystyle|allowbreak)(?![a-zA-Z])|[&~]|\{,\}")
_SIGNS = {r"\cdot": "*", r"\times": "*", r"\div": "/", r"\ast": "*", r"\lbrack": "(", r"\rbrack": ")"}
_SIGN = re.compile("|".join(re.escape(sign) + "(?![a-zA-Z])" for sign in _SIGNS))
_FRACTION = re.compile(r"(?P<whole>\d\s*)?\\[dtc]?frac\s*")
_UNIT = re.compile(r"\^\s*(?:\\circ(?![a-zA-Z])|\{\s*\\circ\s*\})|\\(?:degrees?|circ)(?![a-zA-Z])|\\?%|\\\$")


def find_equations(solution: str) -> Iterator[list[Expression]]:
    """The sides that are arithmetic of each equation, in order of the text; none of a text of over 8,000 characters."""
    for found in _MATHS.finditer(solution if len(solution) <= _LONGEST else ""):
        text = next(found[name] for name in ("display", "inline", "bracket", "block") if found[name] is not None)
        for statement in _APART.split(_NEW_LINE.sub(lambda end: f" ; {end['next']}", text)):
            sides = [side for side in map(read_arithmetic, statement.replace("\\\\", " ").split("=")) if side]
            if len(sides) > 1:
                yield sides


def last_box(solution: str) -> str | None:
    r"""The LaTeX inside the last ``\boxed{…}``, ``\fbox{…}`` or ``\boxed 5``; None if there is none."""
    *_, found = [None, *_BOX.finditer(solution)]
    if found is None:
        return None
    argument, _ = _argument(solution, found.end())
    return argument


def read_arithmetic(latex: str) -> Expression | None:
    """A side of an equation, or an answer, as arithmetic; None if it is not arithmetic alone."""
    plain = _plain(latex) if len(latex) <= _LONGEST_SIDE else None
    if plain is None or not any(map(str.isdigit, plain)) or re.search(r"[A-Za-z\\]", plain):
        return None
    try:
        return parse_arithmetic(plain)
    except (SymbolError, ValueError):
        return None


def _plain(latex: str) -> str | None:
    """LaTeX arithmetic in plain signs. What is no arithmetic is left as it is, and will not parse."""
    while (box := _BOX.search(latex)) is not None:
        argument, end = _argument(latex, box.end())
        if argument is None:
            return None
        latex = f"{latex[: box.start()]} {argument} {latex[end:]}"
    latex = _NO_SPACE.sub("", _TEXT.sub(" ", latex))
    latex = _SPACE.sub(lambda found: "," if found[0] == "{,}" else " ", latex)
    latex = _UNIT.sub(" ", latex)
    latex = _SIGN.sub(lambda found: f" {_SIGNS[found[0]]} ", latex)
    while (fraction := _FRACTION.search(latex)) is not None:
        top, middle = _argument(latex, fraction.end())
        bottom, end = _argument(latex, middle)
        if top is None or bottom is None:
            return None
        whole = fraction["whole"]  # 2\frac12 is two and a half
        if whole:
            start = len(re.sub(r"[\d,.\s]+\Z", "", latex[: fraction.end("whole")]))
            number = latex[start : fraction.end("whole")].strip()
            latex = f"{latex[:start]} ({number} + ({top})/({bottom})) {latex[end:]}"
        else:
            latex = f"{latex[: fraction.start()]} (({top})/({bottom})) {latex[end:]}"
    latex = re.sub(r"\)\s*(?=\d)", ") * ", latex)
    return latex.replace("{", "(").replace("}", ")").replace("[", "(").replace("]", ")").strip().rstrip(".,").strip()


def _argument(latex: str, at: int) -> tuple[str | None, int]:
    """A command's argument, in braces or one sign, and where it ends; None if there is none."""
    while latex[at : at + 1].isspace():
        at += 1
    if latex[at : at + 1] != "{":
        return (latex[at], at + 1) if at < len(latex) and latex[at] not in "}\\" else (None, at)
    depth = 0
    for end in range(at, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[end], 0)
        if depth == 0:
            return latex[at + 1 : end], end + 1
    return None, at
