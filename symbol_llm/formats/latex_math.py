r"""LaTeX of a mathematical answer, as in the boxes of MATH: ``\frac{3}{4}``, ``(-\infty, 2]``, ``x^2 - 4x + 1``.

    latex_tree        tree and text, strict            latex_commands   the commands that are known
    latex_canonical   one text for the same print      latex_match      the benchmark's exact match
    latex_math_engine math-verify and sympy, which read the answer and compare values

The expression stands alone, without ``$`` or ``\boxed``. Nothing in it is defined by a prompt, so nothing is renamed.
"""

from __future__ import annotations

import re
from dataclasses import replace

from symbol_llm.errors import SymbolError
from symbol_llm.formats import latex_math_engine
from symbol_llm.formats.base import EMPTY, Context, Format, Score, Verdict
from symbol_llm.formats.latex_canonical import canonical_items
from symbol_llm.formats.latex_match import is_match
from symbol_llm.formats.latex_tree import MAX_LENGTH, Items, Leaf, parse, render
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.sandboxed import Sandboxed

_LIMITS = Limits(cpu_seconds=5.0, wall_seconds=120.0)
_IN_BASE = re.compile(r"([0-9]+)_\{([0-9]{1,2})\}")  # 443_5, which math-verify reads as 443


_WORDS = re.compile(r"\\text\{([^{}]*)\}")
_DEGREES = re.compile(r"([0-9]+(?:\.[0-9]+)?)\^\{\\circ\}")
_TRIGONOMETRIC = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")


class LatexMath(Format[Items]):
    name = "latex_math"
    grammar = "LaTeX2e mathematics, the commands of symbol_llm/formats/latex_commands.py"
    metric = "EM"

    def __init__(self) -> None:
        self._engine = Sandboxed(latex_math_engine.TARGET, "math-verify")

    @property
    def engine(self) -> str:
        return latex_math_engine.engine()

    def _ask(self, question: tuple[str, ...]) -> Solution:
        engine = latex_math_engine.engine()  # without math-verify, say so before a zygote fails to start
        return replace(self._engine.call(question, _LIMITS), engine=engine)

    def parse(self, text: str) -> Items:
        return parse(text)

    def render(self, tree: Items) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Spacing, sizes, synonyms and needless braces gone; see latex_canonical.py.

        Raises SymbolError also where nothing is left.
        """
        items = canonical_items(parse(text, 3))
        while items and items[-1] == Leaf("."):  # the end of the sentence that the answer stood in
            items = items[:-1]
        result = render(items)
        if not result:
            raise SymbolError(text, 0, "something that prints")
        return result

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether math-verify reads a value. None where it finds no end in time."""
        try:
            self.parse(text)
            canonical = self.canonical(text)
        except SymbolError as error:
            return Verdict(False, "symbol-llm", str(error))
        solution = self._ask(("reads", canonical))
        if solution.answer is not None:
            return Verdict(True, solution.engine, str(solution.answer))
        is_refusal = solution.outcome is Outcome.REJECTED
        return Verdict(False if is_refusal else None, solution.engine, solution.message)

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same value by math-verify in both directions; "no" comes with a point or a part where they differ."""
        try:
            first, second = self.canonical(a), self.canonical(b)
        except SymbolError as error:
            return Verdict(None, self.engine, f"one side does not parse: {error}")
        if first == second:
            return Verdict(True, self.engine, "the same canonical form")
        if _IN_BASE.search(first) or _IN_BASE.search(second):
            return self._in_bases(first, second)
        solution = self._ask(("same", _in_radians(first), _in_radians(second)))
        if solution.answer is None:
            return Verdict(None, solution.engine, solution.message)
        holds = {"yes": True, "no": False}.get(solution.answer)
        doubt = _unit_doubt(first, second, holds)
        return Verdict(None if doubt else holds, solution.engine, doubt or solution.message)

    def _in_bases(self, first: str, second: str) -> Verdict:
        values = [_value_in_base(text) for text in (first, second)]
        if None in values:
            return Verdict(None, self.engine, "a numeral with a base stands against something else")
        if values[0] != values[1]:
            return Verdict(False, self.engine, f"{values[0]} against {values[1]} in base 10")
        return Verdict(None, self.engine, f"both are {values[0]}, written in different bases")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """EM of MATH: strings after its normalisation. ``is_exact`` is without it, ``is_equivalent`` by value."""
        prediction, reference = prediction.strip(), reference.strip()
        is_exact, is_parsed = prediction == reference, self.parses(prediction)
        is_long = len(prediction) > MAX_LENGTH and not is_exact
        value = float(is_exact or (not is_long and is_match(prediction, reference)))
        if is_exact:
            is_equivalent: bool | None = True
        elif not self.parses(reference):
            is_equivalent = None
        else:
            is_equivalent = self.equivalent(prediction, reference).holds if is_parsed else False
        return Score(self.metric, value, is_exact, is_parsed, is_equivalent)


def _in_radians(text: str) -> str:
    """Degrees of trigonometric functions as numbers: math-verify drops the mark and would take 15 radians."""
    if not _TRIGONOMETRIC.search(text):
        return text
    return _DEGREES.sub(r"(\\frac{\1\\pi}{180})", text)


def _unit_doubt(first: str, second: str, holds: bool | None) -> str:
    """Why a verdict on the numbers says nothing about the quantities, or "".

    A unit on one side only is left out, as everywhere in the field: 12 stands for 12 cm. But 12 cm and 12 m differ, 1 m
    and 100 cm do not, and an angle in degrees is not told apart from one in radians by its number.
    """
    words = [" ".join(_WORDS.findall(text)).lower() for text in (first, second)]
    has_number = all(re.search("[0-9]", _WORDS.sub("", text)) for text in (first, second))
    if all(words) and words[0] != words[1] and has_number:
        return f"the words differ: {words[0]!r} and {words[1]!r}"
    degrees = [r"^{\circ}" in text for text in (first, second)]
    if degrees[0] != degrees[1] and holds is not True and not _TRIGONOMETRIC.search(first + second):
        return "degrees stand against a number without"
    return ""


def _value_in_base(text: str) -> int | None:
    """The value of ``443_{5}`` alone, or of a plain whole number."""
    if text.isdecimal():
        return int(text)
    match = _IN_BASE.fullmatch(text)
    if match is None or not 2 <= int(match[2]) <= 36:
        return None
    try:
        return int(match[1], int(match[2]))
    except ValueError:
        return None
