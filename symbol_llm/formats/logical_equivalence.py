"""LE, the field's metric for formulas: how often two truth tables agree under the best binding of their literals.

    reference  ∀x (Cat(x) → Animal(x))     inputs Cat(x), Animal(x)
    prediction ∀y (cat(y) → pet(y))        inputs cat(y), pet(y), bound to them by spelling; all 4 rows agree: 1.0

As in MALLS/LogicLLaMA (Yang et al. 2023, ``metrics.py`` and ``fol_parser.py`` of gblackout/LogicLLaMA, with the
settings of its evaluation: soft binding, greedy matching, top_n = 1000). Quantifiers are dropped, an atom with its
arguments is one propositional input, the shorter list of inputs is filled up with dummies, and bindings are tried
in greedy order: each input of the reference in turn, the prediction's inputs from the most to the least similar by
edit distance. LE is no equivalence: ``∀x P(x)`` and ``∃x P(x)`` score 1.

Different from the original on purpose: the inputs come in order of the text rather than of a hash (there the score
may change from run to run), the grammar has precedences, and large tables are bounded: above 16 inputs they are
compared on 65,536 rows drawn with a fixed seed, and above 64 only the reference itself scores. Truth tables are
integers with one bit per row, so a binding costs microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from random import Random

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.fol_tree import Atom, Connective, Equal, Formula, Not, Quantified, render, subformulas

TOP_BINDINGS = 1_000
MAX_EXACT_INPUTS = 16
MAX_INPUTS = 64
_DUMMY = 10_000  # the original's distance of a dummy: bound last


def logical_equivalence(prediction: Formula, reference: Formula) -> float:
    """LE of two formulas, in 0..1. Raises EngineMissing without rapidfuzz."""
    if prediction == reference:
        return 1.0
    wanted, given = _inputs(reference), _inputs(prediction)
    num_inputs = max(len(wanted), len(given))
    if num_inputs > MAX_INPUTS:
        return 0.0
    columns = _columns(num_inputs)
    rows = 1 << min(num_inputs, MAX_EXACT_INPUTS)
    all_rows = (1 << rows) - 1
    target = _table(reference, dict(zip(wanted, columns)), all_rows)
    best, seen = 0, set()
    for binding in islice(_bindings(wanted, given, num_inputs), TOP_BINDINGS):
        # Bindings that differ only in where the dummies go have the same table.
        used = binding[: len(given)]
        if used in seen:
            continue
        seen.add(used)
        table = _table(prediction, {text: columns[place] for text, place in zip(given, used)}, all_rows)
        best = max(best, rows - (table ^ target).bit_count())
        if best == rows:
            break
    return best / rows


def _inputs(formula: Formula) -> list[str]:
    """The unique atoms and equalities, as text, in order of their first occurrence."""
    return list(dict.fromkeys(render(part) for part in subformulas(formula) if isinstance(part, Atom | Equal)))


def _bindings(wanted: Sequence[str], given: Sequence[str], num_inputs: int) -> Iterator[tuple[int, ...]]:
    """For each binding the place, among the reference's inputs, of each of the prediction's (dummies last)."""
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError as error:
        raise EngineMissing("rapidfuzz", "pip install rapidfuzz") from error

    ranked = []
    for place in range(num_inputs):
        distances = [Levenshtein.distance(wanted[place], text) if place < len(wanted) else _DUMMY for text in given] + [
            _DUMMY
        ] * (num_inputs - len(given))
        ranked.append(sorted(range(num_inputs), key=distances.__getitem__))
    places = [0] * num_inputs
    is_used = [False] * num_inputs

    def bind(place: int) -> Iterator[tuple[int, ...]]:
        if place == num_inputs:
            yield tuple(places)
            return
        for index in ranked[place]:
            if not is_used[index]:
                is_used[index] = True
                places[index] = place
                yield from bind(place + 1)
                is_used[index] = False

    return bind(0)


@cache
def _columns(num_inputs: int) -> tuple[int, ...]:
    """The truth table's input columns: bit r of column i is the value of input i in row r."""
    rows = 1 << min(num_inputs, MAX_EXACT_INPUTS)
    if num_inputs > MAX_EXACT_INPUTS:
        rng = Random(num_inputs)
        return tuple(rng.getrandbits(rows) for _ in range(num_inputs))
    columns = []
    for i in range(num_inputs):
        run = 1 << i  # 2^i zeros, 2^i ones, and so on
        column, width = ((1 << run) - 1) << run, 2 * run
        while width < rows:
            column |= column << width
            width *= 2
        columns.append(column)
    return tuple(columns)


def _table(formula: Formula, inputs: Mapping[str, int], all_rows: int) -> int:
    match formula:
        case Not(body):
            return all_rows ^ _table(body, inputs, all_rows)
        case Quantified(_, _, body):
            return _table(body, inputs, all_rows)
        case Connective(op, parts):
            tables = [_table(part, inputs, all_rows) for part in parts]
            result = tables[0]
            for table in tables[1:]:
                match op:
                    case "∧":
                        result &= table
                    case "∨":
                        result |= table
                    case "⊕":
                        result ^= table
                    case "→":
                        result = (all_rows ^ result) | table
                    case "↔":
                        result = all_rows ^ result ^ table
            return result
    return inputs[render(formula)]
