r"""Regular expressions of NL-RX and KB13, e.g. ``(.*dog.*)&(~(.*\btruck\b.*))``: lines with "dog", without "truck".

Grammar and precedence: regex_parser.py. ``&`` is intersection and ``~`` complement, which Python's ``re`` reads as
literals. Two expressions are equivalent if they match the same lines: decided by automata, with a shortest line on
which they differ as the witness (regex_automaton.py). ``.`` and ``~`` range over every character, the newline too.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.bleu import ScoredByBleu, bleu, bleu_counts
from symbol_llm.formats.regex_automaton import Alphabet, TooLarge, automaton, difference
from symbol_llm.formats.regex_parser import (
    EMPTY_STRING,
    EVERYTHING,
    MAX_COUNT,
    NOTHING,
    Boundary,
    Chars,
    Complement,
    Concat,
    Intersection,
    Node,
    Repeat,
    Union,
    common,
    parse,
    ranges_of,
    render,
)


class Regex(ScoredByBleu[Node]):
    name = "regex"
    grammar = "Kushman and Barzilay 2013; Locascio et al. 2016 (operators of dk.brics.automaton)"

    @property
    def engine(self) -> str:
        return _engine()

    def parse(self, text: str) -> Node:
        return parse(text)

    def render(self, tree: Node) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Sorted unions and intersections, merged classes and repetitions, no needless groups."""
        tree = parse(text)
        short = render(simplified(tree))
        # Counting neighbours together may add a level; at the nesting limit the tree stays as it is.
        return short if self.parses(short) else render(tree)

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether automata-lib takes the automaton; None where it would be too large."""
        _engine()
        try:
            tree = parse(text)
            built = automaton(tree, Alphabet.of(tree))
        except SymbolError as error:
            return Verdict(False, self.engine, str(error))
        except TooLarge as error:
            return Verdict(None, self.engine, str(error))
        return Verdict(True, self.engine, f"an automaton of {len(built.states)} states")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Equality of automata; a difference comes with a shortest line that only one of the two matches."""
        _engine()
        try:
            left, right = parse(a), parse(b)
            if left == right or simplified(left) == simplified(right):
                return Verdict(True, self.engine, "same normal form")
            alphabet = Alphabet.of(left, right)
            first, second = automaton(left, alphabet), automaton(right, alphabet)
        except (SymbolError, TooLarge) as error:
            return Verdict(None, self.engine, str(error))
        if first == second:
            return Verdict(True, self.engine, "equal automata")
        witness = difference(first, second, alphabet)
        assert witness is not None, "automata-lib and the search for a witness disagree"
        owner = "first" if first.accepts_input(witness) else "second"
        return Verdict(False, self.engine, f"only the {owner} matches {witness!r}")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        prediction, reference = prediction.strip("\r\n"), reference.strip("\r\n")
        counts = bleu_counts(prediction, reference)
        is_parsed, is_exact = self.parses(prediction), prediction == reference
        same: bool | None = is_exact or self.equivalent(prediction, reference).holds
        if not is_parsed:
            same = False if self.parses(reference) else None
        return Score(self.metric, bleu([counts]), is_exact, is_parsed, same, counts)


@cache
def _engine() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"automata-lib {version('automata-lib')}"
    except PackageNotFoundError as error:
        raise EngineMissing("automata-lib", "pip install automata-lib") from error


def simplified(tree: Node) -> Node:
    """The normal form by laws that hold for every part, a boundary included. Idempotent."""
    match tree:
        case Concat(parts):
            return _concat(map(simplified, parts))
        case Union(parts):
            return _union(map(simplified, parts))
        case Intersection(parts):
            return _intersection(map(simplified, parts))
        case Repeat(part, low, high):
            return _repeat(simplified(part), low, high)
        case Complement(part):
            return _complement(simplified(part))
    return tree


def _complement(part: Node) -> Node:
    return part.part if isinstance(part, Complement) else Complement(part)


def _repeat(part: Node, low: int, high: int | None) -> Node:
    if part == EMPTY_STRING or high == 0 or (low == 0 and part in (NOTHING, Boundary())):
        return EMPTY_STRING
    if part in (NOTHING, EVERYTHING, Boundary()) or low == high == 1:
        return part  # once is as good as many times
    if isinstance(part, Repeat):
        if part.high is None and part.low in (0, 1):  # (x*){c,d} and (x+){c,d}
            return Repeat(part.part, part.low * low, None)
        if (part.low, part.high) == (0, 1):  # (x?){c,d}
            return _repeat(part.part, 0, high)
    return Repeat(part, low, high)


def _concat(parts: Iterable[Node]) -> Node:
    """``xx*`` and ``x*x`` become ``x+``: neighbours with the same body are counted together."""
    chosen: list[Node] = []
    for part in _flat(Concat, parts):
        if part == NOTHING:
            return NOTHING
        body, low, high = _counted(part)
        if chosen:
            before, before_low, before_high = _counted(chosen[-1])
            if before == body and max(low + before_low, (high or 0) + (before_high or 0)) <= MAX_COUNT:
                chosen.pop()
                low += before_low
                high = None if high is None or before_high is None else high + before_high
        # Already simple parts: a count of one stands for the body itself.
        chosen.append(body if low == high == 1 else _repeat(body, low, high))
    return chosen[0] if len(chosen) == 1 else Concat(tuple(chosen))


def _counted(part: Node) -> tuple[Node, int, int | None]:
    return (part.part, part.low, part.high) if isinstance(part, Repeat) else (part, 1, 1)


def _union(parts: Iterable[Node]) -> Node:
    chosen = set(_flat(Union, parts)) - {NOTHING}
    if EVERYTHING in chosen:
        return EVERYTHING
    chosen = _merged(chosen, ranges_of(r for part in chosen if isinstance(part, Chars) for r in part.ranges))
    if EMPTY_STRING in chosen:  # ()|x is x?
        rest = chosen - {EMPTY_STRING}
        return _repeat(_sorted(Union, rest), 0, 1) if rest else EMPTY_STRING
    return _sorted(Union, chosen) if chosen else NOTHING


def _intersection(parts: Iterable[Node]) -> Node:
    chosen = set(_flat(Intersection, parts)) - {EVERYTHING}
    classes = [part.ranges for part in chosen if isinstance(part, Chars)]
    if classes:
        both = classes[0]
        for ranges in classes[1:]:
            both = common(both, ranges)
        if not both:
            return NOTHING
        chosen = _merged(chosen, both)
    if NOTHING in chosen:
        return NOTHING
    return _sorted(Intersection, chosen) if chosen else EVERYTHING


def _merged(parts: set[Node], ranges: tuple[tuple[int, int], ...]) -> set[Node]:
    """The parts with all classes replaced by one."""
    rest: set[Node] = {part for part in parts if not isinstance(part, Chars)}
    return rest | {Chars(ranges)} if ranges else rest


def _flat(kind: type[Concat] | type[Union] | type[Intersection], parts: Iterable[Node]) -> list[Node]:
    return [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]


def _sorted(kind: type[Union] | type[Intersection], parts: set[Node]) -> Node:
    return next(iter(parts)) if len(parts) == 1 else kind(tuple(sorted(parts, key=render)))
