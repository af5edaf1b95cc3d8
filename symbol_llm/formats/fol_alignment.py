"""Aligning the symbols of two theories whose names differ.

    ∀x (Cat(x) → Animal(x))   against   ∀x (cats(x) → Animal(x))      Cat = cats, a variant of spelling
    ∀x (Cat(x) → Animal(x))   against   ∀x (Cat(x) → Pet(x))          Animal = Pet, only if they mean the same

Only symbols of the same kind and number of arguments are paired, with the smallest total edit distance.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Set

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.base import Name
from symbol_llm.formats.fol_tree import Symbol


def align(mine: Set[Symbol], theirs: Set[Symbol]) -> Mapping[Symbol, Symbol] | None:
    """For each symbol that only they have, the one of mine to call it by; None if they do not pair up.

    Raises EngineMissing without rapidfuzz or SciPy.
    """
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError as error:
        raise EngineMissing("rapidfuzz", "pip install rapidfuzz") from error
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise EngineMissing("SciPy", "pip install scipy") from error

    only_mine, only_theirs = _by_shape(mine - theirs), _by_shape(theirs - mine)
    if {shape: len(found) for shape, found in only_mine.items()} != {
        shape: len(found) for shape, found in only_theirs.items()
    }:
        return None
    pairs: dict[Symbol, Symbol] = {}
    for shape, given in only_theirs.items():
        wanted = only_mine[shape]
        costs = [[Levenshtein.distance(_spelling(a.name), _spelling(b.name)) for b in wanted] for a in given]
        pairs.update((given[i], wanted[j]) for i, j in zip(*linear_sum_assignment(costs)))
    return pairs


def is_spelling_variant(a: Symbol, b: Symbol) -> bool:
    """Whether two names differ in case, separators or a plural's s alone."""
    return _spelling(a.name) == _spelling(b.name)


def to_mapping(pairs: Mapping[Symbol, Symbol]) -> dict[Name, str] | None:
    """The renaming that applies an alignment; None if one name, with several arities, got several partners."""
    found: dict[Name, str] = {}
    for given, wanted in pairs.items():
        if found.setdefault(Name(given.kind, given.name), wanted.name) != wanted.name:
            return None
    return found


def _by_shape(symbols: Set[Symbol]) -> dict[tuple[str, int], list[Symbol]]:
    found = defaultdict(list)
    for symbol in sorted(symbols):
        found[symbol.kind, symbol.arity].append(symbol)
    return dict(found)


def _spelling(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold().removesuffix("s")
